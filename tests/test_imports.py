"""What a file imports is found however it is written: a change of it runs again what needs it."""

import pytest

from nmfbench.imports import imported

WAYS = {
    "from nmfbench.factorize import nmf": "nmfbench.factorize.nmf",
    "from nmfbench.factorize.nmf import fit": "nmfbench.factorize.nmf",
    "import nmfbench.factorize.nmf as other": "nmfbench.factorize.nmf",
    "from . import nmf": "nmfbench.factorize.methods.nmf",
    "from .nmf import fit": "nmfbench.factorize.methods.nmf",
    "from ..losses import error": "nmfbench.factorize.losses",
    "def f():\n    if x:\n        from .nmf import fit": "nmfbench.factorize.methods.nmf",
    "try:\n    pass\nexcept E:\n    import nmfbench.files": "nmfbench.files",
}


@pytest.mark.parametrize(("line", "found"), WAYS.items())
def test_an_import_is_found_however_it_is_written(tmp_path, line, found):
    path = tmp_path / "nmfbench/factorize/methods/mine.py"
    path.parent.mkdir(parents=True)
    path.write_text(f'"""Mine."""\n{line}\n', encoding="utf-8")
    assert found in imported(path, tmp_path)
