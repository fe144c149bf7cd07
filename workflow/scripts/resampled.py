from nmfbench.cli import script
from nmfbench.compare.fits import load_models
from nmfbench.compare.resampled import resample_fits, write_drawn
from nmfbench.compare.samples import Cohort
from nmfbench.data.catalogue import read_catalogue
from nmfbench.data.parameters import read_parameters
from nmfbench.data.seeds import seed_sequence
from nmfbench.data.splits import copies_by_split, read_splits

with script(snakemake):
    paths, params, wildcards = snakemake.input, snakemake.params, snakemake.wildcards
    parameters = read_parameters(paths.noise, wildcards.loss) if paths.noise else None
    cohort = Cohort(
        read_catalogue(paths.catalogue), read_splits(paths.splits), parameters=parameters
    )
    seed = seed_sequence(params.seed, wildcards.cohort, "patients")
    copies = copies_by_split(cohort.splits, cohort.catalogue.columns)
    fits = load_models(params.models, paths.factors, copies, params.dead_share)
    fits = {name: fits[name] for name in params.plan.get("models", fits) if name in fits}
    found = resample_fits(fits, cohort, params.convex, params.plan["draws"], seed)
    write_drawn(found, snakemake.output[0])
