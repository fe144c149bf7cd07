# The files of the report: where they are and what they are called in it.

# "all" in the path of a figure: all cohorts together.
PANELS = {"all": "All cohorts"} | {name: cohort["label"] for name, cohort in COHORTS.items()}

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


# What a table or figure is of, in words.
NAMES = {loss: loss.upper() for loss in LOSSES}
NAMES |= {figure: plan["title"] for figure, plan in STUDY.get("released", {}).items()}


# To read, to compute with and to print; vectors and pixels. The first is in the report.
SUFFIXES = {"table": ("html", "tsv", "tex"), "figure": ("svg", "pdf", "png")}


def entry(path, item):
    """A file of the report: under its cohort, with its title, loss and training as the label."""
    about = about_path(path)
    words = (item.title, NAMES.get(about.of), about.trained)
    return report(
        path,
        caption=f"../report/{item.kind}-{item.name}.rst",
        category=PANELS[about.cohort],
        labels={"item": ", ".join(filter(None, words))},
    )


def files(item, suffix=None):
    """The files of a table or figure in one format: the one that the report shows, or another."""
    suffix = suffix or SUFFIXES[item.kind][0]
    return [f"{RESULTS}/{path}.{suffix}" for path in item.paths(STUDY)]


def outputs_of(item):
    """A table or figure in all formats; the first of them goes into Snakemake's report."""
    first, *others = SUFFIXES[item.kind]
    entries = {first: [entry(path, item) for path in files(item)]}
    return entries | {suffix: files(item, suffix) for suffix in others}


def reads(item):
    """What a table or figure is made from, as far as the study has it."""
    there = {name: f"{RESULTS}/{name}.tsv" for name in results_of(STUDY)}
    there["cosmic"] = located(STUDY["references"]["cosmic"])
    return {name: there[name] for name in item.reads if name in there}


def shown(*suffixes, only=None):
    """The files of the page in some formats, in its order; only those of one kind or name."""
    return [
        path
        for suffix in suffixes
        for item in CONTENTS
        if item.wanted(STUDY) and only in (None, item.kind, item.name)
        if suffix in SUFFIXES[item.kind]
        for path in files(item, suffix)
    ]


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
