# Scores -> tables, figures and the report. Nothing here fits anything. Every table and figure is
# made as the first of its kind; what differs is what it reads and its name.


rule table_errors:
    input:
        f"{RESULTS}/scores.tsv",
        code=code("scripts/table.py", "nmfbench/present/tables/errors.py"),
    output:
        **table("errors", "Table 3: errors"),
    log:
        f"{RESULTS}/logs/tables/errors.log",
    conda:
        ENVIRONMENT
    params:
        study=SHOWN,
    script:
        "../scripts/table.py"


use rule table_errors as table_recovery with:
    input:
        f"{RESULTS}/scores.tsv",
        code=code("scripts/table.py", "nmfbench/present/tables/recovery.py"),
    output:
        **table("recovery", "Table 2: recovery"),
    log:
        f"{RESULTS}/logs/tables/recovery.log",


use rule table_errors as table_matches with:
    input:
        f"{RESULTS}/matches.tsv",
        code=code("scripts/table.py", "nmfbench/present/tables/matches.py"),
    output:
        **table("matches", "Table 4: matches", of=".{loss}"),
    log:
        f"{RESULTS}/logs/tables/matches.{{loss}}.log",


use rule table_errors as table_paired with:
    input:
        f"{RESULTS}/paired.tsv",
        floor=f"{RESULTS}/floor.tsv" if "noise_floor" in STUDY else [],
        code=code("scripts/table.py", "nmfbench/present/tables/paired.py"),
    output:
        **table("paired", "Model against model"),
    log:
        f"{RESULTS}/logs/tables/paired.log",


use rule table_errors as table_claims with:
    input:
        f"{RESULTS}/claims.tsv",
        code=code("scripts/table.py", "nmfbench/present/tables/claims.py"),
    output:
        **table("claims", "Scorecard in numbers"),
    log:
        f"{RESULTS}/logs/tables/claims.log",


use rule table_errors as table_ranks with:
    input:
        f"{RESULTS}/ranks.tsv",
        code=code("scripts/table.py", "nmfbench/present/tables/ranks.py"),
    output:
        **table("ranks", "Number of signatures"),
    log:
        f"{RESULTS}/logs/tables/ranks.log",


rule figure_errors:
    input:
        f"{RESULTS}/scores.tsv",
        code=code("scripts/figures.py", "nmfbench/present/figures/errors.py"),
    output:
        **figures("errors", "Figure 2: errors"),
    log:
        f"{RESULTS}/logs/figures/errors.log",
    conda:
        ENVIRONMENT
    params:
        study=DRAWN,
        style=config["figure_style"],
    script:
        "../scripts/figures.py"


use rule figure_errors as figure_pca with:
    input:
        f"{RESULTS}/points.tsv",
        code=code("scripts/figures.py", "nmfbench/present/figures/pca.py"),
    output:
        **figures("pca", "Figure 3: signatures of all splits"),
    log:
        f"{RESULTS}/logs/figures/pca.log",


use rule figure_errors as figure_agreement with:
    input:
        f"{RESULTS}/scores.tsv",
        code=code("scripts/figures.py", "nmfbench/present/figures/agreement.py"),
    output:
        **figures("agreement", "Figure 4: agreement of signatures"),
    log:
        f"{RESULTS}/logs/figures/agreement.log",


use rule figure_errors as figure_consistency with:
    input:
        f"{RESULTS}/scores.tsv",
        code=code("scripts/figures.py", "nmfbench/present/figures/consistency.py"),
    output:
        **figures("consistency", "Figure S7: signature consistency"),
    log:
        f"{RESULTS}/logs/figures/consistency.log",


use rule figure_errors as figure_convergence with:
    input:
        f"{RESULTS}/scores.tsv",
        code=code("scripts/figures.py", "nmfbench/present/figures/convergence.py"),
    output:
        **figures("convergence", "Iterations and seconds"),
    log:
        f"{RESULTS}/logs/figures/convergence.log",


use rule figure_errors as figure_splitmatches with:
    input:
        f"{RESULTS}/matches.tsv",
        code=code("scripts/figures.py", "nmfbench/present/figures/splitmatches.py"),
    output:
        **figures("splitmatches", "Figures S10-S15: matches of every split"),
    log:
        f"{RESULTS}/logs/figures/splitmatches.log",


rule figure_profiles:
    input:
        f"{RESULTS}/signatures.tsv",
        f"{RESULTS}/matches.tsv",
        located(STUDY["references"]["cosmic"]),
        code=code("scripts/figure_profiles.py"),
    output:
        **figures("profiles", "Consensus signatures"),
    log:
        f"{RESULTS}/logs/figures/profiles.log",
    priority: 1  # the longest of the figures: it begins first
    conda:
        ENVIRONMENT
    params:
        study=DRAWN,
        style=config["figure_style"],
    script:
        "../scripts/figure_profiles.py"


use rule figure_errors as figure_ranks with:
    input:
        f"{RESULTS}/ranks.tsv",
        code=code("scripts/figures.py", "nmfbench/present/figures/ranks.py"),
    output:
        **figures("ranks", "Number of signatures"),
    log:
        f"{RESULTS}/logs/figures/ranks.log",
    params:
        study={"": SHOWN},


use rule figure_errors as figure_released with:
    input:
        f"{RESULTS}/released.tsv",
        code=code("scripts/figures.py", "nmfbench/present/figures/released.py"),
    output:
        **figures("released", "As released"),
    log:
        f"{RESULTS}/logs/figures/released.log",
    params:
        study={"": SHOWN},


use rule figure_errors as figure_claims with:
    input:
        f"{RESULTS}/claims.tsv",
        code=code("scripts/figures.py", "nmfbench/present/figures/claims.py"),
    output:
        **figures("claims", "Scorecard"),
    log:
        f"{RESULTS}/logs/figures/claims.log",
    params:
        study={"": SHOWN},


rule front_page:
    input:
        claims=f"{RESULTS}/claims.tsv" if "claims" in STUDY else [],
        paired=f"{RESULTS}/paired.tsv",
        scores=f"{RESULTS}/scores.tsv",
        matches=f"{RESULTS}/matches.tsv",
        code=code("scripts/front_page.py"),
    output:
        page=f"{RESULTS}/front_page.rst",
        answer=f"{RESULTS}/answer.txt",
    log:
        f"{RESULTS}/logs/front_page.log",
    conda:
        ENVIRONMENT
    params:
        study=SHOWN,
    script:
        "../scripts/front_page.py"
