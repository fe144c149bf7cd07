# Splits -> fits. One rule fits every method.

FIT = f"{RESULTS}/fits/{{cohort}}/{{scheme}}/{{model}}/{{loss}}/k{{rank}}/{{chunk}}"


def chunks_of(cohort):
    return chunks(COHORTS[cohort]["n_splits"], config["splits_per_job"])


rule fit:
    input:
        catalogue=f"{RESULTS}/cohorts/{{cohort}}/catalogue.tsv",
        splits=f"{RESULTS}/cohorts/{{cohort}}/{{scheme}}.tsv",
        code=lambda wildcards: code(
            "factorize/run",
            "factorize/fit",
            "factorize/losses",
            "factorize/refit",
            f"factorize/methods/{MODELS[wildcards.model]['method'].replace('-', '_')}",
        ),
    output:
        factors=f"{FIT}.npz",
        rows=f"{FIT}.tsv",
        record=f"{FIT}.json",
    log:
        f"{RESULTS}/logs/fit/{{cohort}}.{{scheme}}.{{model}}.{{loss}}.k{{rank}}.{{chunk}}.log",
    params:
        method=lambda wildcards: MODELS[wildcards.model]["method"],
        settings=lambda wildcards: MODELS[wildcards.model]["settings"],
        seed=STUDY["seed"],
        splits=lambda wildcards: chunks_of(wildcards.cohort)[wildcards.chunk],
    threads: 1
    resources:
        mem_mb=lambda wildcards, attempt: 1000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    script:
        "../scripts/fit.py"

