# The files of the report: where they are and what they are called in it.

# "all" in the path of a figure: all cohorts together.
PANELS = {"all": "All cohorts"} | {name: cohort["label"] for name, cohort in COHORTS.items()}
ANY_TRUTH = any(has_truth(cohort) for cohort in COHORTS)

# What the present room has to know of the study.
SHOWN = {
    key: STUDY[key]
    for key in ("title", "citation", "baseline", "losses", "hypermutated", "dead_share", "released")
    if key in STUDY
}
SHOWN["supervised"] = SUPERVISED
SHOWN["refereed"] = STUDY.get("claims", {}).get("refereed", "trained to convergence")
SHOWN["claims"] = STUDY.get("claims", {}).get("heading", "The paper's conclusions")
SHOWN["models"] = {
    name: {
        key: model[key]
        for key in ("label", "method", "converges", "same_optimum", "settings_from")
        if key in model
    }
    | {"solver": model["settings"].get("solver", "")}
    for name, model in MODELS.items()
}
SHOWN["cohorts"] = {
    name: {"label": cohort["label"], "noise": simulated_noise(cohort)}
    for name, cohort in COHORTS.items()
}
if "complexity" in STUDY:
    SHOWN["cohorts"][SIZES] = {"label": "Simulated sizes"}


# What each table and figure is called, by its caption.
TITLES = {}

# Figures of many models show those as published (""), and those trained to convergence: by that, the
# study with the models shown.
DRAWN = {
    trained: SHOWN
    | {
        "models": {
            name: model
            for name, model in SHOWN["models"].items()
            if ("converges" in model) == bool(trained)
        }
    }
    for trained in (["", "converged"] if CONVERGED else [""])
}

# The figures of a paper, from what it released.
RELEASED = STUDY.get("released", {})


def drawn(name, cohorts):
    """The figures of a kind: for each of the cohorts, loss and training."""
    about = [f"{loss}.{trained}".rstrip(".") for loss in LOSSES for trained in DRAWN]
    return expand(f"{RESULTS}/figures/{{cohort}}/{name}.{{about}}.svg", cohort=cohorts, about=about)


# With several ranks there is a cell for each: what shows every cell by itself would be too much to
# read, and is made where it is asked for by name, for one cohort.
BY_RANK = any(len(cohort["ranks"]) > 1 for cohort in COHORTS.values())

# The figures of the kinds that have several, those of a cell and the others. One job draws all of a
# kind: to start one takes longer than to draw a figure.
SINGLE = list(COHORTS)
TOGETHER = SINGLE if BY_RANK or len(COHORTS) == 1 else ["all"]
OF_CELL = {
    "errors": drawn("errors", TOGETHER),
    "pca": drawn("pca", TOGETHER),
    "agreement": drawn("agreement", TOGETHER),
    "consistency": drawn("consistency", TOGETHER),
    "convergence": drawn("convergence", TOGETHER),
    "splitmatches": drawn("splitmatches", SINGLE),
    "profiles": drawn("profiles", SINGLE),
}
FIGURES = OF_CELL | {
    "ranks": expand(f"{RESULTS}/figures/all/ranks.{{loss}}.svg", loss=LOSSES),
    "released": expand(f"{RESULTS}/figures/all/released.{{figure}}.svg", figure=RELEASED),
}

# What a table or figure is of, in words.
NAMES = {loss: loss.upper() for loss in LOSSES}
NAMES |= {figure: plan["title"] for figure, plan in RELEASED.items()}


def entry(path, kind, title):
    """A file of the report: under its cohort, with its title, loss and training as the label."""
    about = about_path(path)

    def label(wildcards):
        of = about.of.format(**dict(wildcards.items()))
        return ", ".join(words for words in (title, NAMES.get(of), about.trained) if words)

    return report(
        path,
        caption=f"../report/{kind}-{about.name}.rst",
        category=PANELS[about.cohort],
        labels=lambda wildcards: {"item": label(wildcards)},
    )


def table(name, title, of=""):
    """Output of a table: to compute with, to print, to read; the HTML goes into the report."""
    TITLES[f"table-{name}"] = title
    stem = f"{RESULTS}/tables/{name}{of}"
    return {
        "html": entry(f"{stem}.html", "table", title),
        "tsv": f"{stem}.tsv",
        "tex": f"{stem}.tex",
    }


def figures(name, title):
    """Output of the figures of a kind: vector and pixels; the SVG go into the report."""
    TITLES[f"figure-{name}"] = title
    svg = FIGURES.get(name, [f"{RESULTS}/figures/all/{name}.svg"])
    return {
        "svg": [entry(path, "figure", title) for path in svg],
        "pdf": [path.removesuffix("svg") + "pdf" for path in svg],
        "png": [path.removesuffix("svg") + "png" for path in svg],
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


CLAIMS = [
    f"{RESULTS}/figures/all/claims.svg",
    f"{RESULTS}/tables/claims.html",
]
BY_CELL = [
    f"{RESULTS}/tables/errors.html",
    f"{RESULTS}/tables/paired.html",
    *expand(f"{RESULTS}/tables/matches.{{loss}}.html", loss=LOSSES),
    *(path for paths in OF_CELL.values() for path in paths),
]
OVER_RANKS = [f"{RESULTS}/tables/ranks.html", *FIGURES["ranks"]]
# Instead of the figures of a cell, too many for a study of many cohorts and models.
OF_RELEASED = [f"{RESULTS}/tables/errors.html", *FIGURES["released"]]
HAS_NOISE = bool(NOISE_LOSSES) and "kld" in LOSSES
# Of a study with noise models. Thinned counts are no counts of test samples: they have no likelihood.
ALL_THINNED = all(cohort["scheme"] == THINNING for cohort in COHORTS.values())
OF_NOISE = [
    f"{RESULTS}/tables/noise.html",
    *expand(
        f"{RESULTS}/figures/all/{{figure}}.svg",
        figure=[
            "residuals",
            "features",
            *([] if ALL_THINNED else ["profile", "likelihood"]),
        ],
    ),
]
REPORT_ITEMS = [
    *(OF_NOISE if HAS_NOISE else []),
    *(CLAIMS if "claims" in STUDY else []),
    *([f"{RESULTS}/tables/recovery.html"] if ANY_TRUTH else []),
    *(OVER_RANKS if BY_RANK else OF_RELEASED if RELEASED else BY_CELL),
    f"{RESULTS}/front_page.rst",
]
