from nmfbench.cli import script
from nmfbench.compare.consensus import consensus
from nmfbench.compare.fits import load_models
from nmfbench.data.catalogue import read_catalogue, read_signatures
from nmfbench.data.reference import organ_signatures, previously_observed
from nmfbench.data.splits import copies_by_split, read_splits
from nmfbench.files import write_tsv

with script(snakemake):
    paths, params, out = snakemake.input, snakemake.params, snakemake.output
    libraries = {"cosmic": read_signatures(paths.cosmic)} if paths.cosmic else {}
    if paths.signal:
        libraries["signal"] = organ_signatures(read_signatures(paths.signal), params.signal)
    if paths.own:
        libraries["own"] = read_signatures(paths.own)
        print(f"{paths.own}: {libraries['own'].attrs['format']}: {libraries['own'].shape[1]}")
    cohort = snakemake.wildcards.cohort
    observed = previously_observed(paths.observed, cohort) if paths.observed else ()
    catalogue = read_catalogue(paths.catalogue)
    copies = copies_by_split(read_splits(paths.splits), catalogue.columns)
    fits = load_models(params.models, paths.factors, copies, params.dead_share)
    result = consensus(fits, libraries, observed, catalogue.index)
    write_tsv(result.points, out.points)
    write_tsv(result.signatures, out.signatures)
    write_tsv(result.matches, out.matches)
