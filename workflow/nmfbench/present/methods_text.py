"""The methods section of a manuscript: what was run, with which settings and versions."""

import ast
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from nmfbench.factorize import methods
from nmfbench.present.panels import Study
from nmfbench.present.scorecard import join

OF_LBFGS = ("starts", "validation", "patience")  # settings that other solvers do not read

SHORT = 12  # digits of a checksum that are shown
MOST_NAMED = 5  # files, of which a sentence names no more

Record = Mapping[str, Any]
"""What `nmfbench.factorize.run` keeps of a job: ``job``, ``python``, ``versions``, ``threads``,
``device``."""


class Described(NamedTuple):
    """A row of the table of models: what a model is, its settings, and who has chosen them."""

    label: str
    about: str
    settings: str
    chosen_by: str


def methods_text(records: Sequence[Record]) -> list[str]:
    """Write how fits were run and scored, one paragraph per entry.

    Parameters
    ----------
    records : sequence of mapping
        Of fits of every model, cohort and loss.
    """
    scores = _scores({record["job"]["loss"] for record in records})
    held_out = _held_out({record["job"].get("folds", 0) for record in records})
    return [_run(records), scores, held_out]


def made_from(run: Mapping[str, Any], left_over: Sequence[str]) -> list[str]:
    """Say what a page is made from, and which files beside it are not of it, a paragraph per entry.

    Seed and versions are those of the fits, which `methods_text` has from their records.

    Parameters
    ----------
    run : mapping
        What `nmfbench.provenance.describe_run` says.
    left_over : sequence of str
        Figures and tables in the study's directory that another run has made.
    """
    files = [f"{path} (sha256 {checksum[:SHORT]})" for path, checksum in run["files"].items()]
    study = f"the study {run['study']} (sha256 {run['study_sha256'][:SHORT]})"
    made = f"This page is made from {join([*files, study])}."
    if not left_over:
        return [made]
    some = left_over[:MOST_NAMED]
    named = ", ".join(some) + (", ..." if len(left_over) > len(some) else "")
    return [
        made,
        f"Not of this page: {len(left_over)} figures and tables beside it are of another run, with "
        f"other cohorts, models or losses: {named}. Delete them, or leave them there.",
    ]


def describe_models(settings: Mapping[str, Mapping[str, Any]], study: Study) -> list[Described]:
    """Write what each model is, one row per entry.

    Parameters
    ----------
    settings : mapping
        Of every model for every cohort, in full: ``{"nmf": {"ovary": {"tolerance": 1e-8}}}``.
    study : mapping
        Models and cohorts, their labels and methods, and where the settings are from.
    """
    rows = []
    for name, by_cohort in settings.items():
        model = study["models"][name]
        about = _about(model["method"])
        if "converges" in model:
            published = study["models"].get(model["converges"], {}).get("label", model["converges"])
            about = f"the loss and factors of {published}, trained to convergence"
        used = _used(model["method"], by_cohort)
        labels = {study["cohorts"][cohort]["label"]: given for cohort, given in by_cohort.items()}
        chosen_by = _chosen_by(model, study["losses"])
        about = about[:1].upper() + about[1:]
        rows.append(Described(model["label"], about, _settings(used, labels), chosen_by))
    return rows


def _chosen_by(model: Mapping[str, Any], losses: Sequence[str]) -> str:
    """Say where a model's settings are from, by loss where that differs."""
    source = model.get("settings_from", "this study")
    if isinstance(source, str):
        return source
    found = {loss: source.get(loss, "this study") for loss in losses}
    if len(set(found.values())) == 1:
        return next(iter(found.values()))
    return "; ".join(f"{loss.upper()}: {where}" for loss, where in found.items())


