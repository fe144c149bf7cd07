from nmfbench.cli import script
from nmfbench.compare.fits import load_models
from nmfbench.compare.paired import Others, paired
from nmfbench.compare.resampled import read_drawn
from nmfbench.compare.samples import Cohort
from nmfbench.compare.scores import read_scores
from nmfbench.data.catalogue import read_catalogue, read_exposures, read_signatures
from nmfbench.data.parameters import read_parameters
from nmfbench.data.reference import organ_signatures, previously_observed
from nmfbench.data.seeds import seed_sequence
from nmfbench.data.splits import copies_by_split, read_splits
from nmfbench.files import write_tsv

with script(snakemake):
    paths, params, name = snakemake.input, snakemake.params, snakemake.wildcards.cohort
    cohort = Cohort(
        read_catalogue(paths.catalogue),
        read_splits(paths.splits),
        params.hypermutated,
        read_signatures(paths.truth) if paths.truth else None,
        read_exposures(paths.exposures) if paths.exposures else None,
        read_parameters(paths.noise, snakemake.wildcards.loss) if params.likelihoods else None,
        name,
        params.seed,
    )
    libraries = {"cosmic": read_signatures(paths.cosmic)} if paths.cosmic else {}
    if paths.signal:
        libraries["signal"] = organ_signatures(read_signatures(paths.signal), params.signal)
    drawn = read_drawn(paths.resampled[0]) if paths.resampled else {}
    observed = previously_observed(paths.observed, name) if paths.observed else ()
    seed = seed_sequence(params.seed, name, "consensus")
    others = Others(drawn, libraries, observed, seed)
    copies = copies_by_split(cohort.splits, cohort.catalogue.columns)
    fits = load_models(params.models, paths.factors, copies, params.dead_share)
    scores = read_scores(paths.scores)
    write_tsv(paired(fits, cohort, scores, params.supervised, others), snakemake.output[0])
