from nmfbench.cli import script
from nmfbench.data.catalogue import read_catalogue
from nmfbench.files import write_tsv

with script(snakemake.log[0]):
    write_tsv(read_catalogue(snakemake.input[0]), snakemake.output[0], index=True)
