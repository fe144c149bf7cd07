from nmfbench.cli import script
from nmfbench.data.catalogue import check_rank, read_catalogue
from nmfbench.data.seeds import seed_sequence
from nmfbench.data.splits import (
    bootstrap_splits,
    holdout_splits,
    published_splits,
    training_copies,
)
from nmfbench.files import write_tsv

with script(snakemake.log[0]):
    cohort, scheme = snakemake.wildcards.cohort, snakemake.wildcards.scheme
    params = snakemake.params
    catalogue = read_catalogue(snakemake.input.catalogue)
    if snakemake.input.table:
        splits = published_splits(snakemake.input.table, cohort, catalogue.columns, params.n_splits)
    else:
        seed = seed_sequence(params.seed, cohort, scheme)
        if params.test_fraction:
            splits = holdout_splits(catalogue.columns, params.n_splits, params.test_fraction, seed)
        else:
            splits = bootstrap_splits(catalogue.columns, params.n_splits, seed)
    n_train = min(
        (training_copies(splits, split, catalogue.columns) > 0).sum()
        for split in splits["split"].unique()
    )
    check_rank(catalogue, params.rank, n_train=n_train, cohort=cohort)
    write_tsv(splits, snakemake.output[0])
