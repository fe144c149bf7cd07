import pandas as pd

from nmfbench.cli import script
from nmfbench.files import whole
from nmfbench.present.report import answer, front_page

with script(snakemake):
    scores, matches = (pd.read_csv(snakemake.input[key], sep="\t") for key in ("scores", "matches"))
    claims = pd.read_csv(snakemake.input.claims, sep="\t") if snakemake.input.claims else None
    paired = pd.read_csv(snakemake.input.paired, sep="\t")
    page = front_page(scores, matches, snakemake.params.study, claims, paired)
    texts = {snakemake.output.page: page, snakemake.output.answer: answer(page)}
    for path, text in texts.items():
        with whole(path) as part:
            part.write_text(text, encoding="utf-8")
