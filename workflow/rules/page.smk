# The page that people read: all that is above, in one file.

# Everything in the study's directory but logs and checksums: what is deleted is made again.
EVERYTHING = [
    RUN_RECORD,
    *(f"{RESULTS}/cohorts/{name}/catalogue.tsv" for name in COHORTS),
    *(f"{RESULTS}/cohorts/{name}/{cohort['scheme']}.tsv" for name, cohort in COHORTS.items()),
    *(path for name in COHORTS if (path := true_signatures(name))),
    *(path for name in COHORTS if (path := true_exposures(name))),
    *(
        path
        for name, cohort in COHORTS.items()
        for loss in cohort["losses"]
        for rank in cohort["ranks"]
        for paths in fit_files(name, scheme=cohort["scheme"], loss=loss, rank=rank).values()
        for path in paths
    ),
    *cells(f"{RESULTS}/resampled/{CELL}.npz", is_resampled),
    *rules.collect.input,
    *(rules.collect_noise.input if noise_models(STUDY) else []),
    *rules.collect_floor.input,
    *(f"{RESULTS}/{name}.tsv" for name in results_of(STUDY)),
    *shown("html", "svg", "tsv", "pdf", "tex", "png"),
    f"{RESULTS}/front_page.rst",
    f"{RESULTS}/answer.txt",
    f"{RESULTS}/report.html",
]


rule report:
    """The page of the study: results/{study}/report.html."""
    input:
        shown=[path for item in CONTENTS if item.wanted(STUDY) for path in files(item)],
        others=shown("png", "tsv"),
        claims=f"{RESULTS}/claims.tsv" if "claims" in STUDY else [],
        paired=f"{RESULTS}/paired.tsv",
        scores=f"{RESULTS}/scores.tsv",
        matches=f"{RESULTS}/matches.tsv",
        records=fit_records(),
        run=RUN_RECORD,
        template="workflow/report/page.html",
        captions=[
            f"workflow/report/figure-{item.name}.rst"
            for item in CONTENTS
            if item.kind == "figure" and item.wanted(STUDY)
        ],
        sorter="resources/tablesort.min.js",
        sources="resources/sources.yaml",
        citation="CITATION.cff",
        code=code("scripts/report.py", *method_files(MODELS)),
    output:
        f"{RESULTS}/report.html",
    log:
        f"{RESULTS}/logs/report.log",
    conda:
        ENVIRONMENT
    params:
        study=SHOWN,
        made=shown("html", "svg", "tsv", "pdf", "tex", "png"),
        titles={f"{item.kind}-{item.name}": item.title for item in CONTENTS},
        settings=all_settings(),
        cited=[cohort["citation"] for cohort in COHORTS.values() if "citation" in cohort],
        fetched=fetched(),
    script:
        "../scripts/report.py"
