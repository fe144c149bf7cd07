import numpy as np

from nmfbench.cli import script
from nmfbench.compare.across import across
from nmfbench.compare.fits import load_models
from nmfbench.compare.scores import read_scores
from nmfbench.files import write_tsv

with script(snakemake.log[0]):
    paths, losses = snakemake.input, snakemake.params.losses
    of_losses = np.array_split(paths.factors, len(losses))  # as many files of each
    fits = {
        loss: load_models(snakemake.params.models, files)
        for loss, files in zip(losses, of_losses, strict=True)
    }
    scores = dict(zip(losses, map(read_scores, paths.scores), strict=True))
    write_tsv(across(fits, scores), snakemake.output[0])
