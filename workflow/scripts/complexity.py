import os

# The rule holds all cores but measures one thread. Torch's MKL is out of threadpoolctl's reach:
# it reads this when it is loaded, which is in the first fit of a network.
os.environ["MKL_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"

from nmfbench.cli import script
from nmfbench.data.catalogue import read_signatures
from nmfbench.data.reference import pick_signatures
from nmfbench.data.seeds import seed_sequence
from nmfbench.factorize.complexity import SIGNATURES, measure
from nmfbench.files import write_tsv

with script(snakemake.log[0]):
    params = snakemake.params
    signatures = pick_signatures(read_signatures(snakemake.input[0]), SIGNATURES)
    seed = seed_sequence(params.seed, "complexity")
    write_tsv(
        measure(params.plan, params.models, params.losses, signatures, seed), snakemake.output[0]
    )
