import numpy as np
import pytest


@pytest.fixture
def counts():
    """A small catalogue of Poisson counts from three overlapping signatures, 96 x 30."""
    rng = np.random.default_rng(7)
    S = rng.dirichlet(np.full(96, 0.3), size=3).T
    E = rng.gamma(1.0, 400.0, size=(3, 30))
    V = rng.poisson(S @ E).astype(float)
    return V + (V.sum(axis=1, keepdims=True) == 0)
