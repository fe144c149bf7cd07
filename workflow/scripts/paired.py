import numpy as np
import pandas as pd

from nmfbench.cli import script
from nmfbench.compare.paired import paired
from nmfbench.compare.scores import read_scores
from nmfbench.data.catalogue import read_catalogue
from nmfbench.data.splits import copies_by_split
from nmfbench.files import write_tsv

with script(snakemake.log[0]):
    samples = read_catalogue(snakemake.input.catalogue).columns
    splits = pd.read_csv(snakemake.input.splits, sep="\t", dtype={"sample": str})
    copies = np.array(list(copies_by_split(splits, samples).values()))
    test_share = (copies == 0).sum() / copies.sum()
    write_tsv(paired(read_scores(snakemake.input.scores), test_share), snakemake.output[0])
