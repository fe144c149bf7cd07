import pandas as pd

from nmfbench.cli import script
from nmfbench.compare.ranks import by_rank
from nmfbench.files import write_tsv

with script(snakemake):
    write_tsv(by_rank(pd.read_csv(snakemake.input[0], sep="\t")), snakemake.output[0])
