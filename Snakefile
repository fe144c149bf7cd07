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


rule all:
    default_target: True
    input:
        REPORT_ITEMS,
        f"{RESULTS}/report.html",


rule tables:
    input:
        [path for path in REPORT_ITEMS if path.endswith(".html")],


rule figures:
    input:
        [path for path in REPORT_ITEMS if path.endswith(".svg")],


# Of the supplement: nothing where the study has no such key.
rule concept:
    input:
        CONCEPT_ITEMS,


rule complexity:
    input:
        COMPLEXITY_ITEMS,
