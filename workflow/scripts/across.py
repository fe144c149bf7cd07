import numpy as np

from nmfbench.cli import script
from nmfbench.compare.across import across, effects
from nmfbench.compare.fits import load_models
from nmfbench.compare.samples import Cohort
from nmfbench.compare.scores import read_scores
from nmfbench.data.catalogue import read_catalogue
from nmfbench.data.parameters import read_parameters
from nmfbench.data.splits import read_splits
from nmfbench.files import write_tsv

with script(snakemake.log[0]):
    paths, losses = snakemake.input, snakemake.params.losses
    of_losses = np.array_split(paths.factors, len(losses))  # as many files of each
    fits = {
        loss: load_models(snakemake.params.models, files)
        for loss, files in zip(losses, of_losses, strict=True)
    }
    scores = dict(zip(losses, map(read_scores, paths.scores), strict=True))
    write_tsv(across(fits, scores), snakemake.output.scores)
    catalogue, splits = read_catalogue(paths.catalogue), read_splits(paths.splits)
    cohorts = {
        loss: Cohort(catalogue, splits, parameters=read_parameters(paths.noise, loss))
        for loss in losses
    }
    resampled = dict(zip(losses, map(np.load, paths.resampled), strict=bool(paths.resampled)))
    write_tsv(effects(fits, cohorts, resampled), snakemake.output.paired)
