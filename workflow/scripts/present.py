from importlib import import_module
from pathlib import Path

import pandas as pd

from nmfbench.cli import script
from nmfbench.data.catalogue import read_signatures
from nmfbench.present import style
from nmfbench.present.contents import COSMIC, read_item
from nmfbench.present.panels import about_path
from nmfbench.present.tables.render import write_table


def read(name, path):
    """Read a result table, or the signatures of COSMIC; None where the study has none."""
    if not path:
        return None
    return read_signatures(path) if name == COSMIC else pd.read_csv(path, sep="\t")


with script(snakemake):
    kind, name = snakemake.rule.split("_", 1)
    module = import_module(f"nmfbench.present.{kind}s.{name}")
    item = read_item(Path(module.__file__), kind)
    tables = [read(name, snakemake.input.get(name)) for name in item.reads]
    if kind == "figure":
        style.use(**snakemake.params.style)
    for path in snakemake.output.get("html" if kind == "table" else "svg"):
        about = about_path(path)
        study = item.part(about, snakemake.params.study)
        of = [about.of] if about.of else []
        shown = [about.rows(table, study) for table in tables]
        if kind == "table":
            write_table(module.make(*shown, study, *of), Path(path).with_suffix(""))
        else:
            style.save(module.draw(*shown, study, *of), Path(path).with_suffix(""))
