from itertools import combinations

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

from nmfbench.compare.consensus import (
    MATCHES,
    POINTS,
    SIGNATURES,
    consensus,
    natural_order,
    pam,
    project,
)
from nmfbench.compare.similarity import cosine, match
from nmfbench.data.catalogue import CHANNELS
from nmfbench.errors import InputError


def cost(dissimilarity, medoids):
    return dissimilarity[:, medoids].min(axis=1).sum()


def distances(points):
    return np.linalg.norm(points[:, None] - points[None], axis=2)


@pytest.mark.parametrize("K", [1, 2, 3, 4])
def test_pam_reaches_the_optimum_of_grouped_points(K):
    rng = np.random.default_rng(K)
    centres = 5 * np.eye(4)[:K]
    d = distances(np.concatenate([c + rng.normal(size=(4, 4)) for c in centres]))
    labels, medoids = pam(d, K)
    best = min(cost(d, list(m)) for m in combinations(range(len(d)), K))
    assert cost(d, medoids) == pytest.approx(best, rel=1e-12)
    assert labels[medoids].tolist() == list(range(K))
    np.testing.assert_array_equal(labels, d[:, medoids].argmin(axis=1))


def test_no_single_swap_improves_pam_where_groups_overlap():
    d = distances(np.random.default_rng(0).normal(size=(40, 3)))
    _, medoids = pam(d, 5)
    for place, point in np.ndindex(5, 40):
        swapped = medoids.copy()
        swapped[place] = point
        assert cost(d, swapped) >= cost(d, medoids) - 1e-12


def test_pam_of_as_many_points_as_clusters():
    labels, medoids = pam(distances(np.arange(3.0)[:, None]), 3)
    assert sorted(medoids) == [0, 1, 2]
    assert labels[medoids].tolist() == [0, 1, 2]


def test_pam_of_equal_points_still_has_all_clusters():
    labels, medoids = pam(np.zeros((6, 6)), 3)
    assert len(set(medoids)) == 3
    assert set(labels) == {0, 1, 2}


def test_the_sign_of_the_components_is_fixed():
    X = np.random.default_rng(0).normal(size=(40, 96))
    plane, mirrored = project(X), project(-X)
    # What is mirrored in the data is mirrored in the plane: the axes themselves stay.
    np.testing.assert_allclose(mirrored[["pc1", "pc2"]], -plane[["pc1", "pc2"]], atol=1e-12)
    centred = X - X.mean(axis=0)
    axes, *_ = np.linalg.lstsq(plane[["pc1", "pc2"]].to_numpy(), centred, rcond=None)
    assert all(axis[np.abs(axis).argmax()] > 0 for axis in axes)
    variances = np.linalg.svd(centred, compute_uv=False) ** 2
    np.testing.assert_allclose(plane["pc1_share"], variances[0] / variances.sum())
    np.testing.assert_allclose(plane["pc2_share"], variances[1] / variances.sum())


@pytest.mark.filterwarnings("error")
def test_a_single_point_has_a_place_but_no_shares():
    plane = project(np.ones((1, 96)))
    assert plane[["pc1", "pc2"]].to_numpy().tolist() == [[0, 0]]
    assert plane[["pc1_share", "pc2_share"]].isna().all(axis=None)


def test_names_come_in_their_natural_order(cosmic):
    names = ["SBS40b", "SBS10b", "SBS2", "SBS10a", "SBS96"]
    S = cosmic[names].to_numpy()
    expected = ["SBS2", "SBS10a", "SBS10b", "SBS40b", "SBS96"]
    assert [names[i] for i in natural_order(S, cosmic)] == expected


@pytest.fixture
def libraries(cosmic):
    signal = cosmic[["SBS1", "SBS3", "SBS5", "SBS8", "SBS40a"]].add_prefix("organ_")
    return {"cosmic": cosmic, "signal": signal}


@pytest.fixture
def result(fits, libraries):
    return consensus(fits, libraries, {"SBS3", "SBS40"})


def test_the_planted_signatures_come_back_under_their_names(result, truth):
    matches = result.matches
    mine = matches[matches["library"] == "cosmic"].groupby(["model", "split"], sort=False)
    assert len(mine) == 3 * (1 + 4)
    assert all(set(group["match"]) == set(list(truth)) for _, group in mine)
    agreed = matches[(matches["split"] == "consensus") & (matches["library"] == "cosmic")]
    # Numbered along the natural order of COSMIC, in every model.
    assert agreed["match"].tolist() == list(truth) * 3
    assert agreed["component"].tolist() == [1, 2, 3] * 3
    assert (agreed["cosine"] > 0.98).all()
    signal = matches[matches["library"] == "signal"]
    assert set(signal["match"]) == {"organ_" + name for name in list(truth)}


