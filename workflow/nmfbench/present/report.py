"""The first page of the report: what was run and what came out, in words made from the numbers."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import pandas as pd

from nmfbench.compare.ranks import AMONG, RULES, by_rank
from nmfbench.compare.rows import rows_where
from nmfbench.compare.similarity import FOUND
from nmfbench.data.thinning import THINNING
from nmfbench.present import scorecard
from nmfbench.present.panels import KEYS, LOSSES, Study, divisions, span
from nmfbench.present.scorecard import join as _and
from nmfbench.present.summary import summarise
from nmfbench.present.tables.matches import LIBRARIES, consensus_matches
from nmfbench.present.tables.ranks import choices, written
from nmfbench.present.tables.render import cosine, number

APART = 1e-3  # relative: what differs by more is not the same optimum
#: What can end at a limit, by the set whose errors it is behind.
ENDED = {
    "train": "Fits",
    "test": "Refits of the test samples",
    "refit": "Refits of the test samples of models that encode them",
}
MANY = 10  # models, of which a sentence names no more
# Headings of sections that every study has, the last one where it has claims.
ANSWER, COMPARED, CLAIMS = "In short", "What was compared", "Which conclusions survive"
SCHEMES = {
    "holdout": "seeded random divisions",
    "published": "the published divisions",
    "kfold": "folds, each tested once",
    "drawn": "folds, the first of those of the sets",
    "bootstrap": "bootstrap samples, tested on the samples not drawn",
    THINNING: "folds of the counts, each held out once",
}


def front_page(
    scores: pd.DataFrame,
    matches: pd.DataFrame,
    study: Study,
    claims: pd.DataFrame | None = None,
    paired: pd.DataFrame | None = None,
) -> str:
    """Write the first page of Snakemake's report as reStructuredText.

    Parameters and content are those of `words`; at the end it says which file shows what.
    """
    parts = [_heading(study["title"], "=")]
    parts += [f"After {_rst(study['citation'])}."] if "citation" in study else []
    for heading, text in words(scores, matches, study, claims, paired).items():
        parts += [_heading(heading, "-"), text]
    read_on = _read_on(summarise(scores, study), claims=claims is not None)
    return "\n\n".join([*parts, _heading("How to read on", "-"), read_on]) + "\n"


def answer(page: str, most: int = 3) -> str:
    """Take the first points of a front page, what matters most, as plain text: a line each.

    What stands below a point is a line, too, and a little to the right.
    """
    found, lines = 0, []
    for indent, point in re.findall(r"^( *)- (.*)$", page, re.MULTILINE):
        found += not indent
        if found > most:
            break
        lines.append(indent + re.sub(r"\\(.)", r"\1", point) + "\n")
    return "".join(lines)


def words(
    scores: pd.DataFrame,
    matches: pd.DataFrame,
    study: Study,
    claims: pd.DataFrame | None = None,
    paired: pd.DataFrame | None = None,
) -> dict[str, str]:
    """Say what came out, in sentences made from the numbers.

    Parameters
    ----------
    scores : DataFrame
        The long table.
    matches : DataFrame
        Matches of the consensus and of every split.
    study : mapping
        Models, cohorts and their labels, ``baseline`` and ``title``.
    claims : DataFrame or None
        The scorecard, of a study that has claims.
    paired : DataFrame or None
        Every model against every other: the first of a ranking is named where its interval against
        the next, on cohorts like it if there is one, leaves out no difference. Without the table
        the first is named however close the next.

    Returns
    -------
    dict of str to str
        reStructuredText by heading, in reading order: `ANSWER`; `COMPARED`; `CLAIMS`; where models
        of one optimum ended apart; with several ranks which of them was chosen, else per cohort
        and loss what came out and what failed.
    """
    summary = summarise(scores, study)
    several, ranks = _several(summary), by_rank(scores)
    found = consensus_matches(matches).drop_duplicates([*KEYS, "loss", "library", "model"])
    told = {
        ANSWER: _in_short(_with_cosmic(summary, found), ranks, study, claims, paired),
        COMPARED: _what(summary, study),
        CLAIMS: "" if claims is None else _survivors(claims, study),
        "One optimum, two models": _optima(scores, study),
        "Number of signatures": _by_rank(ranks, scores, study) if len(ranks) else "",
    }
    # The figures that a paper released say it shorter than words for so many models.
    of_panels = summary.iloc[:0] if study.get("released") else summary[~several]
    for panel, rows in of_panels.groupby("panel", sort=False):
        parts = []
        for loss, of_loss in rows.groupby("loss", sort=False):
            parts += [f"**{loss.upper()}**", _list(_findings(of_loss, found, scores, study))]
        told[panel] = "\n\n".join(parts)
    return {heading: text for heading, text in told.items() if text}


def _what(summary: pd.DataFrame, study: Study) -> str:
    """Say what the study compares, on what."""
    names = list(summary["model"].unique())
    models = _and([_label(study, name) for name in names])
    models = models if len(names) <= MANY else f"{len(names)} models"
    losses = summary["loss"].unique()
    losses = _and([f"{LOSSES[x]} ({x.upper()})" if x in LOSSES else x.upper() for x in losses])
    cohorts = []
    for panel, rows in summary.groupby(_at(summary, study), sort=False):
        scheme = SCHEMES.get(rows["scheme"].iloc[0], rows["scheme"].iloc[0])
        cohorts.append(f"{_rst(panel)}: {rows['splits'].max()} splits, {_rst(scheme)}")
    divided = (
        "Every model was fitted to the same folds of the counts; the held-out error is that of "
        "reconstructing the fold left out."
        if (summary["scheme"] == THINNING).all()
        else "Every model was fitted to the training samples of the same splits; the test error is "
        "the error of reconstructing the samples left out."
    )
    return (
        f"{models} compared by {losses}. {divided} K is the number of signatures. The cohorts:\n\n"
        f"{_list(cohorts)}\n\n"
        "A mean error can hang on a few splits, so medians and counts of splits stand beside it. "
        f"A ratio is the error of {_label(study, study['baseline'])} divided by the error of the "
        "other model on the same split, averaged over the splits: above 1 the other model "
        "reconstructs better."
    )


def _survivors(claims: pd.DataFrame, study: Study) -> str:
    """Say which claims survive: with the authors' own numbers, as published, and refereed."""
    sides = scorecard.shown_sides(claims, study)
    lines = []
    for id_, rows in claims.groupby("id", sort=False):
        each = _rst(scorecard.each_side(rows, sides, study))
        said = f"*{each}.*{_rst(scorecard.about_the_deposit(rows, study))}"
        lines.append(f"**{id_}** {_rst(rows['sentence'].iloc[0])} {said}")
    return (
        "Each sentence was tested on every cohort and loss that it is about, by the 95 % interval "
        "on cohorts like it: other patients of the same kind. *Supported*: the whole interval "
        "bears it out; where models are said to be alike, it lies within the smallest effect that "
        "matters. *Contradicted*: the whole interval says the contrary. *Negligible*: there is a "
        "difference to be shown, and the whole interval lies within the smallest that matters. "
        "*Inconclusive*: the data cannot tell, which is no word against the sentence. A verdict "
        "allows for the number of cohorts and losses of its sentence (Holm's correction). The "
        f"scorecard has the numbers.\n\n{_list(lines)}"
    )


