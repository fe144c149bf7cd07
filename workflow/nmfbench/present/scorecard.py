"""What became of the claims of a study, in words."""

from collections.abc import Collection, Sequence
from typing import Any

import pandas as pd

from nmfbench.compare.claims import (
    CONTRADICTED,
    DRAWS,
    INCONCLUSIVE,
    NEGLIGIBLE,
    SIDES,
    SUPPORTED,
    UNTESTED,
    final,
)
from nmfbench.factorize.complexity import PRINTED
from nmfbench.present.panels import Study
from nmfbench.present.tables.complexity import PRINTED_LABEL
from nmfbench.present.tables.render import number

ORDER = (SUPPORTED, CONTRADICTED, NEGLIGIBLE, INCONCLUSIVE, UNTESTED)
#: Sides that are there with no verdict, too: that it cannot be tested is told.
ALWAYS = {"published", "refereed"}
#: Sides whose verdict counts; the first that was tested says on how many tumours.
LEADING = (*DRAWS, "refereed")
FEW = 4  # cohorts, of which a sentence names no more
#: How a verdict is said of a claim: what comes first, and what before each sentence.
SAID = {
    SUPPORTED: ("Supported when refereed ({refereed})", ""),
    CONTRADICTED: ("Contradicted when refereed ({refereed})", "that "),
    NEGLIGIBLE: ("Too small a difference to matter when refereed ({refereed})", "that "),
    INCONCLUSIVE: ("The data cannot tell when refereed ({refereed})", "whether "),
}


def shown_sides(claims: pd.DataFrame, study: Study) -> dict[str, str]:
    """Name the sides of a scorecard; without a deposit or a draw there is no such side."""
    sides = dict(zip(SIDES, _words(study), strict=True))
    for side in sides.keys() - ALWAYS:
        if (claims[f"{side}_verdict"] == UNTESTED).all():
            del sides[side]
    return sides


def model_label(model: str, study: Study) -> str:
    """Label what a claim compares: a model, C-NMF as printed, or what is none, as it is."""
    labels = {PRINTED: PRINTED_LABEL} | {name: m["label"] for name, m in study["models"].items()}
    return labels.get(model, model)


def _words(study: Study) -> tuple[str, ...]:
    """Name `SIDES`."""
    drawn = (f"the same, {noise} noise" for noise in ("Poisson", "negative binomial"))
    return ("the authors' own numbers", "as published, run here", study["refereed"], *drawn)


def _is_refereed_as_published(claim: Any) -> bool:
    """Say whether a claim on seconds is refereed without training a model otherwise."""
    return claim.metric == "seconds" and claim.refereed_name == claim.published_name


def words_of_side(claim: Any, side: str, study: Study) -> str:
    """Name a side of one claim, a row of them; where both are as published, by their models."""
    if side != "deposited" and _is_refereed_as_published(claim):
        names = (getattr(claim, f"{side}_{name}") for name in ("name", "name_other"))
        return f"as published, {' against '.join(model_label(name, study) for name in names)}"
    return dict(zip(SIDES, _words(study), strict=True))[side]


def answers(claims: pd.DataFrame, study: Study) -> list[tuple[str, list[str]]]:
    """Answer what a paper asks: each verdict in words, with the sentences that it is said of.

    The verdict is the `final` one. Inconclusive is said of a claim that is so wherever it was
    tested.
    """
    lines, claims = [], claims.assign(final=final(claims))
    for verdict, (lead, before) in SAID.items():
        sentences = []
        for _, rows in claims.groupby("id", sort=False):
            tested = [side for side in LEADING if (rows[f"{side}_verdict"] != UNTESTED).any()]
            side = tested[0] if tested else "published"
            said = rows["final"]
            here = rows[said == verdict]
            # What the data tell in one cohort is not said to be unknown for another.
            only = set(said) <= {INCONCLUSIVE, UNTESTED}
            if len(here) and (only or verdict != INCONCLUSIVE):
                sentence = rows["sentence"].iloc[0].rstrip(".")
                sentence = before + (_inside(sentence) if before else sentence)
                where = _where(here, rows, study, side)
                sentences.append(f"{sentence}, {where}{_of_tumours(here, side)}")
        if sentences:
            lines.append((lead.format(refereed=study["refereed"]), sentences))
    return lines


