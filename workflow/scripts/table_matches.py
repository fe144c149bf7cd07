from pathlib import Path

import pandas as pd

from nmfbench.cli import script
from nmfbench.present.tables.matches import match_table
from nmfbench.present.tables.render import write_table

with script(snakemake.log[0]):
    matches = pd.read_csv(snakemake.input[0], sep="\t")
    table = match_table(matches, snakemake.params.study, snakemake.wildcards.loss)
    write_table(table, Path(snakemake.output.html).with_suffix(""))
