# Sources -> catalogues, true signatures, splits.


localrules:
    record_run,
    fetch,


# What the results are made from: before a catalogue of the user's is read, so that no other of its
# name is mixed with it.
rule record_run:
    input:
        code=code("scripts/record_run.py"),
    output:
        RUN_RECORD,
    log:
        f"{RESULTS}/logs/record_run.log",
    conda:
        ENVIRONMENT
    params:
        run=RUN,
    script:
        "../scripts/record_run.py"


rule fetch:
    output:
        "resources/downloads/{source}",
    log:
        "results/logs/fetch/{source}.log",
    conda:
        ENVIRONMENT
    script:
        "../scripts/fetch.py"


rule catalogue:
    input:
        lambda wildcards: located(COHORTS[wildcards.cohort]),
        run=ancient(RUN_RECORD) if RUN["catalogue"] else [],
        code=code("scripts/catalogue.py"),
    output:
        f"{RESULTS}/cohorts/{{cohort}}/catalogue.tsv",
    log:
        f"{RESULTS}/logs/catalogue/{{cohort}}.log",
    wildcard_constraints:
        cohort="|".join(c for c in COHORTS if has_counts(c)) or "-",
    conda:
        ENVIRONMENT
    script:
        "../scripts/catalogue.py"


rule words:
    input:
        code=code("scripts/words.py"),
    output:
        f"{RESULTS}/cohorts/{{cohort}}/catalogue.tsv",
    log:
        f"{RESULTS}/logs/words/{{cohort}}.log",
    wildcard_constraints:
        cohort="|".join(c for c in COHORTS if "words" in COHORTS[c]) or "-",
    conda:
        ENVIRONMENT
    params:
        words=lambda wildcards: COHORTS[wildcards.cohort]["words"],
    script:
        "../scripts/words.py"


rule truth:
    input:
        lambda wildcards: located(COHORTS[wildcards.cohort]["truth"]),
        code=code("scripts/truth.py"),
    output:
        f"{RESULTS}/cohorts/{{cohort}}/true_signatures.tsv",
    log:
        f"{RESULTS}/logs/truth/{{cohort}}.log",
    wildcard_constraints:
        cohort="|".join(c for c in COHORTS if "truth" in COHORTS[c]) or "-",
    conda:
        ENVIRONMENT
    script:
        "../scripts/truth.py"


rule true_exposures:
    input:
        exposures=lambda wildcards: located(COHORTS[wildcards.cohort]["truth"]["exposures"]),
        signatures=f"{RESULTS}/cohorts/{{cohort}}/true_signatures.tsv",
        # Of its samples alone, which are those of a draw, too.
        catalogue=lambda wildcards: located(COHORTS[wildcards.cohort]),
        code=code("scripts/true_exposures.py"),
    output:
        f"{RESULTS}/cohorts/{{cohort}}/true_exposures.tsv",
    log:
        f"{RESULTS}/logs/true_exposures/{{cohort}}.log",
    wildcard_constraints:
        cohort="|".join(c for c in COHORTS if has_exposures(c)) or "-",
    conda:
        ENVIRONMENT
    script:
        "../scripts/true_exposures.py"


# The counts of a cohort with truth, drawn anew around the true means.
rule draw:
    input:
        signatures=f"{RESULTS}/cohorts/{{cohort}}/true_signatures.tsv",
        exposures=f"{RESULTS}/cohorts/{{cohort}}/true_exposures.tsv",
        code=code("scripts/draw.py"),
    output:
        f"{RESULTS}/cohorts/{{cohort}}/catalogue.tsv",
    log:
        f"{RESULTS}/logs/draw/{{cohort}}.log",
    wildcard_constraints:
        cohort="|".join(c for c in COHORTS if "draw" in COHORTS[c]) or "-",
    conda:
        ENVIRONMENT
    params:
        dispersion=lambda wildcards: COHORTS[wildcards.cohort]["draw"]["dispersion"],
        seed=STUDY["seed"],
    script:
        "../scripts/draw.py"


rule simulate:
    input:
        located(STUDY["references"]["cosmic"]),
        code=code("scripts/simulate.py"),
    output:
        catalogue=f"{RESULTS}/cohorts/{{cohort}}/catalogue.tsv",
        signatures=f"{RESULTS}/cohorts/{{cohort}}/true_signatures.tsv",
        exposures=f"{RESULTS}/cohorts/{{cohort}}/true_exposures.tsv",
    log:
        f"{RESULTS}/logs/simulate/{{cohort}}.log",
    wildcard_constraints:
        cohort="|".join(c for c in COHORTS if "simulate" in COHORTS[c]) or "-",
    conda:
        ENVIRONMENT
    params:
        simulate=lambda wildcards: COHORTS[wildcards.cohort]["simulate"],
        seed=STUDY["seed"],
    script:
        "../scripts/simulate.py"


rule splits:
    input:
        catalogue=f"{RESULTS}/cohorts/{{cohort}}/catalogue.tsv",
        table=lambda wildcards: STUDY["schemes"][wildcards.scheme].get("table", []),
        code=code("scripts/splits.py"),
    output:
        f"{RESULTS}/cohorts/{{cohort}}/{{scheme}}.tsv",
    log:
        f"{RESULTS}/logs/splits/{{cohort}}.{{scheme}}.log",
    conda:
        ENVIRONMENT
    params:
        seed=STUDY["seed"],
        rank=lambda wildcards: max(COHORTS[wildcards.cohort]["ranks"]),
        n_splits=lambda wildcards: COHORTS[wildcards.cohort]["n_splits"],
        scheme=lambda wildcards: STUDY["schemes"][wildcards.scheme],
        folds=folds_of,
    script:
        "../scripts/splits.py"
