"""Example result tables: perturbed COSMIC signatures, scored by the compare room."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from nmfbench.compare.consensus import MATCHES, POINTS, SIGNATURES, consensus
from nmfbench.compare.fits import Fits
from nmfbench.compare.scores import score
from nmfbench.compare.similarity import match
from nmfbench.data.catalogue import read_signatures
from nmfbench.present import page, style
from nmfbench.present.methods_text import describe_models, methods_text
from nmfbench.present.report import words
from nmfbench.present.tables.errors import make as error_table
from nmfbench.present.tables.matches import make as match_table
from nmfbench.present.tables.render import write_table

PROJECT = Path(__file__).parents[2]
COSMIC = PROJECT / "resources" / "COSMIC_v3.4_SBS_GRCh37.txt"
REASON = "loss is not finite at iteration 40"
LABELS = {
    "nmf": "NMF",
    "c-nmf": "C-NMF",
    "ae-nmf": "AE-NMF",
    "dnmf": "DNMF",
    "nmf-converged": "NMF (converged)",
    "ae-nmf-converged": "AE-NMF (converged)",
    "pei2020": "Pei et al.",
    "pancotti2024": "Pancotti et al.",
}
COHORTS = {  # label, truth, signatures, mean training error, spread of the test errors (log10)
    "scenario8": ("Scenario 8", True, "SBS3 SBS5 SBS40a", 181.0, 0.02),
    "ovary": ("Ovary", False, "SBS3 SBS5 SBS8 SBS39", 5900.0, 1.2),
    "prostate": ("Prostate", False, "SBS1 SBS5 SBS8 SBS18 SBS37", 106.0, 0.5),
    "uterus": (
        "Uterus",
        False,
        "SBS1 SBS5 SBS10a SBS10b SBS14 SBS15 SBS28 SBS44",
        530_000.0,
        0.4,
    ),
    "breast_21": ("Breast & co. (21 genomes)", False, "SBS1 SBS2 SBS3 SBS13", 2400.0, 0.3),
    "liver": ("Liver", False, "SBS4 SBS12 SBS16 SBS5 SBS22a", 700.0, 0.3),
}

#: A catalogue and its test samples: these errors are no part of what the tests look at.
DIVISION = (
    pd.DataFrame(np.ones((96, 4)), columns=list("abcd")),
    pd.DataFrame({"split": np.arange(60), "sample": np.tile(list("abcd"), 15)}),
)


@dataclass
class Example:
    study: dict
    scores: pd.DataFrame
    points: pd.DataFrame
    signatures: pd.DataFrame
    matches: pd.DataFrame


def make_example(
    models, cohorts, n_splits=30, losses=("mse", "kld"), failed=(), scheme="holdout", dead=None
):
    """`failed` holds (cohort, model, loss, number of failed splits).

    `dead` says how many signatures died in each fit of a model: flat, as projection leaves them.
    """
    cosmic = read_signatures(COSMIC)
    rng = np.random.default_rng(20)
    failures = {key[:3]: key[3] for key in failed}
    tables = []
    for cohort in cohorts:
        _, truth, names, level, spread = COHORTS[cohort]
        true = cosmic[names.split()]
        for loss in losses:
            # What a split has in common for all models: how hard its test samples are.
            hard = 10 ** rng.normal(0, spread, n_splits)
            fits = {
                model: _fits(
                    rng, model, i, cohort, loss, scheme, true.to_numpy(), level, hard,
                    failures.get((cohort, model, loss), 0),
                )
                for i, model in enumerate(models)
            }  # fmt: skip
            for model, numbers in (dead or {}).items():
                _let_die(fits[model], true.to_numpy(), numbers)
            libraries = {"cosmic": cosmic}
            if cohort in ("ovary", "prostate", "uterus"):
                own = true.to_numpy() * rng.lognormal(0, 0.3, true.shape)
                columns = [f"SBS{i}" for i in range(90, 90 + true.shape[1])]
                libraries["signal"] = pd.DataFrame(own / own.sum(axis=0), true.index, columns)
            observed = set() if truth else set(true.columns[::2])
            tables.append(
                (
                    score(fits, true if truth else None, "nmf", *DIVISION),
                    *consensus(fits, libraries, observed),
                )
            )
    study = {
        "title": "Example_study",
        "baseline": "nmf",
        "losses": list(losses),
        "dead_share": 0.001,
        "models": {
            model: {"label": LABELS[model], "method": model.removesuffix("-converged")}
            for model in models
        },
        "cohorts": {
            cohort: {"label": COHORTS[cohort][0], "rank": len(COHORTS[cohort][2].split())}
            for cohort in cohorts
        },
    }
    return Example(study, *(pd.concat(t, ignore_index=True) for t in zip(*tables, strict=True)))


def _let_die(fits, true, numbers):
    """Let what is like the last true signatures die."""
    for split, number in enumerate(numbers):
        last = match(true, fits.signatures[split])[0][true.shape[1] - number :]
        fits.signatures[split][:, last] = 1 / 96
        fits.alive[split, last] = False


def make_ranks(models, cohorts, ranks, n_splits=10, failed=()):
    """Scores of several ranks; `failed` holds (cohort, model, rank, number of failed splits).

    Training errors fall with K; held-out errors are lowest two signatures beyond those in the data.
    """
    cosmic = read_signatures(COSMIC)
    rng = np.random.default_rng(21)
    failures = {key[:3]: key[3] for key in failed}
    tables = []
    for cohort in cohorts:
        _, _, names, level, spread = COHORTS[cohort]
        hard = 10 ** rng.normal(0, spread / 3, n_splits)
        best = len(names.split()) + 2
        for K in ranks:
            at_rank = level * (1 + 2 / K**2 + 0.002 * max(0, K - best) ** 2)
            true = cosmic.iloc[:, :K].to_numpy()
            fits = {
                model: _fits(
                    rng, model, i, cohort, "mse", "thinning", true, at_rank, hard,
                    failures.get((cohort, model, K), 0),
                )
                for i, model in enumerate(models)
            }  # fmt: skip
            for model in fits:
                fits[model].rows["seconds"] *= K
            tables.append(score(fits, None, "nmf", *DIVISION))
    study = {
        "title": "Example of ranks",
        "baseline": "nmf",
        "models": {model: {"label": LABELS[model], "method": model} for model in models},
        "cohorts": {cohort: {"label": COHORTS[cohort][0]} for cohort in cohorts},
    }
    scores = pd.concat(tables, ignore_index=True)
    return Example(study, scores, *(pd.DataFrame(columns=c) for c in (POINTS, SIGNATURES, MATCHES)))


def _fits(rng, model, i, cohort, loss, scheme, true, level, hard, n_failed):
    K, n = true.shape[1], len(hard)
    noise = rng.lognormal(0, 0.15 + 0.12 * i, (n, 96, K))
    signatures = true * noise
    # Some splits mix two signatures, so that clusters are not perfect.
    mixed = rng.random(n) < 0.1 * i
    signatures[mixed, :, 0] = (signatures[mixed, :, 0] + 2 * signatures[mixed, :, 1]) / 3
    signatures /= signatures.sum(axis=1, keepdims=True)
    signatures = np.stack([s[:, rng.permutation(K)] for s in signatures])
    signatures[:n_failed] = np.nan
    level = level if loss == "mse" else np.sqrt(level) / 10
    train = level * (1 + 0.25 * i) * rng.lognormal(0, 0.04, n)
    test = train * (1 + hard) * rng.lognormal(0.02 * i, 0.08, n)
    sets = {"train": train, "test": test}
    if model == "dnmf":
        sets["refit"] = 0.8 * test
    if scheme == "thinning":
        sets = {"train": train, "thinned": test}
    rows = []
    for split in range(n):
        for name, errors in sets.items():
            ok = split >= n_failed
            is_train = name == "train"
            rows.append(
                {
                    "cohort": cohort,
                    "scheme": scheme,
                    "model": model,
                    "loss": loss,
                    "k": K,
                    "split": split,
                    "set": name,
                    "error": errors[split] if ok else np.nan,
                    "status": "ok" if ok else "failed",
                    "reason": None if ok else REASON,
                    "iterations": 1000.0 + split if ok and is_train else np.nan,
                    "converged": float(split != n - 1) if ok and is_train else np.nan,
                    "seconds": (1.5 if is_train else 0.01) if ok else np.nan,
                }
            )
    living = np.isfinite(signatures).all(axis=1)
    return Fits(signatures, np.arange(n), pd.DataFrame(rows), np.ones((n, K, 4)), living)


def held_out_samples(scores):
    """The same scores as if test samples had been held out instead of counts."""
    return scores.assign(scheme="holdout", set=scores["set"].replace("thinned", "test"))


RECORD = {"job": {"loss": "mse", "seed": 5}, "python": "3.11.7", "threads": 1, "device": "cpu"}
RECORD["blas"] = ["openblas 0.3.31 (Haswell)"]
RECORD["versions"] = {"nmfbench": "0.1.0", "numpy": "2.4.6"}
SETTINGS = {
    "nmf": {
        "scenario8": {"tolerance": 1e-8, "max_iterations": 30_000, "starts": 10},
        "ovary": {"tolerance": 1e-8, "max_iterations": 500, "starts": 10},
    },
    "c-nmf": {"scenario8": {}, "ovary": {}},
}


def make_page(root, example, claims=None):
    """The page of an example with the tables and pictures that it needs, below `root`."""
    study = {"refereed": "trained to convergence", "claims": "The conclusions"} | example.study
    tables, figures = root / "results/made-up/tables", root / "results/made-up/figures"
    write_table(error_table(example.scores, study), tables / "errors")
    write_table(match_table(example.matches, study, "mse"), tables / "matches.mse")
    drawn = ["all/errors.mse", "all/errors.kld", "ovary/profiles.mse"]
    drawn += ["all/claims"] if claims is not None else []
    for name in drawn:
        style.save(style.sentence(name), figures / name)
    return page.make(
        PROJECT / "workflow/report/page.html",
        (PROJECT / "resources/tablesort.min.js").read_text(encoding="utf-8"),
        study,
        words(example.scores, example.matches, study, claims),
        [
            *(figures / f"{name}.svg" for name in drawn),
            *(tables / f"{name}.html" for name in ("errors", "matches.mse")),
        ],
        {
            "figure-errors": "Figure 2: errors",
            "figure-profiles": "Consensus signatures",
            "figure-claims": "Scorecard",
            "table-errors": "Table 3: errors",
            "table-matches": "Table 4: matches",
        },
        methods_text([RECORD]),
        describe_models(SETTINGS, study),
        ["A paper. 2025."],
    )
