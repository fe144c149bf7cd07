from nmfbench.cli import script
from nmfbench.data.catalogue import align_exposures, read_catalogue, read_exposures, read_signatures
from nmfbench.files import write_tsv

with script(snakemake):
    paths = snakemake.input
    signatures, samples = (
        table.columns
        for table in (read_signatures(paths.signatures), read_catalogue(paths.catalogue))
    )
    exposures = align_exposures(
        read_exposures(paths.exposures), signatures, samples, paths.exposures
    )
    write_tsv(exposures, snakemake.output[0], index=True)
