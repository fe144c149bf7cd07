import pandas as pd

from nmfbench.cli import script
from nmfbench.compare.across import across
from nmfbench.compare.fits import load_models
from nmfbench.compare.scores import read_scores
from nmfbench.files import write_tsv

with script(snakemake.log[0]):
    paths, losses = snakemake.input, snakemake.params.losses
    size = len(paths.rows) // len(losses)  # files of each loss
    fits = {
        loss: load_models(
            snakemake.params.models,
            paths.factors[i * size : (i + 1) * size],
            paths.rows[i * size : (i + 1) * size],
        )
        for i, loss in enumerate(losses)
    }
    scores = dict(zip(losses, map(read_scores, paths.scores), strict=True))
    write_tsv(pd.concat(across(fits, scores).values(), ignore_index=True), snakemake.output[0])
