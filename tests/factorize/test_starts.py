"""Many short fits, of which the best goes on."""

from functools import partial

import numpy as np
import pandas as pd
import pytest

from nmfbench.factorize import methods
from nmfbench.factorize.fit import FitError
from nmfbench.factorize.run import Job, fit_chunk
from nmfbench.factorize.starts import best_start, fit_capped

GIVEN = vars(methods.load("nmf").Settings(tolerance=1e-6, max_iterations=500))


def short(V, iterations):
    return partial(fit_capped, "nmf", GIVEN, "kld", V, 3, iterations)


def sources(n):
    return [lambda seed=seed: np.random.default_rng(seed) for seed in range(n)]


def test_the_start_of_the_lowest_short_fit_goes_on(counts):
    rng = best_start(short(counts, 20), sources(5))
    losses = [fit_capped("nmf", GIVEN, "kld", counts, 3, 20, s()).loss for s in sources(5)]
    chosen = int(np.argmin(losses))
    assert rng.random() == np.random.default_rng(chosen).random()
    assert len(set(losses)) == 5


def test_a_start_that_fails_is_not_chosen(counts, monkeypatch):
    module = methods.load("nmf")
    real, calls = module.fit, []

    def fails(*args):
        calls.append(args)
        if len(calls) < limit:
            raise FitError("diverged: loss nan")
        return real(*args)

    monkeypatch.setattr(module, "fit", fails)
    limit = 2
    rng = best_start(short(counts, 5), sources(2))
    assert rng.random() == np.random.default_rng(1).random()
    limit = 100
    with pytest.raises(FitError, match="loss nan"):
        best_start(short(counts, 5), sources(2))


def test_a_model_of_any_method_can_have_short_starts(counts):
    catalogue = pd.DataFrame(counts, columns=[f"s{n}" for n in range(counts.shape[1])])
    tests = pd.DataFrame({"split": 0, "sample": catalogue.columns[:6]})
    for method, settings in (
        ("nmf", {"max_iterations": 300}),
        ("c-nmf", {"max_iterations": 300}),
        ("dnmf", {"steps": 40, "spread": 0.5}),
    ):
        of = vars(methods.make_settings(method, settings, "here"))
        one, many = (
            fit_chunk(
                Job("toy", "holdout", "m", method, "kld", 3, 1, of, short), catalogue, tests, [0]
            ).rows["error"][0]
            for short in ({}, {"starts": 6, "iterations": 30})
        )
        assert np.isfinite(many)
        assert many != one or method == "dnmf"
        assert many <= one * 1.2
