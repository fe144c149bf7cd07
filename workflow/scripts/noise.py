import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from nmfbench.cli import script
from nmfbench.data.catalogue import read_catalogue
from nmfbench.data.seeds import seed_sequence
from nmfbench.data.splits import copies_by_split, read_splits
from nmfbench.data.thinning import check_thinned
from nmfbench.factorize.noise import check_counts, estimate, estimate_whole
from nmfbench.files import write_tsv

with script(snakemake):
    of, params = snakemake.wildcards, snakemake.params
    catalogue = read_catalogue(snakemake.input.catalogue)
    check_counts(catalogue, params.noise["power"], of.cohort)
    V, rank = catalogue.to_numpy(float), int(of.rank)
    tables = []
    with threadpool_limits(1):
        if params.folds:
            rng = np.random.default_rng(seed_sequence(params.seed, of.cohort, "noise"))
            whole = estimate_whole(V, rank, rng, params.noise["alpha"])
            alpha = whole["parameter"].item()
            check_thinned(catalogue, params.folds, params.seed, of.cohort, alpha)
        for split, copies in copies_by_split(
            read_splits(snakemake.input.splits), catalogue.columns
        ).items():
            rng = np.random.default_rng(seed_sequence(params.seed, of.cohort, split, "noise"))
            if params.folds:
                table = whole
            else:
                train = np.repeat(V, copies, axis=1)
                table = estimate(train, rank, params.losses, rng, params.noise)
            tables.append(table.assign(cohort=of.cohort, scheme=of.scheme, k=rank, split=split))
            print(f"{of.cohort} K={rank} split {split}: done", flush=True)
    write_tsv(pd.concat(tables, ignore_index=True), snakemake.output[0])
