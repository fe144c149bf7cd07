import os

# The rule holds all cores but measures one thread. Torch's MKL is out of threadpoolctl's reach:
# it reads this when it is loaded, which is in the first fit of a network.
os.environ["MKL_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

import numpy as np

from nmfbench.cli import script
from nmfbench.data.catalogue import read_catalogue, read_signatures
from nmfbench.data.reference import pick_signatures
from nmfbench.data.seeds import seed_sequence
from nmfbench.data.splits import read_splits, training_copies
from nmfbench.factorize.complexity import SIGNATURES, measure
from nmfbench.files import write_tsv

with script(snakemake):
    paths, params = snakemake.input, snakemake.params
    signatures = pick_signatures(read_signatures(paths.cosmic), SIGNATURES)
    cohorts = {}
    of_cohorts = zip(params.ranks.items(), paths.catalogues, paths.splits, strict=True)
    for (cohort, rank), catalogue_path, splits_path in of_cohorts:
        catalogue = read_catalogue(catalogue_path)
        copies = training_copies(read_splits(splits_path), 0, catalogue.columns)
        cohorts[cohort] = np.repeat(catalogue.to_numpy(float), copies, axis=1), rank
    seed = seed_sequence(params.seed, "complexity")
    table = measure(params.plan, params.models, params.losses, signatures, seed, cohorts)
    write_tsv(table, snakemake.output[0])
