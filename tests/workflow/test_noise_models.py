"""The study of noise models, small: from counts and words to its tables, figures and claims."""

import pandas as pd
import pytest
import yaml

pytestmark = pytest.mark.slow

pytest.importorskip("lda", reason="the words of the study are shipped with the package lda")


@pytest.fixture(scope="module")
def results(make_copy):
    copy = make_copy()
    path = copy / "workflow/studies/james2026.yaml"
    study = yaml.safe_load(path.read_text(encoding="utf-8"))
    made = study["cohorts"]["simulated-nb"]
    made["simulate"]["samples"] = 60
    words = study["cohorts"]["reuters"]
    words["words"] |= {"words": 60, "documents": 80, "least": 5}
    words |= {"rank": 3, "models": ["nmf", "c-nmf"]}
    study["cohorts"] = {"simulated-nb": made | {"rank": [2, 3]}, "reuters": words}
    for model in study["models"].values():
        model["settings"] |= {"max_iterations": 150}
        if "starts" in model["settings"]:
            model["settings"]["starts"] = min(model["settings"]["starts"], 3)
        if "short_starts" in model:
            model["short_starts"] = {"starts": 3, "iterations": 20}
    study["resamples"] |= {"draws": 4, "ranks": [3]}
    path.write_text(yaml.safe_dump(study, sort_keys=False), encoding="utf-8")
    claims = copy / "resources/james2026_claims.yaml"
    entries = yaml.safe_load(claims.read_text(encoding="utf-8"))
    for claim in entries:
        claim |= {"cohorts": ["simulated-nb"], "ks": [3]}
    claims.write_text(yaml.safe_dump(entries, sort_keys=False), encoding="utf-8")
    copy.succeed("--config", "study=james2026", "n_splits=3")
    assert "Nothing to be done" in copy.succeed("--config", "study=james2026", "n_splits=3")
    return copy / "results/james2026"


def table(results, name):
    return pd.read_csv(results / name, sep="\t")


def test_every_loss_is_fitted_with_the_parameters_of_its_split(results):
    noise = table(results, "noise.tsv")
    chosen = noise[noise["chosen"] == 1]
    assert len(chosen) == 3 * 3 * 2  # cohorts and ranks, splits, losses with a parameter
    scores = table(results, "scores.tsv")
    assert set(scores["loss"]) == {"kld", "nb", "tweedie"}
    no_counts = (scores["set"] == "thinned") & (scores["loss"] == "tweedie")
    assert ((scores["status"] == "ok") != no_counts).all()
    assert {"loglik", "aic", "bic", "acs_kld", "loglik_kld"} <= set(scores["metric"])
    alphas = chosen[(chosen["loss"] == "nb") & (chosen["cohort"] == "simulated-nb")]["parameter"]
    assert alphas.between(0.05, 0.3).all()


def test_the_figures_and_the_table_of_noise_models_are_made(results):
    for name in ("residuals", "profile", "likelihood", "features", "claims"):
        assert (results / f"figures/all/{name}.pdf").stat().st_size > 5000
    assert "simulated with alpha = 0.1" in (results / "tables/noise.html").read_text()
    assert "Which conclusions survive" in (results / "front_page.rst").read_text()


def test_the_claims_are_tested_at_the_rank_they_are_about(results):
    claims = table(results, "claims.tsv")
    assert set(claims["k"]) == {3}
    assert claims.groupby("id").size().to_dict() == {"J1": 1, "J2": 2, "J3": 3}
    tested = claims[["published_verdict", "refereed_verdict"]]
    assert not (tested == "cannot be tested").any(axis=None)


def test_words_are_matched_with_no_signatures(results):
    assert set(table(results, "matches.tsv")["cohort"]) == {"simulated-nb"}
    signatures = table(results, "signatures.tsv")
    assert signatures.loc[signatures["cohort"] == "reuters", "channel"].nunique() == 60