def _optima(scores: pd.DataFrame, study: Study) -> str:
    """Say where two models of one optimum have ended apart."""
    errors = scores[(scores["metric"] == "error") & (scores["set"] == "train")]
    wide = errors.pivot(index=[*KEYS, "loss", "split"], columns="model", values="value")
    parts = []
    for name, model in study["models"].items():
        other = model.get("same_optimum")
        if not {name, other} <= set(wide):
            continue
        both = wide[[name, other]].dropna()
        ratio = both[name] / both[other]
        apart = ratio[(ratio - 1).abs() > APART]
        one, two = _label(study, name), _label(study, other)
        solvers = {study["models"][of].get("solver") for of in (name, other)}
        parts.append(
            f"{one} and {two} minimise the same loss over the same factors {_BY[len(solvers)]} "
            f"Their training errors agree within {APART:.1%} on {len(ratio) - len(apart)} of "
            f"{len(ratio)} splits of all cohorts and losses."
        )
        if len(apart):
            parts[-1] += " On the others one of the two has ended in a local optimum:"
            cells = apart.groupby([*KEYS, "loss"], sort=False)
            parts.append(_list([_apart(ids, of, one, two, study) for ids, of in cells]))
    return "\n\n".join(parts)


#: What the agreement of two models of one optimum says, by how many solvers they have.
_BY = {
    1: "by the same solver, from starts of their own: where they agree, the starts suffice; it is "
    "no evidence from two optimisers.",
    2: "by two optimisers: where they agree, both have found one optimum.",
}


