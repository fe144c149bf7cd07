from nmfbench.cli import script
from nmfbench.data.catalogue import check_rank, read_catalogue
from nmfbench.data.seeds import seed_sequence
from nmfbench.data.splits import (
    bootstrap_splits,
    copies_by_split,
    holdout_splits,
    published_splits,
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
    copies = copies_by_split(splits, catalogue.columns)
    n_train = min((of_split > 0).sum() for of_split in copies.values())
    check_rank(catalogue, params.rank, n_train=n_train, cohort=cohort)
    write_tsv(splits, snakemake.output[0])
