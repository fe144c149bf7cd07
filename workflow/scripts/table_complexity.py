from pathlib import Path

import pandas as pd

from nmfbench.cli import script
from nmfbench.present.tables.complexity import complexity_table
from nmfbench.present.tables.render import write_table

with script(snakemake.log[0]):
    rows = pd.read_csv(snakemake.input[0], sep="\t")
    table = complexity_table(rows, snakemake.params.study)
    write_table(table, Path(snakemake.output.html).with_suffix(""))
