# Fits -> the long table of scores, consensus signatures, matches.


rule scores:
    input:
        unpack(fits_of_cell),
        truth=lambda wildcards: (
            f"{RESULTS}/cohorts/{wildcards.cohort}/true_signatures.tsv"
            if has_truth(wildcards.cohort)
            else []
        ),
        code=code("scripts/scores.py"),
    output:
        f"{RESULTS}/scores/{CELL}.tsv",
    log:
        f"{RESULTS}/logs/scores/{CELL}.log",
    conda:
        ENVIRONMENT
    params:
        models=list(MODELS),
        baseline=STUDY["baseline"],
    script:
        "../scripts/scores.py"


rule consensus:
    input:
        unpack(fits_of_cell),
        cosmic=located(STUDY["references"]["cosmic"]),
        signal=lambda wildcards: (
            located(STUDY["references"]["signal"]) if "signal" in COHORTS[wildcards.cohort] else []
        ),
        observed=(
            located(STUDY["references"]["observed"]) if "observed" in STUDY["references"] else []
        ),
        code=code("scripts/consensus.py"),
    output:
        points=f"{RESULTS}/consensus/{CELL}/points.tsv",
        signatures=f"{RESULTS}/consensus/{CELL}/signatures.tsv",
        matches=f"{RESULTS}/consensus/{CELL}/matches.tsv",
    log:
        f"{RESULTS}/logs/consensus/{CELL}.log",
    conda:
        ENVIRONMENT
    params:
        models=list(MODELS),
        signal=lambda wildcards: COHORTS[wildcards.cohort].get("signal"),
    script:
        "../scripts/consensus.py"


# The cells of a study put under each other, in the study's order.
rule collect:
    input:
        scores=cells(f"{RESULTS}/scores/{CELL}.tsv"),
        points=cells(f"{RESULTS}/consensus/{CELL}/points.tsv"),
        signatures=cells(f"{RESULTS}/consensus/{CELL}/signatures.tsv"),
        matches=cells(f"{RESULTS}/consensus/{CELL}/matches.tsv"),
    output:
        scores=f"{RESULTS}/scores.tsv",
        points=f"{RESULTS}/points.tsv",
        signatures=f"{RESULTS}/signatures.tsv",
        matches=f"{RESULTS}/matches.tsv",
    log:
        f"{RESULTS}/logs/collect.log",
    conda:
        ENVIRONMENT
    script:
        "../scripts/collect.py"


# Where a cohort has several ranks: what each of them gives, and which is chosen.
rule ranks:
    input:
        f"{RESULTS}/scores.tsv",
        code=code("scripts/ranks.py"),
    output:
        f"{RESULTS}/ranks.tsv",
    log:
        f"{RESULTS}/logs/ranks.log",
    conda:
        ENVIRONMENT
    script:
        "../scripts/ranks.py"
