# Splits -> fits. One rule fits every method.


# The parameters of the noise models, from the training samples of each split; of counts that are
# thinned, from all of them.
rule estimate_noise:
    input:
        catalogue=f"{RESULTS}/cohorts/{{cohort}}/catalogue.tsv",
        splits=f"{RESULTS}/cohorts/{{cohort}}/{{scheme}}.tsv",
        code=code("scripts/noise.py"),
    output:
        f"{RESULTS}/noise/{ACROSS}.tsv",
    log:
        f"{RESULTS}/logs/noise/{{cohort}}.{{scheme}}.k{{rank}}.log",
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1200 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        losses=lambda wildcards: COHORTS[wildcards.cohort]["losses"],
        noise=STUDY["noise"],
        folds=folds_of,
        seed=STUDY["seed"],
    script:
        "../scripts/noise.py"


rule fit:
    input:
        catalogue=f"{RESULTS}/cohorts/{{cohort}}/catalogue.tsv",
        splits=f"{RESULTS}/cohorts/{{cohort}}/{{scheme}}.tsv",
        truth=lambda wildcards: (
            true_exposures(wildcards.cohort)
            if MODELS[wildcards.model]["settings"].get("supervised")
            else []
        ),
        noise=noise_of,
        code=lambda wildcards: code(
            "scripts/fit.py",
            *method_files([wildcards.model]),
        ),
    output:
        factors=f"{FIT}.npz",
        rows=f"{FIT}.tsv",
        record=f"{FIT}.json",
    log:
        f"{RESULTS}/logs/fit/{{cohort}}.{{scheme}}.{{model}}.{{loss}}.k{{rank}}.{{chunk}}.log",
    conda:
        ENVIRONMENT
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1200 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
        gpu=lambda wildcards: int(on_device(wildcards) != "cpu"),
    params:
        device=on_device,
        method=lambda wildcards: MODELS[wildcards.model]["method"],
        settings=lambda wildcards: settings_of(wildcards.model, wildcards.cohort),
        short_starts=lambda wildcards: MODELS[wildcards.model].get("short_starts", {}),
        seed=STUDY["seed"],
        splits=lambda wildcards: chunks_of(wildcards.cohort)[wildcards.chunk],
        folds=folds_of,
        released=lambda wildcards: STUDY["schemes"][wildcards.scheme].get("released", False),
    script:
        "../scripts/fit.py"
