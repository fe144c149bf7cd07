# The supplement: proof of concept, complexity, training error by iteration and what exposures cost,
# of studies that have these keys.

COMPLEXITY_COHORTS = STUDY.get("complexity", {}).get("cohorts", [])
TRACE = STUDY.get("trace", {})
FLOOR = STUDY.get("noise_floor", {})
INFERENCE = STUDY.get("inference", {})


rule fit_concept:
    input:
        code=code("scripts/concept.py"),
    output:
        f"{RESULTS}/concept.tsv",
    log:
        f"{RESULTS}/logs/concept.log",
    conda:
        ENVIRONMENT
    params:
        plan=STUDY.get("concept"),
        seed=STUDY["seed"],
    script:
        "../scripts/concept.py"


rule measure_complexity:
    input:
        cosmic=located(STUDY["references"]["cosmic"]),
        catalogues=expand(f"{RESULTS}/cohorts/{{cohort}}/catalogue.tsv", cohort=COMPLEXITY_COHORTS),
        splits=[
            f"{RESULTS}/cohorts/{name}/{COHORTS[name]['scheme']}.tsv"
            for name in COMPLEXITY_COHORTS
        ],
        code=code(
            "scripts/complexity.py",
            *method_files(STUDY.get("complexity", {}).get("models", [])),
        ),
    output:
        f"{RESULTS}/complexity.tsv",
    log:
        f"{RESULTS}/logs/complexity.log",
    conda:
        ENVIRONMENT
    # It computes on one thread, but asks for all cores: other jobs at its side would share the
    # caches and the way to the memory, and the times would be theirs, too. (workflow.cores is an
    # error where none are given: for a report, on a cluster.)
    threads: workflow.resource_settings.cores or 1
    resources:
        mem_mb=lambda wildcards, attempt: 4000 * attempt,
        runtime=lambda wildcards, attempt: 60 * attempt,
    params:
        plan=STUDY.get("complexity"),
        models={name: MODELS[name] for name in STUDY.get("complexity", {}).get("models", [])},
        losses=LOSSES,
        ranks={name: COHORTS[name]["ranks"][0] for name in COMPLEXITY_COHORTS},
        seed=STUDY["seed"],
    script:
        "../scripts/complexity.py"


rule fit_trace:
    input:
        catalogue=f"{RESULTS}/cohorts/{TRACE.get('cohort')}/catalogue.tsv",
        splits=f"{RESULTS}/cohorts/{TRACE.get('cohort')}/{cohort_of(TRACE)['scheme']}.tsv",
        code=code("scripts/trace.py", *method_files(TRACE.get("models", {}))),
    output:
        f"{RESULTS}/trace.tsv",
    log:
        f"{RESULTS}/logs/trace.log",
    conda:
        ENVIRONMENT
    params:
        plan=TRACE,
        models={name: MODELS[name] for name in TRACE.get("models", {})},
        losses=cohort_of(TRACE)["losses"],
        rank=cohort_of(TRACE)["ranks"][0],
        seed=STUDY["seed"],
    script:
        "../scripts/trace.py"


rule measure_inference:
    input:
        catalogue=f"{RESULTS}/cohorts/{INFERENCE.get('cohort')}/catalogue.tsv",
        splits=f"{RESULTS}/cohorts/{INFERENCE.get('cohort')}/{cohort_of(INFERENCE)['scheme']}.tsv",
        code=code("scripts/inference.py", *method_files(INFERENCE.get("models", []))),
    output:
        f"{RESULTS}/inference.tsv",
    log:
        f"{RESULTS}/logs/inference.log",
    conda:
        ENVIRONMENT
    threads: workflow.resource_settings.cores or 1  # as measure_complexity
    params:
        plan=INFERENCE,
        models={name: MODELS[name] for name in INFERENCE.get("models", [])},
        losses=cohort_of(INFERENCE)["losses"],
        rank=cohort_of(INFERENCE)["ranks"][0],
        seed=STUDY["seed"],
    script:
        "../scripts/inference.py"


# The noise floor: the fits of one cohort with other seeds, and with other kernels of the BLAS.
rule fit_floor:
    input:
        catalogue=f"{RESULTS}/cohorts/{FLOOR.get('cohort')}/catalogue.tsv",
        splits=f"{RESULTS}/cohorts/{FLOOR.get('cohort')}/{cohort_of(FLOOR)['scheme']}.tsv",
        code=code("scripts/floor.py", *method_files(cohort_of(FLOOR).get("models", []))),
    output:
        f"{RESULTS}/floor/{{variant}}.tsv",
    log:
        f"{RESULTS}/logs/floor/{{variant}}.log",
    wildcard_constraints:
        variant=r"\w+",
    conda:
        ENVIRONMENT
    params:
        environment=lambda wildcards: (
            {}
            if wildcards.variant.startswith("seed")
            else {"OPENBLAS_CORETYPE": wildcards.variant}
        ),
        splits=FLOOR.get("splits"),
        jobs=[
            {
                "cohort": FLOOR["cohort"],
                "scheme": cohort_of(FLOOR)["scheme"],
                "model": model,
                "method": MODELS[model]["method"],
                "loss": loss,
                "rank": cohort_of(FLOOR)["ranks"][0],
                "seed": STUDY["seed"],
                "settings": settings_of(model, FLOOR["cohort"]),
                "short_starts": MODELS[model].get("short_starts", {}),
            }
            for model in cohort_of(FLOOR).get("models", [])
            for loss in cohort_of(FLOOR)["losses"]
        ],
    script:
        "../scripts/floor.py"


use rule collect as collect_floor with:
    input:
        floor=expand(
            f"{RESULTS}/floor/{{variant}}.tsv",
            variant=[
                *(f"seed{number}" for number in range(FLOOR.get("seeds", 0))),
                *FLOOR.get("kernels", []),
            ],
        ),
    output:
        floor=f"{RESULTS}/floor.tsv",
    log:
        f"{RESULTS}/logs/collect_floor.log",


# Noise models: their parameters, and how the counts scatter.


rule residuals:
    input:
        unpack(baseline_fits),
        catalogue=f"{RESULTS}/cohorts/{{cohort}}/catalogue.tsv",
        splits=f"{RESULTS}/cohorts/{{cohort}}/{{scheme}}.tsv",
        noise=f"{RESULTS}/noise/{ACROSS}.tsv",
        code=code("scripts/residuals.py"),
    output:
        f"{RESULTS}/residuals/{ACROSS}.tsv",
    log:
        f"{RESULTS}/logs/residuals/{ACROSS}.log",
    conda:
        ENVIRONMENT
    params:
        dead_share=STUDY["dead_share"],
    script:
        "../scripts/residuals.py"


use rule collect as collect_noise with:
    input:
        noise=across_losses(f"{RESULTS}/noise/{ACROSS}.tsv"),
        residuals=across_losses(f"{RESULTS}/residuals/{ACROSS}.tsv", ranks=slice(-1, None)),
    output:
        noise=f"{RESULTS}/noise.tsv",
        residuals=f"{RESULTS}/residuals.tsv",
    log:
        f"{RESULTS}/logs/collect_noise.log",
