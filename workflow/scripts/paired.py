from nmfbench.cli import script
from nmfbench.compare.paired import held_out_share, paired
from nmfbench.compare.scores import read_scores
from nmfbench.data.catalogue import read_catalogue
from nmfbench.data.splits import read_splits
from nmfbench.files import write_tsv

with script(snakemake.log[0]):
    samples = read_catalogue(snakemake.input.catalogue).columns
    splits = read_splits(snakemake.input.splits)
    share = held_out_share(splits, samples)
    write_tsv(paired(read_scores(snakemake.input.scores), share), snakemake.output[0])
