import numpy as np
import pandas as pd

from nmfbench.cli import script
from nmfbench.compare.concept import concept_table
from nmfbench.data.seeds import seed_sequence
from nmfbench.factorize.concept import TOYS, fit_toy
from nmfbench.files import write_tsv

with script(snakemake):
    tables = []
    for name, draw in TOYS.items():
        rng = np.random.default_rng(seed_sequence(snakemake.params.seed, "concept", name))
        toy = draw(snakemake.params.plan["samples"], rng)
        tables.append(concept_table(name, toy, fit_toy(toy, rng)))
    write_tsv(pd.concat(tables), snakemake.output[0])
