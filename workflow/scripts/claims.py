from pathlib import Path

import pandas as pd

from nmfbench.cli import script
from nmfbench.compare.claims import judge
from nmfbench.compare.deposited import COLUMNS, effects
from nmfbench.compare.released import reference
from nmfbench.compare.scores import read_scores
from nmfbench.compare.timings import timings
from nmfbench.data.reference import VALUES
from nmfbench.files import write_tsv
from nmfbench.study import read_yaml

with script(snakemake):
    paths = snakemake.input
    claims, minimum_effects = (read_yaml(Path(paths[key])) for key in ("claims", "minimum_effects"))
    paired = pd.read_csv(paths.paired, sep="\t")
    values, deposited = (
        pd.read_csv(path, sep="\t", dtype={"split": str}) if path else pd.DataFrame(columns=columns)
        for path, columns in ((paths.reference, VALUES), (paths.deposited, COLUMNS))
    )
    found = [paired]
    if paths.complexity:
        costs = pd.read_csv(paths.complexity, sep="\t")
        found.append(timings(claims, read_scores(paths.scores), costs))
    table = judge(
        claims,
        pd.concat(found, ignore_index=True),
        minimum_effects,
        # What a paper released, or the table of its values.
        reference(values) if "released" in values else values,
        snakemake.params.converged,
        effects(deposited, paired) if paths.deposited else deposited,
    )
    write_tsv(table, snakemake.output[0])
