# The files of the report: where they are and what they are called in it.

# "all" in the path of a figure: all cohorts together.
PANELS = {"all": "All cohorts"} | {name: cohort["label"] for name, cohort in COHORTS.items()}
ANY_TRUTH = any(has_truth(cohort) for cohort in COHORTS)

# What the present room has to know of the study.
SHOWN = {key: STUDY[key] for key in ("title", "citation", "baseline", "losses") if key in STUDY}
SHOWN["models"] = {
    name: {"label": model["label"], "method": model["method"]} for name, model in MODELS.items()
}
SHOWN["cohorts"] = {name: {"label": cohort["label"]} for name, cohort in COHORTS.items()}


def entry(path, caption, title):
    """A file of the report: under its cohort, with its number and loss as the label."""
    return report(
        path,
        caption=f"../report/{caption}.rst",
        category=lambda wildcards: PANELS[wildcards.get("cohort", "all")],
        labels=lambda wildcards: {
            "item": f"{title}, {wildcards.loss.upper()}" if "loss" in wildcards.keys() else title
        },
    )


def figure(name, title):
    """Output of a figure: vector and pixels; the SVG goes into the report."""
    stem = f"{RESULTS}/figures/{{cohort}}/{name}.{{loss}}"
    return {
        "svg": entry(f"{stem}.svg", f"figure-{name}", title),
        "pdf": f"{stem}.pdf",
        "png": f"{stem}.png",
    }


def cells_or_all(pattern):
    """Fill a figure's pattern for each cohort, and for all together where there are several."""
    cohorts = list(COHORTS) if len(COHORTS) == 1 else list(PANELS)
    return expand(pattern, cohort=cohorts, loss=LOSSES)


REPORT_ITEMS = [
    *([f"{RESULTS}/tables/recovery.html"] if ANY_TRUTH else []),
    f"{RESULTS}/tables/errors.html",
    *expand(f"{RESULTS}/tables/matches.{{loss}}.html", loss=LOSSES),
    *cells_or_all(f"{RESULTS}/figures/{{cohort}}/errors.{{loss}}.svg"),
    *cells_or_all(f"{RESULTS}/figures/{{cohort}}/pca.{{loss}}.svg"),
    *cells_or_all(f"{RESULTS}/figures/{{cohort}}/agreement.{{loss}}.svg"),
    *cells_or_all(f"{RESULTS}/figures/{{cohort}}/consistency.{{loss}}.svg"),
    *cells_or_all(f"{RESULTS}/figures/{{cohort}}/convergence.{{loss}}.svg"),
    *expand(f"{RESULTS}/figures/{{cohort}}/splitmatches.{{loss}}.svg", cohort=COHORTS, loss=LOSSES),
    *expand(f"{RESULTS}/figures/{{cohort}}/profiles.{{loss}}.svg", cohort=COHORTS, loss=LOSSES),
    f"{RESULTS}/front_page.rst",
]