def _apart(
    ids: tuple[str, str, int, str], ratio: pd.Series, one: str, two: str, study: Study
) -> str:
    """List the splits of one cohort and loss where two models differ, with the ratio."""
    cohort, _, k, loss = ids
    splits = ratio.droplevel([*KEYS, "loss"])
    each = [
        f"split {split}, {one if value < 1 else two} {1 - min(value, 1 / value):.1%} lower"
        for split, value in splits.items()
    ]
    return f"{_rst(study['cohorts'][cohort]['label'])}, K = {k}, {loss.upper()}: {'; '.join(each)}."


def _several(summary: pd.DataFrame) -> pd.Series:
    """Say which rows are of a cohort with several ranks."""
    return summary.groupby(["cohort", "scheme"])["k"].transform("nunique") > 1


def _at(summary: pd.DataFrame, study: Study) -> pd.Series:
    """Label the cohort and rank of each row; a cohort with several ranks has them all in one."""
    at = summary["panel"].copy()
    for (cohort, scheme), label in divisions(summary, study).items():
        rows = (summary["cohort"] == cohort) & (summary["scheme"] == scheme)
        at[rows & _several(summary)] = f"{label}, K = {span(summary.loc[rows, 'k'])}"
    return at


def _chosen(ranks: pd.DataFrame, study: Study) -> list[str]:
    """Say in a line each, by cohort and loss, which ranks every model speaks for."""
    return [
        f"Number of signatures ({loss}), {label}: {_each(rows, written, study)}."
        for label, loss, rows in _choices(ranks, study)
    ]


def _choices(ranks: pd.DataFrame, study: Study) -> Iterator[tuple[str, str, pd.DataFrame]]:
    """Rows of `choices` by cohort and loss, with their words, where counts were held out."""
    chosen = choices(ranks[ranks["scheme"] == THINNING])
    for (cohort, scheme), label in divisions(chosen, study).items():
        here = rows_where(chosen, cohort=cohort, scheme=scheme)
        for loss, rows in here.groupby("loss", sort=False):
            yield _rst(label), loss.upper(), rows


def _each(chosen: pd.DataFrame, write: Callable[[Any], str], study: Study) -> str:
    """Write what every model chose."""
    return ", ".join(
        f"{_label(study, row.model)} {write(row) if pd.notna(row.chosen_k) else 'none'}"
        for row in chosen.itertuples()
    )


def _by_rank(ranks: pd.DataFrame, scores: pd.DataFrame, study: Study) -> str:
    """Say which rank the held-out errors of each model speak for, and what failed."""
    items = [
        f"{label}, {loss}: {_each(rows, written, study)}."
        for label, loss, rows in _choices(ranks, study)
    ]
    errors = _missing(scores)
    for (cohort, _, k, loss), rows in ranks[ranks["failed"] > 0].groupby([*KEYS, "loss"]):
        here = _here(errors, rows)
        each = [f"{_label(study, row.model)} {_failed(row, here)}" for row in rows.itertuples()]
        where = f"{_rst(study['cohorts'][cohort]['label'])}, K = {k}, {loss.upper()}"
        items.append(f"Failed, and left out of the means: {where}: {', '.join(each)}.")
    said = (
        f"The K that the held-out errors of each model speak for: {RULES['chosen']}; {AMONG}. "
        "A K on which a fit failed is not chosen. The table has the K of other rules."
        if (ranks["scheme"] == THINNING).any()
        else "No K is chosen here: the exposures of the test samples were fitted to the counts "
        "that are scored, which favours a larger K. The scheme thinning holds counts out."
    )
    return f"{said}\n\n{_list(items)}" if items else said


