from pathlib import Path

import pandas as pd

from nmfbench.cli import script
from nmfbench.compare.claims import judge
from nmfbench.compare.released import reference
from nmfbench.compare.scores import read_scores
from nmfbench.data.reference import VALUES
from nmfbench.files import write_tsv
from nmfbench.study import read_yaml

with script(snakemake.log[0]):
    paths = snakemake.input
    claims = read_yaml(Path(paths.claims))
    paired, matches, values = (
        pd.read_csv(path, sep="\t", dtype={"split": str}) if path else pd.DataFrame(columns=VALUES)
        for path in (paths.paired, paths.matches, paths.reference)
    )
    released = "released" in values  # what a paper released, or the table of its values
    scores = read_scores(paths.scores)
    table = judge(
        claims,
        scores,
        paired,
        matches,
        reference(values) if released else values,
        snakemake.params.converged,
    )
    write_tsv(table, snakemake.output[0])
