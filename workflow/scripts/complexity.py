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
