# The page that people read: all that is above, in one file. Included last, so that all is there.


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
        titles=TITLES,
        settings=all_settings(),
        cited=[cohort["citation"] for cohort in COHORTS.values() if "citation" in cohort],
        fetched=fetched(),
    script:
        "../scripts/report.py"
