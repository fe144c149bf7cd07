import json
from pathlib import Path

import pandas as pd
import yaml

from nmfbench.cli import script
from nmfbench.data.sources import load_sources
from nmfbench.files import whole
from nmfbench.present.methods_text import describe_models, made_from, methods_text
from nmfbench.present.page import make, references
from nmfbench.present.report import words
from nmfbench.provenance import left_over

with script(snakemake):
    files, params = snakemake.input, snakemake.params
    scores, matches = (pd.read_csv(files[key], sep="\t") for key in ("scores", "matches"))
    claims = pd.read_csv(files.claims, sep="\t") if files.claims else None
    paired = pd.read_csv(files.paired, sep="\t")
    records = [json.loads(Path(path).read_text(encoding="utf-8")) for path in files.records]
    run = json.loads(Path(files.run).read_text(encoding="utf-8"))
    project = yaml.safe_load(Path(files.citation).read_text(encoding="utf-8"))
    sources = load_sources(files.sources)
    data = [*params.cited, *(sources[id_].citation for id_ in params.fetched if id_ in sources)]
    page = make(
        files.template,
        Path(files.sorter).read_text(encoding="utf-8"),
        params.study,
        words(scores, matches, params.study, claims, paired),
        files.shown,
        params.titles,
        methods_text(records)
        + made_from(run, left_over(Path(snakemake.output[0]).parent, params.made)),
        describe_models(params.settings, params.study),
        references(params.study, project, data),
    )
    with whole(snakemake.output[0]) as part:
        part.write_text(page, encoding="utf-8")
