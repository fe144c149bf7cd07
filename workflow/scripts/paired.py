import pandas as pd

from nmfbench.cli import script
from nmfbench.compare.paired import paired
from nmfbench.compare.scores import read_scores
from nmfbench.data.catalogue import read_catalogue
from nmfbench.files import write_tsv

with script(snakemake.log[0]):
    samples = read_catalogue(snakemake.input.catalogue).shape[1]
    tests = pd.read_csv(snakemake.input.splits, sep="\t").groupby("split").size().mean()
    table = paired(read_scores(snakemake.input.scores), tests / (samples - tests))
    write_tsv(table, snakemake.output[0])
