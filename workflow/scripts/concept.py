import numpy as np

from nmfbench.cli import script
from nmfbench.compare.concept import concept_table
from nmfbench.data.seeds import seed_sequence
from nmfbench.factorize.concept import fit_toy, simulate_toy
from nmfbench.files import write_tsv

with script(snakemake.log[0]):
    rng = np.random.default_rng(seed_sequence(snakemake.params.seed, "concept"))
    toy = simulate_toy(snakemake.params.plan["samples"], rng)
    write_tsv(concept_table(toy, fit_toy(toy, rng)), snakemake.output[0])
