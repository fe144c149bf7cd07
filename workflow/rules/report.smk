# The files of the report: where they are and what they are called in it.

# "all" in the path of a figure: all cohorts together.
PANELS = {"all": "All cohorts"} | {name: cohort["label"] for name, cohort in COHORTS.items()}
ANY_TRUTH = any(has_truth(cohort) for cohort in COHORTS)

# What the present room has to know of the study.
SHOWN = {
    key: STUDY[key]
    for key in ("title", "citation", "baseline", "losses", "hypermutated", "released")
    if key in STUDY
}
SHOWN["supervised"] = SUPERVISED
SHOWN["refereed"] = STUDY.get("claims", {}).get("refereed", "trained to convergence")
SHOWN["models"] = {
    name: {
        key: model[key] for key in ("label", "method", "converges", "same_optimum") if key in model
    }
    for name, model in MODELS.items()
}
SHOWN["cohorts"] = {
    name: {"label": cohort["label"], "noise": simulated_noise(cohort)}
    for name, cohort in COHORTS.items()
}


# What each table and figure is called, by its caption.
TITLES = {}

# Figures of many models show those as published (""), and those trained to convergence.
TRAINED = ["", ".converged"] if CONVERGED else [""]


def drawn(wildcards):
    """The study with the models that a figure shows."""
    models = {
        name: model
        for name, model in SHOWN["models"].items()
        if ("converges" in model) == bool(wildcards.trained)
    }
    return SHOWN | {"models": models}


def entry(path, caption, title):
    """A file of the report: under its cohort, with its number and loss as the label."""
    return report(
        path,
        caption=f"../report/{caption}.rst",
        category=lambda wildcards: PANELS[wildcards.get("cohort", "all")],
        labels=lambda wildcards: {
            "item": ", ".join(
                [
                    title,
                    *([wildcards.loss.upper()] if "loss" in wildcards.keys() else []),
                    *(
                        [RELEASED[wildcards.figure]["title"]]
                        if "figure" in wildcards.keys()
                        else []
                    ),
                    *(["converged"] if wildcards.get("trained") else []),
                ]
            )
        },
    )


def table(name, title, of=""):
    """Output of a table: to compute with, to print, to read; the HTML goes into the report."""
    TITLES[f"table-{name}"] = title
    stem = f"{RESULTS}/tables/{name}{of}"
    return {
        "html": entry(f"{stem}.html", f"table-{name}", title),
        "tsv": f"{stem}.tsv",
        "tex": f"{stem}.tex",
    }


def figure(name, title, of=".{loss}{trained}"):
    """Output of a figure: vector and pixels; the SVG goes into the report."""
    TITLES[f"figure-{name}"] = title
    stem = f"{RESULTS}/figures/{'{cohort}' if of else 'all'}/{name}{of}"
    return {
        "svg": entry(f"{stem}.svg", f"figure-{name}", title),
        "pdf": f"{stem}.pdf",
        "png": f"{stem}.png",
    }


def beside(suffix, kinds=(".html", ".svg")):
    """The files of the report in another format: beside those of its tables or figures."""
    return [str(Path(path).with_suffix(suffix)) for path in REPORT_ITEMS if path.endswith(kinds)]


def captions():
    """The captions of the report's figures."""
    names = dict.fromkeys(Path(path).name.split(".")[0] for path in beside(".svg", ".svg"))
    return [f"workflow/report/figure-{name}.rst" for name in names]


def fit_records():
    """The records of the fits of every model, cohort and loss: of its first rank and splits."""
    return [
        FIT.format(
            cohort=name,
            scheme=cohort["scheme"],
            model=model,
            loss=loss,
            rank=cohort["ranks"][0],
            chunk=next(iter(chunks_of(name))),
        )
        + ".json"
        for name, cohort in COHORTS.items()
        for loss in cohort["losses"]
        for model in cohort["models"]
    ]


