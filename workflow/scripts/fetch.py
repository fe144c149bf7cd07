from nmfbench.cli import script
from nmfbench.data.sources import fetch, load_sources, mirror_directory, pick

with script(snakemake):
    name = snakemake.wildcards.source
    source = pick(load_sources("resources/sources.yaml"), name)
    # Not a param of the rule: another mirror gives the same file, and nothing has to run again.
    mirror = mirror_directory(snakemake.config.get("mirror"))
    fetch(name, source, snakemake.output[0], mirror=mirror)
