from nmfbench.cli import script
from nmfbench.compare.fits import load_models
from nmfbench.compare.scores import check_scores, score
from nmfbench.data.catalogue import read_signatures
from nmfbench.files import write_tsv

with script(snakemake.log[0]):
    paths, params = snakemake.input, snakemake.params
    truth = read_signatures(paths.truth) if paths.truth else None
    table = score(load_models(params.models, paths.factors, paths.rows), truth, params.baseline)
    check_scores(table)
    write_tsv(table, snakemake.output[0])
