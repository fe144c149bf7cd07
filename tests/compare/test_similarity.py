from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nmfbench.compare.similarity import (
    acs,
    consistency,
    cosine,
    match,
    pair_acs,
    silhouettes,
)
from nmfbench.errors import InputError


def random_signatures(seed, K, n=None):
    rng = np.random.default_rng(seed)
    return rng.dirichlet(np.full(96, 0.3), size=K if n is None else (n, K)).swapaxes(-1, -2)


seeds = st.integers(0, 2**32 - 1)


def test_cosine_is_the_textbook_formula():
    S1, S2 = random_signatures(0, 3), random_signatures(1, 4)
    expected = [[a @ b / np.sqrt((a @ a) * (b @ b)) for b in S2.T] for a in S1.T]
    np.testing.assert_allclose(cosine(S1, S2), expected, rtol=1e-13)


def test_cosine_of_an_empty_signature_is_zero_and_never_above_one():
    S = random_signatures(0, 50)
    assert cosine(S, S).max() <= 1.0
    S[:, 7] = 0
    assert (cosine(S, S)[7] == 0).all()


@given(seed=seeds, K=st.integers(1, 5))
def test_acs_is_the_best_over_all_permutations(seed, K):
    S1, S2 = random_signatures(seed, K), random_signatures(seed + 1, K)
    cosines = cosine(S1, S2)
    best = max(cosines[range(K), list(p)].mean() for p in permutations(range(K)))
    assert acs(S1, S2) == pytest.approx(best, rel=1e-12)


@given(seed=seeds, K=st.integers(1, 6))
def test_acs_ignores_order_and_scale_and_is_symmetric(seed, K):
    S1, S2 = random_signatures(seed, K), random_signatures(seed + 1, K)
    rng = np.random.default_rng(seed)
    changed = S1[:, rng.permutation(K)] * rng.uniform(1e-3, 1e3, K)
    assert acs(changed, S2) == pytest.approx(acs(S1, S2), rel=1e-12)
    assert acs(S2, S1) == pytest.approx(acs(S1, S2), rel=1e-12)
    assert acs(S1, changed) == pytest.approx(1.0, rel=1e-12)


def test_match_finds_a_shuffled_subset():
    reference = random_signatures(3, 12)
    chosen = [7, 2, 11]
    indices, cosines = match(reference[:, chosen], reference)
    assert indices.tolist() == chosen
    np.testing.assert_allclose(cosines, 1.0)


def test_match_uses_no_reference_twice():
    reference = random_signatures(3, 4)
    # Both look most like column 0; one of them must take another.
    S = np.stack([reference[:, 0], 0.9 * reference[:, 0] + 0.1 * reference[:, 2]], axis=1)
    assert match(S, reference)[0].tolist() == [0, 2]


def test_match_refuses_a_reference_that_is_too_small():
    with pytest.raises(InputError, match=r"reference of 2 signatures cannot match 3"):
        match(random_signatures(0, 3), random_signatures(1, 2))


def test_acs_counts_the_smaller_set_only():
    S = random_signatures(0, 5)
    assert acs(S, S[:, [3, 1]]) == pytest.approx(1.0)
    assert acs(S[:, [3, 1]], S) == pytest.approx(1.0)


def test_pair_acs_is_acs_of_each_pair():
    first, second = random_signatures(0, 4, n=3), random_signatures(1, 4, n=2)
    expected = [[acs(a, b) for b in second] for a in first]
    np.testing.assert_allclose(pair_acs(first, second), expected, rtol=1e-13)


@pytest.mark.parametrize("n", [0, 1, 2, 7])
def test_consistency_is_every_pair_of_splits_once(n):
    stack = random_signatures(0, 3, n=n)
    pairs = [acs(stack[i], stack[j]) for i in range(n) for j in range(i + 1, n)]
    assert len(pairs) == n * (n - 1) // 2
    np.testing.assert_allclose(consistency(stack), pairs, rtol=1e-13)


def test_silhouettes_are_those_of_scikit_learn():
    """Clusters are what is matched to the fit in the middle; every fit has its own order."""
    rng = np.random.default_rng(3)
    from sklearn.metrics import silhouette_samples

    true = rng.dirichlet(np.full(96, 0.1), size=4).T
    stack, labels = [], []
    for _ in range(5):
        order = rng.permutation(4)
        stack.append((true * rng.lognormal(0, 0.4, true.shape))[:, order] * rng.gamma(2, 3))
        labels.append(order)
    found = silhouettes(np.array(stack))
    vectors = np.concatenate([S.T for S in stack])
    expected = silhouette_samples(vectors, np.concatenate(labels), metric="cosine")
    np.testing.assert_allclose(found.ravel(), expected, rtol=1e-10)


def test_signatures_that_are_split_in_two_have_low_silhouettes():
    """Two of three signatures are the same: nothing tells their clusters apart."""
    rng = np.random.default_rng(3)
    true = rng.dirichlet(np.full(96, 0.1), size=2).T
    stack = np.array([true[:, [0, 1, 1]] * rng.lognormal(0, 0.02, (96, 3)) for _ in range(6)])
    found = silhouettes(stack)
    assert (found[:, 0] > 0.9).all()
    assert found[:, 1:].mean() < 0.3


def test_one_signature_or_one_fit_has_no_silhouette():
    rng = np.random.default_rng(3)
    assert np.isnan(silhouettes(rng.random((3, 96, 1)))).all()
    assert np.isnan(silhouettes(rng.random((1, 96, 3)))).all()
    assert silhouettes(np.empty((0, 96, 3))).shape == (0, 3)
