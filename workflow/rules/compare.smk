# Fits -> the long table of scores, consensus signatures, matches.


rule scores:
    input:
        unpack(fits_of_cell),
        catalogue=f"{RESULTS}/cohorts/{{cohort}}/catalogue.tsv",
        splits=f"{RESULTS}/cohorts/{{cohort}}/{{scheme}}.tsv",
        truth=lambda wildcards: (
            f"{RESULTS}/cohorts/{wildcards.cohort}/true_signatures.tsv"
            if has_truth(wildcards.cohort)
            else []
        ),
        exposures=lambda wildcards: true_exposures(wildcards.cohort),
        noise=noise_of,
        code=code("scripts/scores.py"),
    output:
        f"{RESULTS}/scores/{CELL}.tsv",
    log:
        f"{RESULTS}/logs/scores/{CELL}.log",
    conda:
        ENVIRONMENT
    params:
        models=lambda wildcards: COHORTS[wildcards.cohort]["models"],
        supervised=SUPERVISED,
        convex=CONVEX,
        baseline=STUDY["baseline"],
        hypermutated=STUDY["hypermutated"],
        likelihoods=bool(NOISE_LOSSES),
    script:
        "../scripts/scores.py"


rule paired:
    input:
        scores=f"{RESULTS}/scores/{CELL}.tsv",
        catalogue=f"{RESULTS}/cohorts/{{cohort}}/catalogue.tsv",
        splits=f"{RESULTS}/cohorts/{{cohort}}/{{scheme}}.tsv",
        code=code("scripts/paired.py"),
    output:
        f"{RESULTS}/paired/{CELL}.tsv",
    log:
        f"{RESULTS}/logs/paired/{CELL}.log",
    conda:
        ENVIRONMENT
    script:
        "../scripts/paired.py"


rule consensus:
    input:
        unpack(fits_of_cell),
        cosmic=lambda wildcards: library("cosmic", wildcards.cohort),
        own=lambda wildcards: library("own", wildcards.cohort),
        catalogue=f"{RESULTS}/cohorts/{{cohort}}/catalogue.tsv",
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
        models=lambda wildcards: COHORTS[wildcards.cohort]["models"],
        signal=lambda wildcards: COHORTS[wildcards.cohort].get("signal"),
    script:
        "../scripts/consensus.py"


# One model under several losses.
rule across:
    input:
        unpack(fits_of_losses),
        scores=lambda wildcards: [
            f"{RESULTS}/scores/{CELL}.tsv".format(**wildcards, loss=loss)
            for loss in COHORTS[wildcards.cohort]["losses"]
        ],
        code=code("scripts/across.py"),
    output:
        f"{RESULTS}/across/{ACROSS}.tsv",
    log:
        f"{RESULTS}/logs/across/{ACROSS}.log",
    conda:
        ENVIRONMENT
    params:
        models=lambda wildcards: COHORTS[wildcards.cohort]["models"],
        losses=lambda wildcards: COHORTS[wildcards.cohort]["losses"],
    script:
        "../scripts/across.py"


# The cells of a study put under each other, in the study's order.
rule collect:
    input:
        scores=cells(f"{RESULTS}/scores/{CELL}.tsv")
        + across_losses(f"{RESULTS}/across/{ACROSS}.tsv"),
        paired=cells(f"{RESULTS}/paired/{CELL}.tsv"),
        points=cells(f"{RESULTS}/consensus/{CELL}/points.tsv"),
        signatures=cells(f"{RESULTS}/consensus/{CELL}/signatures.tsv"),
        matches=cells(f"{RESULTS}/consensus/{CELL}/matches.tsv"),
    output:
        scores=f"{RESULTS}/scores.tsv",
        paired=f"{RESULTS}/paired.tsv",
        points=f"{RESULTS}/points.tsv",
        signatures=f"{RESULTS}/signatures.tsv",
        matches=f"{RESULTS}/matches.tsv",
    log:
        f"{RESULTS}/logs/collect.log",
    conda:
        ENVIRONMENT
    script:
        "../scripts/collect.py"


# The conclusions of a paper, tested with its models as published and trained to convergence.
rule claims:
    input:
        claims=STUDY["claims"]["file"] if "claims" in STUDY else [],
        reference=reference_values(),
        scores=f"{RESULTS}/scores.tsv",
        paired=f"{RESULTS}/paired.tsv",
        matches=f"{RESULTS}/matches.tsv",
        code=code("scripts/claims.py"),
    output:
        f"{RESULTS}/claims.tsv",
    log:
        f"{RESULTS}/logs/claims.log",
    conda:
        ENVIRONMENT
    params:
        converged=CONVERGED,
    script:
        "../scripts/claims.py"


# The values that a paper released beside those found here.
rule released:
    input:
        scores=f"{RESULTS}/scores.tsv",
        released=[
            f"resources/downloads/{plan['source']}" for plan in STUDY.get("released", {}).values()
        ],
        catalogues=expand(f"{RESULTS}/cohorts/{{cohort}}/catalogue.tsv", cohort=COHORTS),
        splits=[
            f"{RESULTS}/cohorts/{name}/{cohort['scheme']}.tsv" for name, cohort in COHORTS.items()
        ],
        code=code("scripts/released.py"),
    output:
        f"{RESULTS}/released.tsv",
    log:
        f"{RESULTS}/logs/released.log",
    conda:
        ENVIRONMENT
    params:
        figures=STUDY.get("released", {}),
        cohorts=list(COHORTS),
    script:
        "../scripts/released.py"


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
