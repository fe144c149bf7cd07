# The page that people read: all that is above, in one file. Included last, so that all is there.

# Everything in the study's directory but logs and checksums: what is deleted is made again.
TABLES = {
    "scores": True,
    "paired": True,
    "points": True,
    "signatures": True,
    "matches": True,
    "claims": "claims" in STUDY,
    "released": bool(RELEASED),
    "ranks": BY_RANK,
    "concept": bool(CONCEPT_ITEMS),
    "complexity": bool(COMPLEXITY_ITEMS),
    "trace": bool(TRACE_ITEMS),
    "inference": bool(INFERENCE_ITEMS),
    "floor": bool(FLOOR_ITEMS),
    "noise": HAS_NOISE,
    "residuals": HAS_NOISE,
}
SHOWN_FILES = [
    path
    for kind, suffixes in ((".html", (".html", ".tsv", ".tex")), (".svg", (".svg", ".pdf", ".png")))
    for suffix in suffixes
    for path in beside(suffix, kind)
]
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
    *(rules.collect_noise.input if HAS_NOISE else []),
    *rules.collect_floor.input,
    *(f"{RESULTS}/{name}.tsv" for name, wanted in TABLES.items() if wanted),
    *SHOWN_FILES,
    f"{RESULTS}/front_page.rst",
    f"{RESULTS}/answer.txt",
    f"{RESULTS}/report.html",
]


rule report:
    """The page of the study: results/{study}/report.html."""
    input:
        shown=[path for path in REPORT_ITEMS if path.endswith((".html", ".svg"))],
        others=beside(".png", ".svg") + beside(".tsv", ".html"),
        claims=f"{RESULTS}/claims.tsv" if "claims" in STUDY else [],
        paired=f"{RESULTS}/paired.tsv",
        scores=f"{RESULTS}/scores.tsv",
        matches=f"{RESULTS}/matches.tsv",
        records=fit_records(),
        run=RUN_RECORD,
        template="workflow/report/page.html",
        captions=captions(),
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
        made=SHOWN_FILES,
        titles=TITLES,
        settings=all_settings(),
        cited=[cohort["citation"] for cohort in COHORTS.values() if "citation" in cohort],
        fetched=fetched(),
    script:
        "../scripts/report.py"
