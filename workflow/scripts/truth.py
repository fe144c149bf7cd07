from nmfbench.cli import script
from nmfbench.data.catalogue import read_signatures
from nmfbench.files import write_tsv

with script(snakemake):
    write_tsv(read_signatures(snakemake.input[0]), snakemake.output[0], index=True)
