import numpy as np

from nmfbench.cli import script
from nmfbench.data.catalogue import read_signatures
from nmfbench.data.reference import pick_signatures
from nmfbench.data.seeds import seed_sequence
from nmfbench.data.simulate import simulate_cohort
from nmfbench.files import write_tsv

with script(snakemake):
    plan = snakemake.params.simulate
    signatures = pick_signatures(read_signatures(snakemake.input[0]), plan["signatures"])
    rng = np.random.default_rng(
        seed_sequence(snakemake.params.seed, snakemake.wildcards.cohort, "simulate")
    )
    noise = {key: plan.get(key) for key in ("dispersion", "tweedie")}
    catalogue, exposures = simulate_cohort(
        signatures, plan["samples"], plan["mean_log10"], plan["sd_log10"], rng, **noise
    )
    write_tsv(catalogue, snakemake.output.catalogue, index=True)
    write_tsv(signatures, snakemake.output.signatures, index=True)
    write_tsv(exposures, snakemake.output.exposures, index=True)
