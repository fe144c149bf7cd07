from nmfbench.cli import script
from nmfbench.compare.fits import load_models
from nmfbench.compare.paired import paired
from nmfbench.compare.samples import Cohort
from nmfbench.compare.scores import read_scores
from nmfbench.data.catalogue import read_catalogue, read_exposures, read_signatures
from nmfbench.data.parameters import read_parameters
from nmfbench.data.splits import read_splits
from nmfbench.files import write_tsv

with script(snakemake.log[0]):
    paths, params = snakemake.input, snakemake.params
    cohort = Cohort(
        read_catalogue(paths.catalogue),
        read_splits(paths.splits),
        params.hypermutated,
        read_signatures(paths.truth) if paths.truth else None,
        read_exposures(paths.exposures) if paths.exposures else None,
        read_parameters(paths.noise, snakemake.wildcards.loss) if params.likelihoods else None,
    )
    fits = load_models(params.models, paths.factors)
    scores = read_scores(paths.scores)
    write_tsv(paired(fits, cohort, scores, params.supervised), snakemake.output[0])