def test_observed_is_known_for_cosmic_only(result, fits, libraries):
    by_name = result.matches.groupby("match")["observed"]
    assert by_name.first().dropna().to_dict() == {"SBS3": 1, "SBS5": 0, "SBS40a": 1}
    assert result.matches.loc[result.matches["library"] == "signal", "observed"].isna().all()
    assert consensus(fits, libraries).matches["observed"].isna().all()


def test_the_matches_of_a_split_are_those_of_its_fit(result, fits, cosmic):
    stack = fits["dnmf"].signatures
    rows = result.matches.query("model == 'dnmf' and split == '2' and library == 'cosmic'")
    indices, cosines = match(stack[2], cosmic.to_numpy())
    assert rows["component"].tolist() == [1, 2, 3]
    assert rows["match"].tolist() == cosmic.columns[indices].tolist()
    np.testing.assert_allclose(rows["cosine"], cosines)


def test_points_clusters_and_medoids_belong_together(result, fits):
    points = result.points
    assert tuple(points.columns) == POINTS
    assert len(points) == 3 * 4 * 3
    assert (points.groupby(["model", "cluster"])["medoid"].sum() == 1).all()
    # Every split has one signature in each planted cluster.
    assert not points.duplicated(["model", "split", "cluster"]).any()
    assert points["pc1_share"].nunique() == 1
    wide = result.signatures.pivot(index="channel", columns=["model", "cluster"], values="value")
    wide = wide.loc[list(CHANNELS)]
    for row in points[points["medoid"] == 1].itertuples():
        member = fits[row.model].signatures[row.split, :, row.component - 1]
        np.testing.assert_array_equal(wide[row.model, row.cluster], member)


def test_every_point_lies_in_its_own_cluster_and_place(make_fits, cosmic):
    names = ["SBS1", "SBS3", "SBS4", "SBS7a", "SBS10a", "SBS17b", "SBS22a", "SBS28"]
    S = cosmic[names[::-1]].to_numpy()
    fits = {name: make_fits(S, name, seed=i) for i, name in enumerate(["nmf", "c-nmf"])}
    points = consensus(fits, {"cosmic": cosmic}).points
    vectors = [fits[p.model].signatures[p.split, :, p.component - 1] for p in points.itertuples()]
    best = cosine(np.array(vectors).T, cosmic[names].to_numpy()).argmax(axis=1)
    assert points["cluster"].tolist() == (best + 1).tolist()
    np.testing.assert_allclose(points[["pc1", "pc2"]], project(np.array(vectors))[["pc1", "pc2"]])


def test_tables_have_their_columns(result):
    assert tuple(result.signatures.columns) == SIGNATURES
    assert len(result.signatures) == 3 * 3 * 96
    assert tuple(result.matches.columns) == MATCHES
    assert not result.signatures.isna().any(axis=None)


def test_the_same_fits_give_the_same_tables(fits, libraries, result):
    again = consensus(fits, libraries, {"SBS3", "SBS40"})
    for one, other in zip(result, again, strict=True):
        assert_frame_equal(one, other, check_exact=True)


def test_a_model_without_valid_fits_has_no_rows(fits, libraries, truth, make_fits):
    # Even the first model, which the numbers come from.
    fits["nmf"] = make_fits(truth.to_numpy(), "nmf", failed=range(4))
    fits["c-nmf"] = make_fits(truth.to_numpy(), "c-nmf", failed=[0, 1, 3])
    result = consensus(fits, libraries)
    for table in result:
        assert set(table["model"]) == {"c-nmf", "dnmf"}
    assert set(result.points.query("model == 'c-nmf'")["split"]) == {2}
    names = result.matches.query("split == 'consensus' and library == 'cosmic'")["match"]
    assert names.tolist() == list(truth) * 2
    nothing = consensus({"nmf": fits["nmf"]}, libraries)
    assert [tuple(t.columns) for t in nothing] == [POINTS, SIGNATURES, MATCHES]
    assert all(t.empty for t in nothing)


def test_a_small_library_is_named(fits, libraries):
    libraries["signal"] = libraries["signal"].iloc[:, :2]
    with pytest.raises(InputError, match=r"library 'signal': a reference of 2 signatures"):
        consensus(fits, libraries)


def test_channels_of_a_library_go_by_label(fits, libraries, result):
    shuffled = {n: t.sample(frac=1, random_state=1) for n, t in libraries.items()}
    assert_frame_equal(consensus(fits, shuffled, {"SBS3", "SBS40"}).matches, result.matches)


def test_one_signature_from_one_split(cosmic, libraries, make_fits):
    result = consensus({"nmf": make_fits(cosmic[["SBS1"]].to_numpy(), "nmf", n=1)}, libraries)
    assert result.points[["cluster", "medoid"]].to_numpy().tolist() == [[1, 1]]
    assert result.matches["match"].tolist() == ["SBS1"] * 2 + ["organ_SBS1"] * 2
