import pandas as pd

from nmfbench.cli import script
from nmfbench.data.catalogue import read_catalogue, read_exposures
from nmfbench.factorize.run import Job, fit_chunk, write_chunk

with script(snakemake.log[0]):
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
    )
    catalogue = read_catalogue(snakemake.input.catalogue)
    splits = pd.read_csv(snakemake.input.splits, sep="\t", dtype={"sample": str})
    truth = read_exposures(snakemake.input.truth) if snakemake.input.truth else None
    chunk = fit_chunk(job, catalogue, splits, params.splits, truth, released=params.released)
    write_chunk(chunk, job, out.factors, out.rows, out.record)