def _in_short(
    summary: pd.DataFrame,
    ranks: pd.DataFrame,
    study: Study,
    claims: pd.DataFrame | None,
    paired: pd.DataFrame | None,
) -> str:
    """Begin with what was asked, then count over all cohorts and losses, and say what failed."""
    if claims is None:
        lines = _chosen(ranks, study)
    else:
        lines = [_point(*told) for told in scorecard.answers(claims, study)]
        lines += [_rst(line) for line in scorecard.counts(claims, study)]
    given = study.get("supervised", [])  # true exposures: another task than that of the others
    complete = summary[(summary["failed"] == 0) & ~summary["model"].isin(given)]
    without = ", without the models that are given true exposures" if given else ""
    for name, of_pairs, words, ascending in (
        ("test_mean", ("error", "test"), "Lowest mean test error", True),
        ("sc_mean", ("sc", "train"), "Highest signature consistency", False),
        ("acs_truth_mean", ("acs_truth", "train"), "Signatures closest to the true ones", False),
        ("mean_cosine", ("cosmic_cosine", "train"), "Consensus closest to COSMIC", False),
    ):
        there = complete[complete[name].notna()].sort_values(
            name, ascending=ascending, kind="stable"
        )
        ids = [*KEYS, "loss"]
        firsts = [_first(rows, of_pairs, paired) for _, rows in there.groupby(ids, sort=False)]
        first = pd.Series(firsts, dtype=object)
        if len(first):
            each = [f"{_label(study, m)} in {n}" for m, n in first.value_counts().items()]
            tied = int(first.isna().sum())
            each += [f"the first two cannot be told apart in {tied}"] * bool(tied)
            of = "cohort, K and loss" if len(ranks) else "cohort and loss"
            of = f"combination{'s' * (len(first) > 1)} of {of}"
            lines.append(f"{words}, of {len(first)} {of}{without}: {_and(each)}.")
    baseline = _label(study, study["baseline"])
    counts = ["better_test", "compared_test", "splits", "failed"]
    totals = summary.groupby("model", sort=False)[counts].sum()
    others = totals[(totals.index != study["baseline"]) & (totals["compared_test"] > 0)]
    if 0 < len(others) <= MANY:
        each = [f"{_label(study, m)} on {n[0]} of {n[1]}" for m, *n in others.itertuples()]
        lines.append(f"Test error below that of {baseline} on the same split: {_and(each)} splits.")
    fits, failed = totals["splits"].sum(), totals[totals["failed"] > 0]
    each = [f"{_label(study, m)} ({n.failed} of {n.splits})" for m, n in failed.iterrows()]
    lines.append(
        f"{failed['failed'].sum()} of the {fits} fits failed: {_and(each)}. A model that failed on "
        "some splits of a cohort is not ranked there, as its means are over other splits than "
        "those of the other models."
        if len(failed)
        else f"None of the {fits} fits failed."
    )
    ended, *refits = (int(summary[f"not_converged_{name}"].sum()) for name in ENDED)
    lines.append(
        f"{ended} fits ended at their limit before they had converged."
        if ended
        else "No fit ended at its limit before it had converged."
    )
    if sum(refits):
        lines.append(f"{sum(refits)} refits of test samples ended at their limit.")
    if dead := int(summary["dead"].sum()):
        lines.append(f"In {dead} of the {fits} fits a signature died: it counts 0 in mean cosines.")
    return _list(lines)


def _point(lead: str, sentences: Sequence[str]) -> str:
    """Write a verdict before its sentence, or above several."""
    if len(sentences) == 1:
        return _rst(f"{lead}: {sentences[0]}.")
    below = "\n".join(f"  - {_rst(sentence)}" for sentence in sentences)
    return f"{_rst(lead)}:\n\n{below}\n"


