from importlib import import_module
from pathlib import Path

import pandas as pd

from nmfbench.cli import script
from nmfbench.present import style
from nmfbench.present.panels import of_models

OF = ("loss", "figure")  # what a figure is of, beside its cohort

with script(snakemake.log[0]):
    style.use(**snakemake.params.style)
    name, loss = snakemake.rule.removeprefix("figure_"), snakemake.wildcards.get("loss")
    of = [value for key, value in snakemake.wildcards.items() if key in OF]
    table = pd.read_csv(snakemake.input[0], sep="\t")
    if loss:  # of the models of a study, for one cohort or all of them
        table = of_models(table, snakemake.params.study)
        if snakemake.wildcards.cohort != "all":
            table = table[table["cohort"] == snakemake.wildcards.cohort]
    figure = import_module(f"nmfbench.present.figures.{name}").draw(
        table, snakemake.params.study, *of
    )
    style.save(figure, Path(snakemake.output.svg).with_suffix(""))
