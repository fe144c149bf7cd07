from nmfbench.cli import script
from nmfbench.data.catalogue import read_catalogue
from nmfbench.factorize.trace import trace
from nmfbench.files import write_tsv

with script(snakemake.log[0]):
    params = snakemake.params
    V = read_catalogue(snakemake.input.catalogue).to_numpy(float)
    table = trace(params.plan, params.models, params.losses, V, params.rank, params.seed)
    write_tsv(table, snakemake.output[0])
