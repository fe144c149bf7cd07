from importlib import import_module
from pathlib import Path

import pandas as pd

from nmfbench.cli import script
from nmfbench.present import style
from nmfbench.present.panels import about_path

with script(snakemake):
    style.use(**snakemake.params.style)
    name = snakemake.rule.removeprefix("figure_")
    draw = import_module(f"nmfbench.present.figures.{name}").draw
    table = pd.read_csv(snakemake.input[0], sep="\t")
    for path in snakemake.output.svg:
        about = about_path(path)
        study = snakemake.params.study[about.trained]
        of = [about.of] if about.of else []
        figure = draw(about.rows(table, study), study, *of)
        style.save(figure, Path(path).with_suffix(""))
