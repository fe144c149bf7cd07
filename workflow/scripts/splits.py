from nmfbench.cli import script
from nmfbench.data.catalogue import check_rank, read_catalogue
from nmfbench.data.seeds import seed_sequence
from nmfbench.data.splits import holdout_splits, published_splits
from nmfbench.files import write_tsv

with script(snakemake.log[0]):
    cohort, scheme = snakemake.wildcards.cohort, snakemake.wildcards.scheme
    params = snakemake.params
    catalogue = read_catalogue(snakemake.input.catalogue)
    if snakemake.input.table:
        splits = published_splits(snakemake.input.table, cohort, catalogue.columns, params.n_splits)
    else:
        seed = seed_sequence(params.seed, cohort, scheme)
        splits = holdout_splits(catalogue.columns, params.n_splits, params.test_fraction, seed)
    n_train = catalogue.shape[1] - splits.groupby("split").size().max()
    check_rank(catalogue, params.rank, n_train=n_train, cohort=cohort)
    write_tsv(splits, snakemake.output[0])