def _first(
    ranked: pd.DataFrame, of_pairs: tuple[str, str], paired: pd.DataFrame | None
) -> str | None:
    """Name the first of the models of one cell; none where it cannot be told from the next."""
    models = ranked["model"].tolist()
    if paired is None or len(models) == 1:
        return models[0]
    ids = ranked.iloc[0][[*KEYS, "loss"]].to_dict()
    names = dict(zip(("metric", "set", "model", "other"), (*of_pairs, *models[:2]), strict=True))
    for row in rows_where(paired, **ids, **names).to_dict("records"):
        like = "like_" if pd.notna(row["like_low"]) else ""
        equal = 1 if row["kind"] == "ratio" else 0
        if row[f"{like}high"] < equal or row[f"{like}low"] > equal:
            return models[0]
    return None


def _with_cosmic(summary: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Add ``mean_cosine``, that of a model's consensus signatures with COSMIC."""
    ids = [*KEYS, "loss", "model"]
    cosmic = found[found["library"] == "cosmic"].set_index(ids)["mean_cosine"]
    return summary.join(cosmic, on=ids)


def _findings(
    rows: pd.DataFrame, found: pd.DataFrame, scores: pd.DataFrame, study: Study
) -> list[str]:
    """Say what came out for one cohort and loss."""

    def each(column: str, words: Callable[[Any], str], rows: pd.DataFrame = rows) -> str:
        there = rows[rows[column].notna()].itertuples()
        return ", ".join(f"{_label(study, row.model)} {words(row)}" for row in there)

    baseline = _label(study, study["baseline"])
    others = rows[rows["model"] != study["baseline"]]
    complete, failed = rows[rows["failed"] == 0], rows[rows["failed"] > 0]
    lines = [
        (f"Mean test error{words}: ", each("test_mean", _mean, ranked))
        for words, ranked in (
            (", lowest first", complete.sort_values("test_mean", kind="stable")),
            (" over the splits without a failure, not to be ranked with the others", failed),
        )
    ]
    for name, words in (("test", "Test"), ("train", "Training")):
        lines.append(
            (
                f"{words} error below that of {baseline} on the same split: ",
                each(f"ratio_{name}", partial(_ahead, name=name), others),
            )
        )
    lines += [
        (
            "Mean test error of models that encode new samples, after an ordinary refit instead: ",
            each("refit_mean", lambda row: number(row.refit_mean)),
        ),
        (
            "Mean cosine with the true signatures: ",
            each("acs_truth_mean", lambda row: cosine(row.acs_truth_mean)),
        ),
        (
            f"True signatures found at a cosine of {FOUND}, F1 (recall, precision): ",
            each("f1_truth_mean", _recovered),
        ),
        (
            "Signature consistency (mean matched cosine over all pairs of splits): ",
            each("sc_mean", lambda row: cosine(row.sc_mean)),
        ),
    ]
    for library, of_library in _here(found, rows).groupby("library"):
        of_library = of_library.set_index("model").reindex(rows["model"]).reset_index()
        name = LIBRARIES.get(library, _rst(library))
        lines.append(
            (
                f"Mean cosine of the consensus signatures with {name}: ",
                each("mean_cosine", _matched, of_library),
            )
        )
    errors = _here(_missing(scores), rows)
    lines += [
        (
            "Failed, and left out of the means: ",
            each("failed", lambda row: _failed(row, errors), failed),
        ),
        *(
            (
                f"{words} that ended at their limit before they had converged: ",
                each(
                    f"not_converged_{name}",
                    partial(_ended, name=name),
                    rows[rows[f"not_converged_{name}"] > 0],
                ),
            )
            for name, words in ENDED.items()
        ),
        (
            "A signature died (it carries nothing, or is a mixture of the others): ",
            each(
                "dead",
                lambda row: f"in {row.dead} of {row.splits - row.failed} fits",
                rows[rows["dead"] > 0],
            ),
        ),
    ]
    return [f"{words}{numbers}." for words, numbers in lines if numbers]


def _missing(scores: pd.DataFrame) -> pd.DataFrame:
    """Errors that are missing; a loss without thinned counts is no failure of a fit."""
    errors = scores[(scores["metric"] == "error") & (scores["set"] != "thinned")]
    return errors[errors["value"].isna()]


def _here(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows of a table that belong to the cohort, scheme, rank and loss of `rows`."""
    keys = [*KEYS, "loss"]
    return table[(table[keys] == rows.iloc[0][keys]).all(axis=1)]


def _mean(row: Any) -> str:
    """Write a mean test error with its median."""
    return f"{number(row.test_mean)} (median {number(row.test_median)})"


def _ended(row: Any, name: str) -> str:
    """Write on how many splits a fit or a refit ended at its limit."""
    return f"on {getattr(row, f'not_converged_{name}')} of {row.splits} splits"


def _ahead(row: Any, name: str) -> str:
    """Say on how many splits a model is ahead of the baseline."""
    better, equal, of, ratio = (
        getattr(row, f"{word}_{name}") for word in ("better", "equal", "compared", "ratio")
    )
    tie = f", equal on {equal}" if equal else ""
    return f"on {better} of {of} splits{tie} (mean ratio {number(ratio)})"


def _matched(row: Any) -> str:
    """Say how well the consensus signatures of a model match a library."""
    if pd.isna(row.n_observed):
        return cosine(row.mean_cosine)
    seen = f"{row.n_observed:.0f} of {row.n_signatures:.0f}"
    return f"{cosine(row.mean_cosine)} ({seen} previously observed)"


def _recovered(row: Any) -> str:
    """Write F1 with the share of the true signatures found, and that of those found, true."""
    recall, precision = cosine(row.recall_truth_mean), cosine(row.precision_truth_mean)
    return f"{cosine(row.f1_truth_mean)} ({recall}, {precision})"


def _failed(row: Any, errors: pd.DataFrame) -> str:
    """Say on how many splits a model failed, and why."""
    statuses = errors.loc[errors["model"] == row.model, "status"].unique()
    reasons = "; ".join(sorted(str(status).removeprefix("failed: ") for status in statuses))
    return f"on {row.failed} of {row.splits} splits ({_rst(reasons)})"


def _read_on(summary: pd.DataFrame, *, claims: bool) -> str:
    """Say which table and figure shows what."""
    items = ["Scorecard: the claims of the paper, in one figure and in numbers."] * claims
    items += [
        "Table 3: training and test error of every cohort, loss and model, and their ratios.",
        "Model against model: test errors on the same splits, with intervals and tests.",
        "Table 4: the reference signatures the consensus signatures match.",
        "Figure 2: the errors split by split.",
        "Figure 3: how the signatures of all splits cluster.",
        "Figure 4: how alike the signatures of two fits are, within and between models.",
        "Profiles: the consensus signatures of each cohort, channel by channel.",
    ]
    if _several(summary).any():
        items = [
            "Table: the chosen number of signatures of every cohort, loss and model.",
            "Figure: held-out error, signature consistency and time by number of signatures.",
        ]
    if summary.get("acs_truth_mean", pd.Series(dtype=float)).notna().any():
        items.insert(
            int(claims), "Table 2: errors and recovered signatures where the truth is known."
        )
    return _list(items)


def _label(study: Study, model: str) -> str:
    """Label of a model, escaped."""
    return _rst(study["models"][model]["label"])


def _rst(text: str) -> str:
    """Escape what reStructuredText would read as markup, and jinja as a template."""
    text = re.sub(r"([\\*`_|])", r"\\\1", str(text))
    return text.replace("{", "(").replace("}", ")")


def _heading(text: str, line: str) -> str:
    """Write a heading."""
    text = _rst(text)
    return f"{text}\n{line * max(len(text), 3)}"


def _list(items: Sequence[str]) -> str:
    """Write a bullet list."""
    return "\n".join(f"- {item}" for item in items)
