from importlib import import_module
from pathlib import Path

import pandas as pd

from nmfbench.cli import script
from nmfbench.present import style

with script(snakemake.log[0]):
    style.use(**snakemake.params.style)
    name = snakemake.rule.removeprefix("figure_")
    table = pd.read_csv(snakemake.input[0], sep="\t")
    figure = import_module(f"nmfbench.present.figures.{name}").draw(table, snakemake.params.study)
    style.save(figure, Path(snakemake.output.svg[0]).with_suffix(""))
