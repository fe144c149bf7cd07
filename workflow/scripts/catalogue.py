from nmfbench.cli import script
from nmfbench.data.catalogue import read_catalogue
from nmfbench.files import write_tsv

with script(snakemake):
    catalogue = read_catalogue(snakemake.input[0])
    n_channels, n_samples = catalogue.shape
    print(f"{snakemake.input[0]}: {catalogue.attrs['format']}: {n_channels} x {n_samples}")
    write_tsv(catalogue, snakemake.output[0], index=True)
