from pathlib import Path

import pandas as pd

from nmfbench.cli import script
from nmfbench.data.catalogue import read_signatures
from nmfbench.present import style
from nmfbench.present.figures.profiles import draw
from nmfbench.present.panels import of_models

with script(snakemake.log[0]):
    style.use(**snakemake.params.style)
    names, study = snakemake.wildcards, snakemake.params.study
    signatures, matches = (
        of_models(pd.read_csv(path, sep="\t"), study) for path in snakemake.input[:2]
    )
    cosmic = read_signatures(snakemake.input[2])
    figure = draw(signatures, matches, cosmic, study, names.loss, names.cohort)
    style.save(figure, Path(snakemake.output.svg).with_suffix(""))
