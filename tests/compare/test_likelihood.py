"""Likelihoods, residuals, and one model under several losses."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from nmfbench.compare.across import across
from nmfbench.compare.fits import Fits
from nmfbench.compare.likelihood import count_parameters, likelihoods
from nmfbench.compare.residuals import residuals
from nmfbench.compare.scores import check_scores, score
from nmfbench.compare.similarity import acs
from nmfbench.data.catalogue import CHANNELS
from nmfbench.factorize.losses import Loss, error

N, K, ALPHA = 40, 3, 0.2


@pytest.fixture
def cohort():
    """Negative binomial counts, with two splits of ten test samples each."""
    rng = np.random.default_rng(2)
    S = rng.dirichlet(np.full(96, 0.5), size=K).T
    E = rng.gamma(2.0, 1500.0, size=(K, N))
    V = rng.negative_binomial(1 / ALPHA, 1 / (1 + ALPHA * (S @ E))).astype(float)
    names = [f"s{n}" for n in range(N)]
    catalogue = pd.DataFrame(V, index=list(CHANNELS), columns=names)
    splits = pd.DataFrame({"split": np.repeat([0, 1], 10), "sample": names[:10] + names[20:30]})
    return S, E, catalogue, splits


def copies(splits, names):
    return {
        n: (~np.isin(names, splits.loc[splits["split"] == n, "sample"])).astype(int) for n in (0, 1)
    }


def fits_of(cohort, loss, model="nmf", failed=(), shift=0.0):
    """The true factors as two fits; `shift` moves the first signature to the second."""
    S, E, catalogue, _ = cohort
    S = S.copy()
    S[:, 0] = (1 - shift) * S[:, 0] + shift * S[:, 1]
    rows = [
        {
            "split": n,
            "set": s,
            "error": np.nan if n in failed else error(catalogue.to_numpy(), S, E, loss),
        }
        for n in (0, 1)
        for s in ("train", "test")
    ]
    table = pd.DataFrame(rows).assign(
        cohort="toy",
        scheme="holdout",
        model=model,
        loss=str(loss),
        k=K,
        iterations=5,
        converged=1,
        seconds=0.1,
    )
    bad = table["split"].isin(failed)
    table["status"] = np.where(bad, "failed", "ok")
    table["reason"] = np.where(bad, "the loss is nan", None)
    stack, exposures = np.stack([S, S]), np.stack([E, E])
    stack[list(failed)] = np.nan
    exposures[list(failed)] = np.nan
    living = np.isfinite(stack).all(axis=1)
    return Fits(stack, np.array([0, 1]), table, exposures, living)


def scored(cohort, loss, **models):
    _, _, catalogue, splits = cohort
    fits = {name: fits_of(cohort, loss, name, **how) for name, how in models.items()}
    parameters = dict.fromkeys((0, 1), loss.parameter) if loss != "kld" else {}
    return fits, score(fits, None, "nmf", catalogue, splits, parameters=parameters)


def test_likelihoods_are_those_of_the_distribution(cohort):
    S, E, catalogue, splits = cohort
    fits = {"nmf": fits_of(cohort, Loss("nb", ALPHA))}
    train = fits["nmf"].rows[fits["nmf"].rows["set"] == "train"]
    of = copies(splits, catalogue.columns)
    parts = likelihoods(fits, train, catalogue, of, {0: ALPHA, 1: ALPHA})
    table = pd.concat(parts).set_index(["metric", "set", "split"])["value"]
    each = stats.nbinom.logpmf(catalogue, 1 / ALPHA, 1 / (1 + ALPHA * (S @ E)))
    for split in (0, 1):
        trained = of[split] == 1
        assert table["loglik", "test", split] == pytest.approx(each[:, ~trained].mean())
        assert table["loglik", "train", split] == pytest.approx(each[:, trained].mean())
        q = K * (96 + 30 - 1) + 1  # signatures and exposures less their scale, and alpha
        total = each[:, trained].sum()
        assert table["aic", "train", split] == pytest.approx(2 * q - 2 * total)
        assert table["bic", "train", split] == pytest.approx(q * np.log(96 * 30) - 2 * total)


@pytest.mark.parametrize("J", [5, 12, 40])
def test_parameters_are_the_directions_that_the_means_can_go(J):
    """Of a convex model, the rank of their derivative in all its weights."""
    rng, M, N, K = np.random.default_rng(0), 12, 40, 3
    profiles = rng.dirichlet(np.ones(M), size=J).T
    G, W = rng.random((K, N)), rng.dirichlet(np.ones(J), size=K).T
    columns = [np.outer(profiles[:, j], G[k]).ravel() for j in range(J) for k in range(K)]
    of_E = [
        np.outer((profiles @ W)[:, k], np.eye(N)[n]).ravel() for n in range(N) for k in range(K)
    ]
    directions = np.linalg.matrix_rank(np.array(columns + of_E))
    # Other signatures of the same span, with other exposures, give the same means.
    assert directions == count_parameters(M, N, K, J) - K * (K - 1)
    assert count_parameters(M, N, K) == count_parameters(M, N, K, M)


def test_a_convex_model_of_few_samples_has_fewer_parameters(cohort):
    _, _, catalogue, splits = cohort
    fits = {name: fits_of(cohort, Loss("nb", ALPHA), name) for name in ("nmf", "c-nmf")}
    parameters = {0: ALPHA, 1: ALPHA}
    table = score(fits, None, "nmf", catalogue, splits, parameters=parameters, convex=["c-nmf"])
    aic = table[table["metric"] == "aic"].set_index(["model", "split"])["value"]
    assert aic["nmf", 0] - aic["c-nmf", 0] == pytest.approx(2 * K * (96 - 30))


def test_the_true_model_is_the_likeliest(cohort):
    found = {
        str(loss): scored(cohort, loss, nmf={})[1].query("metric == 'loglik' and set == 'test'")
        for loss in (Loss("kld"), Loss("nb", ALPHA), Loss("tweedie", 1.5))
    }
    means = {name: table["value"].mean() for name, table in found.items()}
    assert means["nb"] == max(means.values())
    assert means["kld"] == min(means.values())


def test_losses_are_compared_with_the_poisson_model(cohort):
    kld, of_kld = scored(cohort, Loss("kld"), nmf={}, other={"failed": [1]})
    nb, of_nb = scored(cohort, Loss("nb", ALPHA), nmf={"shift": 0.4}, other={})
    rows = across({"kld": kld, "nb": nb}, {"kld": of_kld, "nb": of_nb})
    check_scores(rows)
    assert set(rows["loss"]) == {"nb"}
    same = rows[(rows["metric"] == "acs_kld") & (rows["model"] == "nmf")]
    expected = acs(nb["nmf"].signatures[0], kld["nmf"].signatures[0])
    assert same["value"].tolist() == pytest.approx([expected, expected])
    assert expected < 0.999
    like = rows[(rows["metric"] == "loglik_kld") & (rows["model"] == "nmf")]
    wanted = of_kld.query("metric == 'loglik' and set == 'test' and model == 'nmf'")
    assert like["value"].tolist() == wanted["value"].tolist()
    other = rows[rows["model"] == "other"].sort_values(["metric", "split"])
    assert other["value"].isna().tolist() == [False, True, False, True]
    assert other["status"].str.startswith("failed").tolist() == [False, True, False, True]


def test_residuals_follow_the_law_of_the_counts(cohort):
    _, _, catalogue, splits = cohort
    noise = pd.DataFrame(
        {"loss": ["nb", "tweedie"], "parameter": [ALPHA, 1.9], "phi": [np.nan, 0.3], "chosen": 1}
    )
    fit = fits_of(cohort, "kld")
    table = residuals(fit, catalogue, copies(splits, catalogue.columns), noise)
    assert (np.diff(table["mean"]) > 0).all()
    large = table[table["mean"] > 5]
    ratio = large["variance"] / large["nb"]
    # Squares are enlarged for parameters that these true factors do not have.
    left = 1 - K * (96 + 30 - 1) / (96 * 30)
    assert np.average(ratio * left, weights=large["n"]) == pytest.approx(1, abs=0.1)
    assert (large["variance"] > 1.5 * large["kld"]).all()
    np.testing.assert_allclose(table["tweedie"], 0.3 * table["mean"] ** 1.9)
