from importlib import import_module
from pathlib import Path

import pandas as pd

from nmfbench.cli import script
from nmfbench.present import style
from nmfbench.present.panels import of_models

with script(snakemake.log[0]):
    cohort, loss = snakemake.wildcards.cohort, snakemake.wildcards.loss
    table = of_models(pd.read_csv(snakemake.input[0], sep="\t"), snakemake.params.study)
    if cohort != "all":
        table = table[table["cohort"] == cohort]
    name = snakemake.rule.removeprefix("figure_")
    figure = import_module(f"nmfbench.present.figures.{name}").draw(
        table, snakemake.params.study, loss
    )
    style.save(figure, Path(snakemake.output.svg).with_suffix(""))
