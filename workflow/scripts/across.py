import numpy as np

from nmfbench.cli import script
from nmfbench.compare.across import across, effects
from nmfbench.compare.fits import load_models
from nmfbench.compare.resampled import read_drawn
from nmfbench.compare.samples import Cohort
from nmfbench.compare.scores import read_scores
from nmfbench.data.catalogue import read_catalogue
from nmfbench.data.parameters import read_parameters
from nmfbench.data.splits import copies_by_split, read_splits
from nmfbench.files import write_tsv

with script(snakemake):
    paths, params, losses = snakemake.input, snakemake.params, snakemake.params.losses
    catalogue, splits = read_catalogue(paths.catalogue), read_splits(paths.splits)
    copies = copies_by_split(splits, catalogue.columns)
    of_losses = np.array_split(paths.factors, len(losses))  # as many files of each
    fits = {
        loss: load_models(params.models, files, copies, params.dead_share)
        for loss, files in zip(losses, of_losses, strict=True)
    }
    scores = dict(zip(losses, map(read_scores, paths.scores), strict=True))
    write_tsv(across(fits, scores), snakemake.output.scores)
    cohorts = {
        loss: Cohort(catalogue, splits, parameters=read_parameters(paths.noise, loss))
        for loss in losses
    }
    resampled = dict(zip(losses, map(read_drawn, paths.resampled), strict=bool(paths.resampled)))
    write_tsv(effects(fits, cohorts, resampled), snakemake.output.paired)
