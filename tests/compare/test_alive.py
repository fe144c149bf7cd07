"""Planted signatures that carry nothing or add nothing, through scores and consensus."""

import numpy as np
import pandas as pd
import pytest

from nmfbench.compare.alive import alive
from nmfbench.compare.consensus import DEAD, consensus
from nmfbench.compare.scores import check_scores, score
from nmfbench.compare.similarity import cosine, match, n_found

FIVE = ["SBS1", "SBS2", "SBS3", "SBS17b", "SBS18"]


@pytest.fixture
def signatures(cosmic):
    return cosmic[FIVE].to_numpy().copy()


@pytest.fixture
def exposures():
    return np.random.default_rng(0).gamma(1, 1000, (5, 40)) * [[5], [1], [4], [2], [3]]


def test_true_signatures_are_all_alive(signatures, exposures):
    S, E = signatures, exposures
    assert alive(S, E, 0.001).all()


@pytest.mark.parametrize(("share", "lives"), [(0.0011, True), (0.0009, False), (0, False)])
def test_a_share_of_the_mutations_keeps_alive(signatures, exposures, share, lives):
    S, E = signatures, exposures
    E[2] *= share / (1 - share) * (E.sum() - E[2].sum()) / E[2].sum()
    assert alive(S, E, 0.001).tolist() == [True, True, lives, True, True]


def test_a_floor_keeps_nothing_alive_and_without_a_share_nothing_at_all_is_dead(
    signatures, exposures
):
    S, E = signatures, exposures
    E[2] = 1e-30
    assert not alive(S, E, 0.001)[2]
    assert alive(S, E, 0)[2]
    E[2] = 0
    assert not alive(S, E, 0)[2]


def test_of_equal_signatures_the_largest_stays(signatures, exposures):
    S, E = signatures, exposures
    S[:, 1] = S[:, 3] = 3 * S[:, 0]  # of another length
    E[[1, 3]] /= 3
    assert alive(S, E, 0.001).tolist() == [True, False, True, False, True]
    E[:] = 1
    E[[1, 3]] /= 3  # of equal shares
    assert alive(S, E, 0.001).tolist() == [False, False, True, True, True]


def test_a_mixture_is_dead_but_not_what_is_only_close_to_one(signatures, exposures):
    S, E = signatures, exposures
    mixture = S[:, [0, 2, 4]] @ [0.5, 0.2, 0.3]
    S[:, 1] = mixture
    assert alive(S, E, 0.001).tolist() == [True, False, True, True, True]
    S[:, 1] = mixture * np.random.default_rng(1).lognormal(0, 0.01, 96)
    assert alive(S, E, 0.001).all()


def test_what_stays_writes_all_that_was_there(cosmic):
    """Of 12 mixtures of 4 signatures and these, as many as are needed stay, in any order."""
    rng = np.random.default_rng(2)
    S = cosmic[FIVE[:4]].to_numpy()
    S = np.hstack([S, S @ rng.dirichlet(np.ones(4), 8).T])
    for _ in range(20):
        order = rng.permutation(12)
        living = alive(S[:, order], rng.gamma(1, 100, (12, 9)), 0.001)
        assert sorted(order[living]) == [0, 1, 2, 3]  # the corners of the cone


def test_a_failed_fit_and_one_without_mutations_have_no_living_signature(signatures, exposures):
    S, E = signatures, exposures
    assert not alive(np.full_like(S, np.nan), E, 0.001).any()
    assert not alive(S, 0 * E, 0.001).any()


def flattened(fit, truth, dead):
    """Let what is SBS40a, the last of the truth, die in some fits, as projection does: flat."""
    for split in dead:
        k = match(truth.to_numpy()[:, -1:], fit.signatures[split])[0]
        fit.signatures[split, :, k] = 1 / 96
        fit.alive[split, k] = False
    return fit


@pytest.fixture
def scored(truth, make_fits, division):
    def of(dead, **more):
        fits = {
            "nmf": flattened(make_fits(truth.to_numpy(), "nmf", noise=1e-9), truth, dead),
            "c-nmf": make_fits(truth.to_numpy(), "c-nmf", noise=1e-9, seed=1),
        }
        table = score(fits, truth, "nmf", *division)
        check_scores(table)
        return table.set_index(["metric", "model"]).sort_index()

    return of


def test_a_dead_signature_counts_zero_in_every_similarity(scored):
    table = scored([0, 1])
    assert table.loc[("effective_k", "nmf"), "value"].tolist() == [2, 2, 3, 3]
    two, all_ = 2 / 3, 1
    # The dead of two fits do not agree: before, two flat ones did, perfectly.
    assert table.loc[("sc", "nmf"), "value"].tolist() == pytest.approx([two] * 5 + [all_])
    assert table.loc[("acs", "nmf"), "value"].tolist() == pytest.approx([two] * 8 + [all_] * 8)
    assert table.loc[("acs_truth", "nmf"), "value"].tolist() == pytest.approx([two, two, 1, 1])
    assert table.loc[("recall_truth", "nmf"), "value"].tolist() == pytest.approx([two, two, 1, 1])
    assert (table.loc[("precision_truth", "nmf"), "value"] == 1).all()
    assert table.loc[("f1_truth", "nmf"), "value"].tolist() == pytest.approx([0.8, 0.8, 1, 1])


def test_a_fit_of_dead_signatures_alone_has_scores(fits, truth, division):
    fits["nmf"].alive[1] = False
    table = score(fits, truth, "nmf", *division)
    check_scores(table)
    mine = table[(table["model"] == "nmf") & (table["split"] == 1) & (table["other"] == "truth")]
    assert mine["value"].tolist() == [0, 0, 0, 0]
    result = consensus(fits, {"cosmic": truth})
    assert 1 not in set(result.points.query("model == 'nmf'")["split"])


