import pytest
from present_examples import make_example


@pytest.fixture(scope="session")
def example():
    """Two cohorts, one with a truth; dnmf fails twice on ovary, ae-nmf always, on MSE."""
    return make_example(
        ["nmf", "c-nmf", "ae-nmf", "dnmf"],
        ["scenario8", "ovary"],
        n_splits=6,
        failed=[("ovary", "dnmf", "mse", 2), ("ovary", "ae-nmf", "mse", 6)],
    )
