import pandas as pd

from nmfbench.cli import script
from nmfbench.files import write_tsv

with script(snakemake.log[0]):
    parts = [pd.read_csv(path, sep="\t", dtype=str, na_filter=False) for path in snakemake.input]
    write_tsv(pd.concat(parts, ignore_index=True), snakemake.output[0])
