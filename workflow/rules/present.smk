# Scores -> tables, figures and the report. Nothing here fits anything.

# One rule for each table and figure that contents.py lists: figure_errors, table_paired, ...
for item in CONTENTS:

    rule:
        name:
            f"{item.kind}_{item.name}"
        input:
            **reads(item),
            # Of the script no imports: a table does not need the style of figures.
            code=["workflow/scripts/present.py", *code(f"nmfbench/{item.module}")],
        output:
            **outputs_of(item),
        log:
            f"{RESULTS}/logs/{item.kind}s/{item.name}.log",
        priority: int(item.name == "profiles")  # takes longest: it begins first
        conda:
            ENVIRONMENT
        params:
            study=SHOWN,
            style=config["figure_style"] if item.kind == "figure" else {},
        script:
            "../scripts/present.py"


rule front_page:
    input:
        claims=f"{RESULTS}/claims.tsv" if "claims" in STUDY else [],
        paired=f"{RESULTS}/paired.tsv",
        scores=f"{RESULTS}/scores.tsv",
        matches=f"{RESULTS}/matches.tsv",
        code=code("scripts/front_page.py"),
    output:
        page=f"{RESULTS}/front_page.rst",
        answer=f"{RESULTS}/answer.txt",
    log:
        f"{RESULTS}/logs/front_page.log",
    conda:
        ENVIRONMENT
    params:
        study=SHOWN,
    script:
        "../scripts/front_page.py"
