# Fits -> the long table of scores, consensus signatures, matches.


rule scores:
    input:
        unpack(fits_of_cell),
        catalogue=f"{RESULTS}/cohorts/{{cohort}}/catalogue.tsv",
        splits=f"{RESULTS}/cohorts/{{cohort}}/{{scheme}}.tsv",
        truth=lambda wildcards: true_signatures(wildcards.cohort),
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
        dead_share=STUDY["dead_share"],
        likelihoods=bool(NOISE_LOSSES),
    script:
        "../scripts/scores.py"


# The signatures of cohorts like this one: its patients drawn anew, and fitted again.
rule resampled:
    input:
        unpack(fits_of_cell),
        catalogue=f"{RESULTS}/cohorts/{{cohort}}/catalogue.tsv",
        splits=f"{RESULTS}/cohorts/{{cohort}}/{{scheme}}.tsv",
        noise=noise_of,
        code=code("scripts/resampled.py"),
    output:
        f"{RESULTS}/resampled/{CELL}.npz",
    log:
        f"{RESULTS}/logs/resampled/{CELL}.log",
    conda:
        ENVIRONMENT
    params:
        models=lambda wildcards: COHORTS[wildcards.cohort]["models"],
        plan=STUDY.get("resamples"),
        convex=CONVEX,
        dead_share=STUDY["dead_share"],
        seed=STUDY["seed"],
    script:
        "../scripts/resampled.py"


rule paired:
    input:
        unpack(fits_of_cell),
        resampled=resampled_of,
        cosmic=lambda wildcards: library("cosmic", wildcards.cohort),
        signal=signal_of,
        observed=observed_signatures(),
        scores=f"{RESULTS}/scores/{CELL}.tsv",
        catalogue=f"{RESULTS}/cohorts/{{cohort}}/catalogue.tsv",
        splits=f"{RESULTS}/cohorts/{{cohort}}/{{scheme}}.tsv",
        truth=lambda wildcards: true_signatures(wildcards.cohort),
        exposures=lambda wildcards: true_exposures(wildcards.cohort),
        noise=noise_of,
        code=code("scripts/paired.py"),
    output:
        f"{RESULTS}/paired/{CELL}.tsv",
    log:
        f"{RESULTS}/logs/paired/{CELL}.log",
    conda:
        ENVIRONMENT
    params:
        models=lambda wildcards: COHORTS[wildcards.cohort]["models"],
        supervised=SUPERVISED,
        hypermutated=STUDY["hypermutated"],
        dead_share=STUDY["dead_share"],
        likelihoods=bool(NOISE_LOSSES),
        signal=lambda wildcards: COHORTS[wildcards.cohort].get("signal"),
        seed=STUDY["seed"],
    script:
        "../scripts/paired.py"


rule consensus:
    input:
        unpack(fits_of_cell),
        cosmic=lambda wildcards: library("cosmic", wildcards.cohort),
        own=lambda wildcards: library("own", wildcards.cohort),
        catalogue=f"{RESULTS}/cohorts/{{cohort}}/catalogue.tsv",
        splits=f"{RESULTS}/cohorts/{{cohort}}/{{scheme}}.tsv",
        signal=signal_of,
        observed=observed_signatures(),
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
        dead_share=STUDY["dead_share"],
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
        catalogue=f"{RESULTS}/cohorts/{{cohort}}/catalogue.tsv",
        splits=f"{RESULTS}/cohorts/{{cohort}}/{{scheme}}.tsv",
        noise=f"{RESULTS}/noise/{ACROSS}.tsv",
        resampled=lambda wildcards: [
            path
            for loss in COHORTS[wildcards.cohort]["losses"]
            for path in resampled_of(wildcards, loss)
        ],
        code=code("scripts/across.py"),
    output:
        scores=f"{RESULTS}/across/{ACROSS}.tsv",
        paired=f"{RESULTS}/across/{ACROSS}.paired.tsv",
    log:
        f"{RESULTS}/logs/across/{ACROSS}.log",
    conda:
        ENVIRONMENT
    params:
        models=lambda wildcards: COHORTS[wildcards.cohort]["models"],
        losses=lambda wildcards: COHORTS[wildcards.cohort]["losses"],
        dead_share=STUDY["dead_share"],
    script:
        "../scripts/across.py"


# The cells of a study put under each other, in the study's order.
rule collect:
    input:
        scores=cells(f"{RESULTS}/scores/{CELL}.tsv")
        + across_losses(f"{RESULTS}/across/{ACROSS}.tsv"),
        paired=cells(f"{RESULTS}/paired/{CELL}.tsv")
        + across_losses(f"{RESULTS}/across/{ACROSS}.paired.tsv"),
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


# The conclusions of a paper, tested with its own numbers, its models as published, and refereed.
rule claims:
    input:
        claims=STUDY.get("claims", {}).get("file", []),
        minimum_effects="resources/minimum_effects.yaml",
        reference=reference_values(),
        deposited=STUDY.get("claims", {}).get("deposited", []),
        paired=f"{RESULTS}/paired.tsv",
        # What claims say of times that no fit took: C-NMF as printed, and growth with N and K.
        complexity=f"{RESULTS}/complexity.tsv" if "complexity" in STUDY else [],
        scores=f"{RESULTS}/scores.tsv" if "complexity" in STUDY else [],
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
