# nmfbench: from catalogues to a report. One file of rules per room, in the order the data takes;
# common.smk and report.smk have the names they share, page.smk puts all into one page.
from snakemake.utils import min_version

min_version("9.0")


configfile: "config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/factorize.smk"
include: "workflow/rules/compare.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/present.smk"
include: "workflow/rules/supplement.smk"
include: "workflow/rules/page.smk"


report: f"{RESULTS}/front_page.rst"


onsuccess:
    # What came out, and where to read on.
    answer, page = Path(f"{RESULTS}/answer.txt"), f"{RESULTS}/report.html"
    if answer.is_file() and Path(page).is_file():
        print(answer.read_text(encoding="utf-8") + f"report: {page}")


rule all:
    """Everything of the study, and its page (the default)."""
    default_target: True
    input:
        EVERYTHING,


rule tables:
    """Its tables, as .tsv, .html and .tex."""
    input:
        shown("html"),


rule figures:
    """Its figures, as .pdf, .svg and .png; what is missing for them is computed."""
    input:
        shown("svg"),


rule scorecard:
    """The conclusions of the paper, tested: figure and table; nothing where no paper is followed."""
    input:
        shown("html", "svg", only="claims"),


rule concept:
    """The proof of concept of the supplement; nothing where the study has none."""
    input:
        shown("svg", only="concept"),


rule noise_floor:
    """What a seed or the arithmetic alone changes; nothing where the study has no such part."""
    input:
        shown("html", only="floor"),


rule complexity:
    """Seconds and memory against N and K; nothing where the study has no such part."""
    input:
        shown("html", "svg", only="complexity"),
