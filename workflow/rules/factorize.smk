# Splits -> fits. One rule fits every method.


rule fit:
    input:
        catalogue=f"{RESULTS}/cohorts/{{cohort}}/catalogue.tsv",
        splits=f"{RESULTS}/cohorts/{{cohort}}/{{scheme}}.tsv",
        truth=lambda wildcards: (
            true_exposures(wildcards.cohort)
            if MODELS[wildcards.model]["settings"].get("supervised")
            else []
        ),
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
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        method=lambda wildcards: MODELS[wildcards.model]["method"],
        settings=lambda wildcards: settings_of(wildcards.model, wildcards.cohort),
        seed=STUDY["seed"],
        splits=lambda wildcards: chunks_of(wildcards.cohort)[wildcards.chunk],
        released=lambda wildcards: STUDY["schemes"][wildcards.scheme].get("released", False),
    script:
        "../scripts/fit.py"
