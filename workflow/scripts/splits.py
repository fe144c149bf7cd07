from nmfbench.cli import script
from nmfbench.data.catalogue import check_rank, read_catalogue
from nmfbench.data.seeds import seed_sequence
from nmfbench.data.splits import copies_by_split, draw_splits, published_splits
from nmfbench.data.thinning import check_thinned
from nmfbench.files import write_tsv

with script(snakemake):
    cohort, params = snakemake.wildcards.cohort, snakemake.params
    catalogue = read_catalogue(snakemake.input.catalogue)
    samples = catalogue.columns
    if snakemake.input.table:
        splits = published_splits(snakemake.input.table, cohort, samples, params.n_splits)
    else:
        seed = seed_sequence(params.seed, cohort, snakemake.wildcards.scheme)
        splits = draw_splits(params.scheme, samples, params.n_splits, seed)
    if params.folds:
        check_thinned(catalogue, params.folds, params.seed, cohort)
    copies = copies_by_split(splits, samples)
    n_train = min((of_split > 0).sum() for of_split in copies.values())
    check_rank(catalogue, params.rank, n_train=n_train, cohort=cohort)
    write_tsv(splits, snakemake.output[0])
