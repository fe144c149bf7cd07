import os

# Read by OpenBLAS when it is loaded: before anything imports numpy.
os.environ.update(snakemake.params.environment)

from nmfbench.cli import script
from nmfbench.data.catalogue import read_catalogue
from nmfbench.data.splits import read_splits
from nmfbench.factorize.floor import fit_variant
from nmfbench.factorize.run import Job
from nmfbench.files import write_tsv

with script(snakemake):
    params, paths = snakemake.params, snakemake.input
    jobs = [Job(**job) for job in params.jobs]
    catalogue, splits = read_catalogue(paths.catalogue), read_splits(paths.splits)
    table = fit_variant(jobs, catalogue, splits, snakemake.wildcards.variant, params.splits)
    write_tsv(table, snakemake.output[0])
