from pathlib import Path

import pandas as pd

from nmfbench.cli import script
from nmfbench.data.catalogue import read_signatures
from nmfbench.present import style
from nmfbench.present.figures.profiles import draw
from nmfbench.present.panels import about_path, of_models

with script(snakemake):
    style.use(**snakemake.params.style)
    tables = [pd.read_csv(path, sep="\t") for path in snakemake.input[:2]]
    cosmic = read_signatures(snakemake.input[2])
    for path in snakemake.output.svg:
        about = about_path(path)
        study = snakemake.params.study[about.trained]
        signatures, matches = (of_models(table, study) for table in tables)
        figure = draw(signatures, matches, cosmic, study, about.of, about.cohort)
        style.save(figure, Path(path).with_suffix(""))