def _run(records: Sequence[Record]) -> str:
    """Say which versions computed the fits, from which seed."""
    versions: dict[str, set[str]] = {}
    for record in records:
        for name, version in {"Python": record["python"], **record["versions"]}.items():
            versions.setdefault(name, set()).add(version)
    each = [f"{name} {' and '.join(sorted(found))}" for name, found in versions.items()]
    nmfbench = next(word for word in each if word.startswith("nmfbench "))
    others = ", ".join(word for word in each if word != nmfbench)
    seeds = " and ".join(sorted({str(record["job"]["seed"]) for record in records}))
    threads = " or ".join(sorted({str(record["threads"]) for record in records}))
    on_gpu = any(record["device"] != "cpu" for record in records)
    kernels = sorted({kernel for record in records for kernel in record.get("blas", [])})
    blas = f" Linear algebra: {', '.join(kernels)}." if kernels else ""
    return (
        f"All fits were computed by {nmfbench} ({others}) from seed {seeds}, each on {threads} "
        f"thread of a CPU{', or several splits at once on a GPU' * on_gpu}.{blas}"
    )


def _about(method: str) -> str:
    """Take from the first paragraph of a method's file what it does, and whose it is."""
    path = Path(methods.__file__).with_name(f"{method.replace('-', '_')}.py")
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or method
    first = " ".join(text.split("\n\n")[0].split()).rstrip(".")
    return first.split(": ", 1)[-1]  # without its name: the study has its own


def _used(method: str, by_cohort: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Name the settings that decide something."""
    settings = list(by_cohort.values())
    if settings[0].get("solver") != "l-bfgs":
        return [key for key in settings[0] if key not in OF_LBFGS]
    # Most others are of the solver that it stands for: those that were left alone are not named.
    default = vars(methods.make_settings(method, {}, method))
    return [key for key in default if any(given[key] != default[key] for given in settings)]


def _settings(keys: Sequence[str], by_cohort: Mapping[str, Mapping[str, Any]]) -> str:
    """List settings; one that cohorts do not share with the values of each."""
    parts = []
    for key in keys:
        cohorts: dict[str, list[str]] = {}
        for label, given in by_cohort.items():
            cohorts.setdefault(_value(given[key]), []).append(label)
        each = [f"{value} ({', '.join(labels)})" for value, labels in cohorts.items()]
        parts.append(f"{key} {', '.join(each) if len(each) > 1 else next(iter(cohorts))}")
    return ", ".join(parts) or "none"


def _value(value: Any) -> str:
    """Write the value of a setting: numbers short, text as it is."""
    if isinstance(value, float):
        return f"{value:g}"
    return f"{value:,}" if type(value) is int else str(value)


def _held_out(folds: set[int]) -> str:
    """Say which counts are held out; 0 folds: half of those of the test samples."""
    counts = (
        "Counts are held out by data thinning (Neufeld, Dharamshi, Gao & Witten 2024): they are "
        "divided at random by the noise model of the loss, so that the parts are independent. "
    )
    if folds == {0}:
        return counts + (
            "The exposures of the test samples are fitted to one half of their counts, the error "
            "on held-out counts is that on the other, mean of both ways round."
        )
    return counts + (
        f"There are {max(folds)} folds and no test samples: signatures and exposures are fitted to "
        "all folds but one, the held-out error is that on this one. The dispersion of the negative "
        "binomial model is one for all K: that at which Pearson's statistic of a Poisson fit of "
        "the largest K has its degrees of freedom (Breslow 1984)."
    )


def _scores(losses: set[str]) -> str:
    """Say how fits are scored and compared."""
    refits = ["by non-negative least squares (MSE)"] * ("mse" in losses)
    if losses != {"mse"}:
        others = ", ".join(sorted(loss.upper() for loss in losses - {"mse"}))
        refits.append(f"by a projected Newton method ({others})")
    return (
        "The test error of a split is that of the samples left out, with the signatures fixed and "
        f"new exposures at their optimum, found {' or '.join(refits)}, or by the model's own "
        "encoder. Signatures of two fits are matched by the Hungarian method on their cosine "
        "similarity. The consensus signatures of a model are the medoids of a PAM clustering of "
        "its living signatures of all splits (a dead one carries few mutations, or is a mixture "
        "of the others), matched one to one to those of COSMIC in the same way. Two models are "
        "compared with two 95 % intervals: on this cohort (another division of the same samples, "
        "another start; a jackknife over splits) and on cohorts like it (other patients, too; for "
        "errors with the tumour as the unit, for training errors and signatures by fits of cohorts "
        "drawn anew)."
    )