def _where(here: pd.DataFrame, rows: pd.DataFrame, study: Study, side: str) -> str:
    """Say where a verdict holds, and if it is on models as published."""
    if (rows["metric"] == "slope").all():
        losses = "" if len(here) == len(rows) else f" ({', '.join(here['loss'].str.upper())})"
        return f"as timed here{losses}"
    return f"{_places(here, rows, study)}{_as_published(rows, study, side)}"


def _as_published(rows: pd.DataFrame, study: Study, side: str) -> str:
    """Say in brackets that the verdict on a claim is on models as published, if it is."""
    if side == "published":
        return " (as published)"
    own = _is_refereed_as_published(rows.iloc[0])
    return f" ({words_of_side(rows.iloc[0], 'refereed', study)})" if own else ""


def counts(claims: pd.DataFrame, study: Study) -> list[str]:
    """Count the verdicts of every side over all combinations of claim, cohort and loss."""
    lines = []
    for side, words in shown_sides(claims, study).items():
        tested = claims.loc[claims[f"{side}_verdict"] != UNTESTED, f"{side}_verdict"]
        combinations = "combinations of claim, cohort and loss that can be tested"
        counted = f", {verdicts(tested)}" if len(tested) else ""
        lines.append(f"{words[0].upper()}{words[1:]}: of {len(tested)} {combinations}{counted}.")
    return lines


def each_side(rows: pd.DataFrame, sides: Collection[str], study: Study) -> str:
    """Count the verdicts of a claim on every side; the deposit's where it has some."""
    said = {side: rows[f"{side}_verdict"] for side in sides}
    for side in said.keys() - ALWAYS:
        said[side] = said[side][said[side] != UNTESTED]
    words = {side: words_of_side(rows.iloc[0], side, study) for side in sides}
    each = [f"{words[side]}: {verdicts(of)}" for side, of in said.items() if len(of)]
    return "; ".join(each)


def verdicts(said: pd.Series) -> str:
    """Count verdicts: supported in 4 and contradicted in 2."""
    counted = said.value_counts()
    return join([f"{verdict} in {counted[verdict]}" for verdict in ORDER if verdict in counted])


def about_the_deposit(rows: pd.DataFrame, study: Study) -> str:
    """Say of a claim where the deposit does not show it, and what the paper has otherwise."""
    tested = rows.loc[rows["deposited_verdict"] != UNTESTED, "deposited_verdict"]
    shown = int((tested == SUPPORTED).sum())
    text = ""
    if shown < len(tested):
        where = f"in {shown} of {len(tested)} cohorts" if shown else "in any cohort"
        do = "show it only" if shown else "do not show it"
        text = f" The authors' own numbers {do} {where}."
    for row in rows[rows["paper_differs"] == 1].itertuples():
        paper, own = (
            f"{number(getattr(row, f'{side}_model'), 3)} and "
            f"{number(getattr(row, f'{side}_other'), 3)}"
            for side in ("paper", "deposited")
        )
        cohort = study["cohorts"][row.cohort]["label"]
        text += f" In {cohort} the paper states {paper}; its deposit gives {own}."
    return text


def join(words: Sequence[str]) -> str:
    """Join words: a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _places(here: pd.DataFrame, rows: pd.DataFrame, study: Study) -> str:
    """Say in which cohorts, and under which losses where not under all of them."""
    cohorts, of = here["cohort"].unique(), rows["cohort"].nunique()
    whole = here["cohort"].value_counts().eq(rows["cohort"].value_counts()[cohorts])
    if len(cohorts) == of > 2 and whole.all():
        return f"in all {of} cohorts"
    if len(cohorts) > FEW:
        return f"in {len(cohorts)} of {of} cohorts" + ("" if whole.all() else ", not every loss")
    names = []
    for cohort in cohorts:
        losses = here.loc[here["cohort"] == cohort, "loss"].str.upper()
        under = "" if whole[cohort] else f" ({', '.join(losses.unique())})"
        names.append(study["cohorts"][cohort]["label"] + under)
    return f"in {join(names)}"


def _of_tumours(here: pd.DataFrame, side: str) -> str:
    """Say on how many of the tumours the first model is better, as far as that is known."""
    shares = here.loc[here["relation"] == "below", f"{side}_share"].dropna()
    if shares.empty:
        return ""
    low, high = f"{shares.min():.0%}".rstrip("%"), f"{shares.max():.0%}".rstrip("%")
    return f" (on {low if low == high else f'{low} to {high}'} % of the tumours)"


def _inside(sentence: str) -> str:
    """Write the first letter of a sentence as inside of one; that of an acronym stays."""
    return sentence[0].lower() + sentence[1:] if sentence[1:2].islower() else sentence
