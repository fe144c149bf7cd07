# Scores -> tables, figures and the report. Nothing here fits anything.


rule table_recovery:
    input:
        f"{RESULTS}/scores.tsv",
        code=code("scripts/table.py", "nmfbench/present/tables/recovery.py"),
    output:
        multiext(f"{RESULTS}/tables/recovery", ".tsv", ".tex"),
        html=entry(f"{RESULTS}/tables/recovery.html", "table-recovery", "Table 2: recovery"),
    log:
        f"{RESULTS}/logs/tables/recovery.log",
    conda:
        ENVIRONMENT
    params:
        study=SHOWN,
    script:
        "../scripts/table.py"


rule table_errors:
    input:
        f"{RESULTS}/scores.tsv",
        code=code("scripts/table.py", "nmfbench/present/tables/errors.py"),
    output:
        multiext(f"{RESULTS}/tables/errors", ".tsv", ".tex"),
        html=entry(f"{RESULTS}/tables/errors.html", "table-errors", "Table 3: errors"),
    log:
        f"{RESULTS}/logs/tables/errors.log",
    conda:
        ENVIRONMENT
    params:
        study=SHOWN,
    script:
        "../scripts/table.py"


rule table_matches:
    input:
        f"{RESULTS}/matches.tsv",
        code=code("scripts/table.py", "nmfbench/present/tables/matches.py"),
    output:
        multiext(f"{RESULTS}/tables/matches.{{loss}}", ".tsv", ".tex"),
        html=entry(f"{RESULTS}/tables/matches.{{loss}}.html", "table-matches", "Table 4: matches"),
    log:
        f"{RESULTS}/logs/tables/matches.{{loss}}.log",
    conda:
        ENVIRONMENT
    params:
        study=SHOWN,
    script:
        "../scripts/table.py"


rule figure_errors:
    input:
        f"{RESULTS}/scores.tsv",
        code=code("scripts/figure.py", "nmfbench/present/figures/errors.py"),
    output:
        **figure("errors", "Figure 2: errors"),
    log:
        f"{RESULTS}/logs/figures/{{cohort}}/errors.{{loss}}{{trained}}.log",
    wildcard_constraints:
        cohort="|".join(PANELS),
    conda:
        ENVIRONMENT
    params:
        study=drawn,
    script:
        "../scripts/figure.py"


rule figure_pca:
    input:
        f"{RESULTS}/points.tsv",
        code=code("scripts/figure.py", "nmfbench/present/figures/pca.py"),
    output:
        **figure("pca", "Figure 3: signatures of all splits"),
    log:
        f"{RESULTS}/logs/figures/{{cohort}}/pca.{{loss}}{{trained}}.log",
    wildcard_constraints:
        cohort="|".join(PANELS),
    conda:
        ENVIRONMENT
    params:
        study=drawn,
    script:
        "../scripts/figure.py"


rule figure_agreement:
    input:
        f"{RESULTS}/scores.tsv",
        code=code("scripts/figure.py", "nmfbench/present/figures/agreement.py"),
    output:
        **figure("agreement", "Figure 4: agreement of signatures"),
    log:
        f"{RESULTS}/logs/figures/{{cohort}}/agreement.{{loss}}{{trained}}.log",
    wildcard_constraints:
        cohort="|".join(PANELS),
    conda:
        ENVIRONMENT
    params:
        study=drawn,
    script:
        "../scripts/figure.py"


rule figure_consistency:
    input:
        f"{RESULTS}/scores.tsv",
        code=code("scripts/figure.py", "nmfbench/present/figures/consistency.py"),
    output:
        **figure("consistency", "Figure S7: signature consistency"),
    log:
        f"{RESULTS}/logs/figures/{{cohort}}/consistency.{{loss}}{{trained}}.log",
    wildcard_constraints:
        cohort="|".join(PANELS),
    conda:
        ENVIRONMENT
    params:
        study=drawn,
    script:
        "../scripts/figure.py"


rule figure_convergence:
    input:
        f"{RESULTS}/scores.tsv",
        code=code("scripts/figure.py", "nmfbench/present/figures/convergence.py"),
    output:
        **figure("convergence", "Iterations and seconds"),
    log:
        f"{RESULTS}/logs/figures/{{cohort}}/convergence.{{loss}}{{trained}}.log",
    wildcard_constraints:
        cohort="|".join(PANELS),
    conda:
        ENVIRONMENT
    params:
        study=drawn,
    script:
        "../scripts/figure.py"


