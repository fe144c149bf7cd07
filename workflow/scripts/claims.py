import pandas as pd
import yaml

from nmfbench.cli import script
from nmfbench.compare.claims import judge
from nmfbench.compare.scores import read_scores
from nmfbench.files import write_tsv

with script(snakemake.log[0]):
    paths = snakemake.input
    with open(paths.claims, encoding="utf-8") as file:
        claims = yaml.safe_load(file)
    paired, matches, reference = (
        pd.read_csv(path, sep="\t", dtype={"split": str})
        for path in (paths.paired, paths.matches, paths.reference)
    )
    scores = read_scores(paths.scores)
    table = judge(claims, scores, paired, matches, reference, snakemake.params.converged)
    write_tsv(table, snakemake.output[0])
