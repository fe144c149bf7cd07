import pandas as pd

from nmfbench.cli import script
from nmfbench.files import write_tsv

with script(snakemake):
    for name, path in snakemake.output.items():
        # Read as text: numbers keep the digits they were written with.
        cells = [
            pd.read_csv(cell, sep="\t", dtype=str, na_filter=False)
            for cell in snakemake.input[name]
        ]
        write_tsv(pd.concat(cells, ignore_index=True), path)
