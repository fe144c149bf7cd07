from nmfbench.cli import script
from nmfbench.data.words import read_words
from nmfbench.files import write_tsv

with script(snakemake):
    write_tsv(read_words(**snakemake.params.words), snakemake.output[0], index=True)
