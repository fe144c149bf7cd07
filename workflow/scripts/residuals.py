import pandas as pd

from nmfbench.cli import script
from nmfbench.compare.fits import load_fits
from nmfbench.compare.residuals import residuals
from nmfbench.data.catalogue import read_catalogue
from nmfbench.data.splits import copies_by_split, read_splits
from nmfbench.files import write_tsv

with script(snakemake):
    paths, of = snakemake.input, snakemake.wildcards
    catalogue = read_catalogue(paths.catalogue)
    copies = copies_by_split(read_splits(paths.splits), catalogue.columns)
    noise = pd.read_csv(paths.noise, sep="\t")
    fit = load_fits(paths.factors, copies, snakemake.params.dead_share)
    table = residuals(fit, catalogue, copies, noise)
    table = table.assign(cohort=of.cohort, scheme=of.scheme, k=int(of.rank))
    write_tsv(table, snakemake.output[0])