def all_settings():
    """The settings of every model, by cohort."""
    return {
        model: {
            name: settings_of(model, name)
            for name, cohort in COHORTS.items()
            if model in cohort["models"]
        }
        for model in MODELS
    }


def fetched():
    """Ids of the sources that the study's data and reference signatures come from."""
    truths = [cohort["truth"] for cohort in COHORTS.values() if "truth" in cohort]
    libraries = STUDY["references"].values()
    found = [x["source"] for x in (*COHORTS.values(), *truths, *libraries) if "source" in x]
    # A library that is shipped can be fetched, too.
    return found + [f"reference/{Path(x['file']).name}" for x in libraries if "file" in x]


def each_cohort(pattern, cohorts=COHORTS):
    """Fill a figure's pattern for each cohort."""
    return expand(pattern, cohort=cohorts, loss=LOSSES, trained=TRAINED)


def composite(pattern):
    """Fill a figure's pattern for all cohorts together."""
    return each_cohort(pattern, list(COHORTS) if len(COHORTS) == 1 else ["all"])


def cells_or_all(pattern):
    """Fill a figure's pattern for each cohort, and for all together where there are several."""
    return each_cohort(pattern, list(COHORTS) if len(COHORTS) == 1 else list(PANELS))


# With several ranks there is a cell for each: what shows every cell by itself would be too much to
# read, and is made where it is asked for by name.
BY_RANK = any(len(cohort["ranks"]) > 1 for cohort in COHORTS.values())

CLAIMS = [
    f"{RESULTS}/figures/all/claims.svg",
    f"{RESULTS}/tables/claims.html",
]
BY_CELL = [
    f"{RESULTS}/tables/errors.html",
    f"{RESULTS}/tables/paired.html",
    *expand(f"{RESULTS}/tables/matches.{{loss}}.html", loss=LOSSES),
    *cells_or_all(f"{RESULTS}/figures/{{cohort}}/errors.{{loss}}{{trained}}.svg"),
    *cells_or_all(f"{RESULTS}/figures/{{cohort}}/pca.{{loss}}{{trained}}.svg"),
    *cells_or_all(f"{RESULTS}/figures/{{cohort}}/agreement.{{loss}}{{trained}}.svg"),
    *composite(f"{RESULTS}/figures/{{cohort}}/consistency.{{loss}}{{trained}}.svg"),
    *composite(f"{RESULTS}/figures/{{cohort}}/convergence.{{loss}}{{trained}}.svg"),
    *each_cohort(f"{RESULTS}/figures/{{cohort}}/splitmatches.{{loss}}{{trained}}.svg"),
    *each_cohort(f"{RESULTS}/figures/{{cohort}}/profiles.{{loss}}{{trained}}.svg"),
]
OVER_RANKS = [
    f"{RESULTS}/tables/ranks.html",
    *expand(f"{RESULTS}/figures/all/ranks.{{loss}}.svg", loss=LOSSES),
]
# The figures of a paper, from what it released: instead of those of a cell, too many for a study of
# many cohorts and models.
RELEASED = STUDY.get("released", {})
OF_RELEASED = [
    f"{RESULTS}/tables/errors.html",
    *expand(f"{RESULTS}/figures/all/released.{{figure}}.svg", figure=RELEASED),
]
# Of a study with noise models.
OF_NOISE = [
    f"{RESULTS}/tables/noise.html",
    *expand(
        f"{RESULTS}/figures/all/{{figure}}.svg",
        figure=["residuals", "profile", "likelihood", "features"],
    ),
]
REPORT_ITEMS = [
    *(OF_NOISE if NOISE_LOSSES and "kld" in LOSSES else []),
    *(CLAIMS if "claims" in STUDY else []),
    *([f"{RESULTS}/tables/recovery.html"] if ANY_TRUTH else []),
    *(OVER_RANKS if BY_RANK else OF_RELEASED if RELEASED else BY_CELL),
    f"{RESULTS}/front_page.rst",
]
