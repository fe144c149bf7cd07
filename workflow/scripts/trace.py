from nmfbench.cli import script
from nmfbench.data.catalogue import read_catalogue
from nmfbench.data.splits import read_splits, training_copies
from nmfbench.factorize.trace import trace
from nmfbench.files import write_tsv

with script(snakemake):
    params = snakemake.params
    catalogue = read_catalogue(snakemake.input.catalogue)
    copies = training_copies(read_splits(snakemake.input.splits), 0, catalogue.columns)
    V = catalogue.to_numpy(float)
    train, test = V[:, copies > 0], V[:, copies == 0]
    table = trace(params.plan, params.models, params.losses, train, test, params.rank, params.seed)
    write_tsv(table, snakemake.output[0])
