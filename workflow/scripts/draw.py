import numpy as np

from nmfbench.cli import script
from nmfbench.data.catalogue import align_exposures, read_catalogue, read_exposures, read_signatures
from nmfbench.data.seeds import seed_sequence
from nmfbench.data.simulate import draw_counts
from nmfbench.files import write_tsv

with script(snakemake.log[0]):
    paths, params = snakemake.input, snakemake.params
    signatures, samples = read_signatures(paths.signatures), read_catalogue(paths.catalogue).columns
    exposures = align_exposures(
        read_exposures(paths.exposures), signatures.columns, samples, paths.exposures
    )
    rng = np.random.default_rng(seed_sequence(params.seed, snakemake.wildcards.cohort, "draw"))
    catalogue = draw_counts(signatures, exposures, rng, params.dispersion)
    write_tsv(catalogue, snakemake.output.catalogue, index=True)
    write_tsv(exposures, snakemake.output.exposures, index=True)