rule figure_splitmatches:
    input:
        f"{RESULTS}/matches.tsv",
        code=code("scripts/figure.py", "nmfbench/present/figures/splitmatches.py"),
    output:
        **figure("splitmatches", "Figures S10-S15: matches of every split"),
    log:
        f"{RESULTS}/logs/figures/{{cohort}}/splitmatches.{{loss}}{{trained}}.log",
    conda:
        ENVIRONMENT
    params:
        study=drawn,
    script:
        "../scripts/figure.py"


rule figure_profiles:
    input:
        f"{RESULTS}/signatures.tsv",
        f"{RESULTS}/matches.tsv",
        code=code("scripts/figure_profiles.py"),
    output:
        **figure("profiles", "Consensus signatures"),
    log:
        f"{RESULTS}/logs/figures/{{cohort}}/profiles.{{loss}}{{trained}}.log",
    conda:
        ENVIRONMENT
    params:
        study=drawn,
    script:
        "../scripts/figure_profiles.py"


rule table_paired:
    input:
        f"{RESULTS}/paired.tsv",
        code=code("scripts/table.py", "nmfbench/present/tables/paired.py"),
    output:
        multiext(f"{RESULTS}/tables/paired", ".tsv", ".tex"),
        html=entry(f"{RESULTS}/tables/paired.html", "table-paired", "Model against model"),
    log:
        f"{RESULTS}/logs/tables/paired.log",
    conda:
        ENVIRONMENT
    params:
        study=SHOWN,
    script:
        "../scripts/table.py"


rule table_claims:
    input:
        f"{RESULTS}/claims.tsv",
        code=code("scripts/table.py", "nmfbench/present/tables/claims.py"),
    output:
        multiext(f"{RESULTS}/tables/claims", ".tsv", ".tex"),
        html=entry(f"{RESULTS}/tables/claims.html", "table-claims", "Scorecard in numbers"),
    log:
        f"{RESULTS}/logs/tables/claims.log",
    conda:
        ENVIRONMENT
    params:
        study=SHOWN,
    script:
        "../scripts/table.py"


rule figure_claims:
    input:
        f"{RESULTS}/claims.tsv",
        code=code("scripts/figure.py", "nmfbench/present/figures/claims.py"),
    output:
        svg=entry(f"{RESULTS}/figures/all/claims.svg", "figure-claims", "Scorecard"),
        pdf=f"{RESULTS}/figures/all/claims.pdf",
        png=f"{RESULTS}/figures/all/claims.png",
    log:
        f"{RESULTS}/logs/figures/all/claims.log",
    conda:
        ENVIRONMENT
    params:
        study=SHOWN,
    script:
        "../scripts/figure.py"


rule front_page:
    input:
        claims=f"{RESULTS}/claims.tsv" if "claims" in STUDY else [],
        scores=f"{RESULTS}/scores.tsv",
        matches=f"{RESULTS}/matches.tsv",
        code=code("scripts/front_page.py"),
    output:
        f"{RESULTS}/front_page.rst",
    log:
        f"{RESULTS}/logs/front_page.log",
    conda:
        ENVIRONMENT
    params:
        study=SHOWN,
    script:
        "../scripts/front_page.py"


rule table_ranks:
    input:
        f"{RESULTS}/ranks.tsv",
        code=code("scripts/table.py", "nmfbench/present/tables/ranks.py"),
    output:
        multiext(f"{RESULTS}/tables/ranks", ".tsv", ".tex"),
        html=entry(f"{RESULTS}/tables/ranks.html", "table-ranks", "Number of signatures"),
    log:
        f"{RESULTS}/logs/tables/ranks.log",
    conda:
        ENVIRONMENT
    params:
        study=SHOWN,
    script:
        "../scripts/table.py"


rule figure_ranks:
    input:
        f"{RESULTS}/ranks.tsv",
        code=code("scripts/figure.py", "nmfbench/present/figures/ranks.py"),
    output:
        **figure("ranks", "Number of signatures"),
    log:
        f"{RESULTS}/logs/figures/{{cohort}}/ranks.{{loss}}{{trained}}.log",
    wildcard_constraints:
        cohort="all",
    conda:
        ENVIRONMENT
    params:
        study=SHOWN,
    script:
        "../scripts/figure.py"
