"""What became of the claims of a study, in words."""

from collections.abc import Mapping, Sequence

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
from nmfbench.present.panels import Study
from nmfbench.present.tables.render import number

ORDER = (SUPPORTED, CONTRADICTED, NEGLIGIBLE, INCONCLUSIVE, UNTESTED)
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
    words = ("the authors' own numbers", "as published, run here", study["refereed"])
    drawn = (f"the same, {noise} counts" for noise in ("Poisson", "negative binomial"))
    sides = dict(zip(SIDES, (*words, *drawn), strict=True))
    optional = [side for side in SIDES if side not in ("published", "refereed")]
    for side in optional:
        if (claims[f"{side}_verdict"] == UNTESTED).all():
            del sides[side]
    return sides


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
                as_published = " (as published)" if side == "published" else ""
                where = f"{_places(here, rows, study)}{as_published}"
                sentences.append(f"{sentence}, {where}{_of_tumours(here, side)}")
        if sentences:
            lines.append((lead.format(refereed=study["refereed"]), sentences))
    return lines


def counts(claims: pd.DataFrame, study: Study) -> list[str]:
    """Count the verdicts of every side over all combinations of claim, cohort and loss."""
    lines = []
    for side, words in shown_sides(claims, study).items():
        tested = claims.loc[claims[f"{side}_verdict"] != UNTESTED, f"{side}_verdict"]
        combinations = "combinations of claim, cohort and loss that can be tested"
        counted = f", {verdicts(tested)}" if len(tested) else ""
        lines.append(f"{words[0].upper()}{words[1:]}: of {len(tested)} {combinations}{counted}.")
    return lines


def each_side(rows: pd.DataFrame, sides: Mapping[str, str]) -> str:
    """Count the verdicts of a claim on every side; the deposit's where it has some."""
    said = {side: rows[f"{side}_verdict"] for side in sides}
    for side in said.keys() - {"published", "refereed"}:
        said[side] = said[side][said[side] != UNTESTED]
    each = [f"{sides[side]}: {verdicts(of)}" for side, of in said.items() if len(of)]
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
