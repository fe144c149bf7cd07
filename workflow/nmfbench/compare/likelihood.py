"""Log-likelihoods of fits under the noise model that they were fitted with: they have one scale.

Losses of different noise models cannot be compared, the likelihoods of the same counts can: under
the Poisson and the negative binomial model the probability of a count, under the Tweedie model that
of the amounts that round to it. Under the normal model it is a density, which at a variance of more
than a few is the probability of the interval of 1 around the count.
"""

from collections.abc import Collection, Mapping

import numpy as np
import pandas as pd

from nmfbench.compare.fits import Fits
from nmfbench.factorize.likelihood import log_likelihood, power_of, scale
from nmfbench.factorize.losses import Loss

#: Parameters of a noise model beside the means: variance; none; dispersion; power and scale.
PARAMETERS = {"mse": 1, "kld": 0, "nb": 1, "tweedie": 2}


def count_parameters(M: int, N: int, K: int, profiles: int | None = None) -> int:
    """Count the free parameters of a factorization of M channels and N samples.

    K N exposures, and of each signature as many as there are directions that it can go. A free
    signature sums to 1: M - 1. A convex one is a combination of J profiles whose weights sum to 1:
    it lies in their convex hull, whose dimension is J - 1 but no more than M - 1. That the weights
    are J may not count, where J > M: other weights that write the same signature give the same
    means, and the same likelihood.

    Parameters
    ----------
    M, N, K : numbers of channels, samples and signatures
    profiles : J of a convex model, None of a free one
    """
    J = M if profiles is None else profiles
    return K * (min(M, J) - 1) + K * N


def likelihoods(
    fits: Mapping[str, Fits],
    train: pd.DataFrame,
    catalogue: pd.DataFrame,
    copies: Mapping[int, np.ndarray],
    parameters: Mapping[int, float],
    convex: Collection[str] = (),
) -> list[pd.DataFrame]:
    """Log-likelihood per entry, AIC and BIC of every fit.

    ``AIC = 2 q - 2 log L`` and ``BIC = q log n - 2 log L`` (Akaike 1974; Schwarz 1978) of the n
    entries trained on. The q parameters are those of the factors (`count_parameters`) and of the
    noise.

    Parameters
    ----------
    fits : mapping of model name to Fits
        Of one cohort, scheme, loss and rank.
    train : DataFrame
        Rows of all fits about their training samples.
    catalogue : DataFrame, shape (M, N)
        The counts.
    copies : mapping of split to ndarray, shape (N,)
        How often each sample was trained on.
    parameters : mapping of split to float
        Of the loss; empty where it has none.
    convex : collection of str
        Models whose signatures are combinations of the samples' profiles.

    Returns
    -------
    list of DataFrame
        Rows of ``loglik`` (train and test), ``aic`` and ``bic``.
    """
    V, name = catalogue.to_numpy(float), train["loss"].iloc[0]
    found = []
    for model, fit in fits.items():
        for split, S, E in zip(fit.splits, fit.signatures, fit.exposures, strict=True):
            if not np.isfinite(S).all():
                continue
            loss, R, weights = Loss(name, parameters.get(split)), S @ E, copies[split]
            each = of_entries(V, R, loss, weights)
            of_train = np.repeat(np.arange(V.shape[1]), weights)
            total = float(each[:, of_train].sum())
            n, K = len(V) * len(of_train), S.shape[1]
            # Copies of a sample are no further profiles.
            profiles = int((weights > 0).sum()) if model in convex else None
            q = count_parameters(len(V), len(of_train), K, profiles) + PARAMETERS[name]
            found.append((model, split, "train", "loglik", total / n))
            found.append((model, split, "test", "loglik", float(each[:, weights == 0].mean())))
            found.append((model, split, "train", "aic", 2 * q - 2 * total))
            found.append((model, split, "train", "bic", q * np.log(n) - 2 * total))
    table = pd.DataFrame(found, columns=["model", "split", "set", "metric", "value"])
    rows = train.drop(columns="set")
    wanted = (("loglik", "train"), ("loglik", "test"), ("aic", "train"), ("bic", "train"))
    # Joined to the rows of all fits, so that a failed one stays with its reason.
    return [
        rows.assign(metric=metric, set=set_).merge(
            table, on=["model", "split", "set", "metric"], how="left"
        )
        for metric, set_ in wanted
    ]


def of_entries(V: np.ndarray, R: np.ndarray, loss: Loss, copies: np.ndarray) -> np.ndarray:
    """Log-likelihood of each entry, with the scale of the training samples.

    Parameters
    ----------
    V, R : ndarray, shape (M, N)
        Counts and their means.
    loss : Loss
        The noise model.
    copies : ndarray of int, shape (N,)
        How often each sample was trained on.
    """
    of_train = np.repeat(np.arange(V.shape[1]), copies)
    # Of the normal and the Tweedie model, the others have none.
    has_scale = loss in ("mse", "tweedie")
    phi = scale(V[:, of_train], R[:, of_train], power_of(loss)) if has_scale else 1.0
    return log_likelihood(V, R, loss, phi)
