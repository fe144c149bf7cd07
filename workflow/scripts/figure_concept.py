from pathlib import Path

import pandas as pd

from nmfbench.cli import script
from nmfbench.present import style
from nmfbench.present.figures.concept import draw

with script(snakemake):
    style.use(**snakemake.params.style)
    figure = draw(pd.read_csv(snakemake.input[0], sep="\t"))
    style.save(figure, Path(snakemake.output.svg[0]).with_suffix(""))
