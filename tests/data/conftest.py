from pathlib import Path

import pytest

RESOURCES = Path(__file__).parents[2] / "resources"


@pytest.fixture
def resources() -> Path:
    return RESOURCES
