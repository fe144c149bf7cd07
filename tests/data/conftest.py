import os
from pathlib import Path

import pytest

RESOURCES = Path(__file__).parents[2] / "resources"


@pytest.fixture
def resources() -> Path:
    return RESOURCES


@pytest.fixture
def mirror() -> Path:
    """The directory of files that may not be shipped."""
    name = os.environ.get("NMFBENCH_MIRROR")
    if not name:
        pytest.skip("needs files that may not be shipped: set NMFBENCH_MIRROR to their directory")
    return Path(name)
