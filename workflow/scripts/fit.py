from nmfbench.cli import script
from nmfbench.data.catalogue import read_catalogue, read_exposures
from nmfbench.data.parameters import read_parameters
from nmfbench.data.splits import read_splits
from nmfbench.factorize.run import Job, fit_chunk, write_chunk

with script(snakemake):
    names, params, out = snakemake.wildcards, snakemake.params, snakemake.output
    job = Job(
        cohort=names.cohort,
        scheme=names.scheme,
        model=names.model,
        method=params.method,
        loss=names.loss,
        rank=int(names.rank),
        seed=params.seed,
        settings=params.settings,
        short_starts=params.short_starts,
        device=params.device,
        folds=params.folds,
    )
    catalogue = read_catalogue(snakemake.input.catalogue)
    splits = read_splits(snakemake.input.splits)
    truth = read_exposures(snakemake.input.truth) if snakemake.input.truth else None
    noise = read_parameters(snakemake.input.noise, names.loss)
    chunk = fit_chunk(job, catalogue, splits, params.splits, truth, noise, released=params.released)
    write_chunk(chunk, job, out.factors, out.rows, out.record)
