import os

# As in complexity.py: one thread, also of torch's own libraries.
os.environ["MKL_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import pandas as pd

from nmfbench.cli import script
from nmfbench.data.catalogue import read_catalogue
from nmfbench.data.splits import read_splits, training_copies
from nmfbench.factorize.inference import measure
from nmfbench.files import write_tsv

with script(snakemake):
    params = snakemake.params
    catalogue = read_catalogue(snakemake.input.catalogue)
    splits = read_splits(snakemake.input.splits)
    copies = training_copies(splits, 0, catalogue.columns)
    V = catalogue.to_numpy(float)
    train, test = V[:, copies > 0], V[:, copies == 0]
    parts = [
        measure(params.plan, params.models, loss, train, test, params.rank, params.seed)
        for loss in params.losses
    ]
    write_tsv(pd.concat(parts), snakemake.output[0])
