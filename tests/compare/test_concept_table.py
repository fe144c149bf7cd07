import numpy as np
import pytest

from nmfbench.compare.concept import concept_table
from nmfbench.factorize.concept import pure_toy
from nmfbench.factorize.fit import Fit
from nmfbench.factorize.losses import mse


def test_signatures_and_exposures_are_put_in_the_order_of_the_truth():
    toy = pure_toy(12, np.random.default_rng(1))
    turned = Fit(toy.signatures[:, ::-1], 2 * toy.exposures[::-1], 0.0, 1, True)
    table = concept_table("pure", toy, {"nmf": turned})
    assert list(table.columns) == ["toy", "model", "mse", "factor", "signature", "item", "value"]
    assert len(table) == 2 * (6 * 2 + 2 * 12)
    truth, model = (table[table["model"] == name] for name in ("truth", "nmf"))
    scale = np.where(truth["factor"] == "exposures", 2, 1)
    np.testing.assert_allclose(model["value"], scale * truth["value"])
    third = truth.query("factor == 'exposures' and signature == 2 and item == 3")["value"]
    assert third.item() == toy.exposures[1, 2]
    first = truth.query("factor == 'signatures' and signature == 1 and item == 1")["value"]
    assert first.item() == toy.signatures[0, 0]
    errors = [mse(toy.counts, scale * toy.signatures @ toy.exposures) for scale in (1, 2)]
    assert [truth["mse"].unique(), model["mse"].unique()] == [
        pytest.approx([error]) for error in errors
    ]
