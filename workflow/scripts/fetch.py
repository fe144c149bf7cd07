from nmfbench.cli import script
from nmfbench.data.sources import fetch, load_sources, pick

with script(snakemake.log[0]):
    name = snakemake.wildcards.source
    source = pick(load_sources("resources/sources.yaml"), name)
    fetch(name, source, snakemake.output[0], mirror=snakemake.params.mirror)
