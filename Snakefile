# nmfbench: from catalogues to a report. The targets are at the end; the rooms are the includes.
from snakemake.utils import min_version

min_version("9.0")


configfile: "config.yaml"


include: "workflow/rules/common.smk"




# The default target is the last room's: everything in the report.
rule all:
    default_target: True
    input:
        f"{RESULTS}/scores.tsv",


include: "workflow/rules/data.smk"
include: "workflow/rules/factorize.smk"
include: "workflow/rules/compare.smk"
include: "workflow/rules/present.smk"
