from nmfbench.cli import script
from nmfbench.compare.released import compare
from nmfbench.compare.scores import read_scores
from nmfbench.data.catalogue import read_catalogue
from nmfbench.data.released import read_released
from nmfbench.data.splits import read_splits, released_samples, training_copies
from nmfbench.files import write_tsv

with script(snakemake):
    paths, figures = snakemake.input, snakemake.params.figures
    sizes = {}
    for cohort, catalogue, splits in zip(
        snakemake.params.cohorts, paths.catalogues, paths.splits, strict=True
    ):
        samples = read_catalogue(catalogue).columns
        table = read_splits(splits)
        sizes[cohort] = int(released_samples(training_copies(table, 0, samples)).sum())
    released = read_released(dict(zip(figures, paths.released, strict=True)))
    table = compare(figures, released, read_scores(paths.scores), sizes)
    write_tsv(table, snakemake.output[0])
