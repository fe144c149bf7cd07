from nmfbench.cli import script
from nmfbench.compare.fits import load_models
from nmfbench.compare.scores import check_scores, score
from nmfbench.data.catalogue import read_catalogue, read_exposures, read_signatures
from nmfbench.data.parameters import read_parameters
from nmfbench.data.splits import copies_by_split, read_splits
from nmfbench.files import write_tsv

with script(snakemake):
    paths, params = snakemake.input, snakemake.params
    catalogue = read_catalogue(paths.catalogue)
    splits = read_splits(paths.splits)
    truth = read_signatures(paths.truth) if paths.truth else None
    copies = copies_by_split(splits, catalogue.columns)
    fits = load_models(params.models, paths.factors, copies, params.dead_share)
    exposures = read_exposures(paths.exposures) if paths.exposures else None
    known = params.likelihoods
    noise = read_parameters(paths.noise, snakemake.wildcards.loss) if known else None
    table = score(
        fits,
        truth,
        params.baseline,
        catalogue,
        splits,
        hypermutated=params.hypermutated,
        true_exposures=exposures,
        supervised=params.supervised,
        parameters=noise,
        convex=params.convex,
    )
    check_scores(table)
    write_tsv(table, snakemake.output[0])
