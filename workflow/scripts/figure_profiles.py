from pathlib import Path

import pandas as pd

from nmfbench.cli import script
from nmfbench.present import style
from nmfbench.present.figures.profiles import draw

with script(snakemake.log[0]):
    signatures, matches = (pd.read_csv(path, sep="\t") for path in snakemake.input[:2])
    names = snakemake.wildcards
    figure = draw(signatures, matches, snakemake.params.study, names.loss, names.cohort)
    style.save(figure, Path(snakemake.output.svg).with_suffix(""))
