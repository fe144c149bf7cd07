import numpy as np

from nmfbench.cli import script
from nmfbench.data.catalogue import read_exposures, read_signatures
from nmfbench.data.seeds import seed_sequence
from nmfbench.data.simulate import draw_counts
from nmfbench.files import write_tsv

with script(snakemake):
    paths, params = snakemake.input, snakemake.params
    rng = np.random.default_rng(seed_sequence(params.seed, snakemake.wildcards.cohort, "draw"))
    truth = read_signatures(paths.signatures), read_exposures(paths.exposures)
    write_tsv(draw_counts(*truth, rng, params.dispersion), snakemake.output[0], index=True)
