from importlib import import_module
from pathlib import Path

import pandas as pd

from nmfbench.cli import script
from nmfbench.present.tables.render import write_table

with script(snakemake):
    name, loss = snakemake.rule.removeprefix("table_"), snakemake.wildcards.get("loss")
    of = [snakemake.params.study, loss] if loss else [snakemake.params.study]
    table = pd.read_csv(snakemake.input[0], sep="\t")
    more = {}
    if snakemake.input.get("floor"):
        more["floor"] = pd.read_csv(snakemake.input.floor, sep="\t")
    made = import_module(f"nmfbench.present.tables.{name}").make(table, *of, **more)
    write_table(made, Path(snakemake.output.html).with_suffix(""))