@pytest.mark.parametrize(
    ("names", "acs", "recall", "precision", "f1"),
    [
        (FIVE[:3], 1, 0.6, 1, 0.75),
        ([*FIVE, "SBS7a", "SBS22a", "SBS28"], 1, 1, 5 / 8, 10 / 13),
        ([*FIVE[:3], "SBS7a", "SBS22a"], None, 0.6, 0.6, 0.6),
    ],
)
def test_what_is_missing_and_what_is_spurious_count(
    cosmic, make_fits, division, names, acs, recall, precision, f1
):
    fits = {"nmf": make_fits(cosmic[names].to_numpy(), "nmf", noise=1e-9)}
    table = score(fits, cosmic[FIVE], "nmf", *division)
    values = table[table["other"] == "truth"].groupby("metric")["value"].mean()
    assert values["recall_truth"] == pytest.approx(recall)
    assert values["precision_truth"] == pytest.approx(precision)
    assert values["f1_truth"] == pytest.approx(f1)
    if acs:
        assert values["acs_truth"] == pytest.approx(acs)


def test_a_pair_below_the_bound_takes_the_place_of_none():
    """The largest sum of cosines, 1 and 0.88, has one pair above 0.9; two of 0.906 are possible."""
    tilt, turn = np.radians(25), np.arccos(0.345)
    pole = np.array([0, 0, 1])
    first = np.array([np.sin(tilt), 0, np.cos(tilt)])
    second = np.array([np.sin(tilt) * np.cos(turn), np.sin(tilt) * np.sin(turn), np.cos(tilt)])
    S, truth = np.column_stack([pole, second]), np.column_stack([pole, first])
    assert (match(S, truth)[1] >= 0.9).sum() == 1
    assert n_found(S, truth) == 2
    assert n_found(np.zeros((3, 2)), truth) == 0


def test_samples_are_compared_with_their_reconstruction_one_by_one(truth, make_fits):
    """A hypermutated sample counts as any other does."""
    rng = np.random.default_rng(5)
    fit = make_fits(truth.to_numpy(), "nmf")
    V = pd.DataFrame(rng.poisson(5, (96, 6)), columns=[f"s{i}" for i in range(6)])
    V["s0"] *= 1000
    splits = pd.DataFrame({"split": range(4), "sample": V.columns[:4]})
    fit = fit._replace(exposures=rng.gamma(1, 100, fit.exposures.shape))
    table = score({"nmf": fit}, None, "nmf", V, splits)
    for split in range(4):
        alike = np.diag(cosine(V.to_numpy(float), fit.signatures[split] @ fit.exposures[split]))
        here = table[(table["metric"] == "sample_cosine") & (table["split"] == split)]
        found = here.set_index("set")["value"]
        assert found["test"] == pytest.approx(alike[split], rel=1e-12)
        assert found["train"] == pytest.approx(np.delete(alike, split).mean(), rel=1e-12)


def test_matches_leave_a_dead_signature_out(cosmic, truth, make_fits):
    """Flat, it is 0.87 like SBS3: no match any more, and none of its place."""
    fit = flattened(make_fits(truth.to_numpy(), "nmf", noise=0.01), truth, [0, 1])
    flat = np.full((96, 1), 1 / 96)
    assert cosine(flat, cosmic[["SBS3"]].to_numpy()).item() == pytest.approx(0.868, abs=5e-4)
    as_if = consensus({"nmf": fit._replace(alive=np.full((4, 3), True))}, {"cosmic": cosmic})
    assert as_if.matches["cosine"].min() > 0.8
    result = consensus({"nmf": fit}, {"cosmic": cosmic}, {"SBS1"})
    assert len(result.points) == 4 * 3 - 2
    assert result.points["split"].value_counts().loc[[0, 1, 2, 3]].tolist() == [2, 2, 3, 3]
    dead = result.matches[result.matches["match"] == DEAD]
    assert dead["split"].tolist() == ["0", "1"]
    assert (dead[["cosine", "observed"]] == 0).all(axis=None)
    # Half of the fits have all: the consensus does.
    assert set(result.signatures["cluster"]) == {1, 2, 3}


def test_where_most_fits_lost_a_signature_so_did_the_consensus(cosmic, truth, make_fits):
    fits = {
        "c-nmf": make_fits(truth.to_numpy(), "c-nmf", noise=0.01),
        "nmf": flattened(make_fits(truth.to_numpy(), "nmf", 4, 0.01, seed=1), truth, [0, 1, 2]),
    }
    result = consensus(fits, {"cosmic": cosmic})
    lost = set(result.signatures["cluster"]) - set(
        result.signatures.query("model == 'nmf'")["cluster"]
    )
    assert len(lost) == 1
    of = result.matches.query("split == 'consensus'").set_index(["model", "component"])
    for number in {1, 2, 3} - lost:
        assert of.loc[("nmf", number), "match"] == of.loc[("c-nmf", number), "match"]
    assert of.loc[("nmf", *lost), ["match", "cosine"]].tolist() == [DEAD, 0]
    # The other way round the first model has fewer: its numbers stay whole for the others.
    result = consensus(dict(reversed(fits.items())), {"cosmic": cosmic})
    assert set(result.signatures.query("model == 'c-nmf'")["cluster"]) == {1, 2, 3}
    assert set(result.signatures.query("model == 'nmf'")["cluster"]) == {1, 2}
