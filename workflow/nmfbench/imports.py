"""What a Python file imports, read without running it."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path


def imported(path: str | Path, root: str | Path) -> list[str]:
    """Full names that a file imports, at any place in it.

    Parameters
    ----------
    path : str or Path
        The file.
    root : str or Path
        The directory that holds its package: what relative imports are relative to.

    Returns
    -------
    list of str
        Of ``from a import b`` both ``a`` and ``a.b``, as b may be a module.
    """
    path = Path(path)
    here = path.relative_to(root).parent.parts
    names = []
    for node in _statements(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = here[: len(here) + 1 - node.level] if node.level else ()
            module = ".".join([*start, *filter(None, [node.module])])
            names += [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return list(dict.fromkeys(names))


@cache
def files_imported(path: str | Path, root: str | Path) -> list[str]:
    """Files below `root` that a file imports, as paths that begin like `root`."""
    names = [name.replace(".", "/") for name in imported(path, root)]
    files = [Path(root, name + end) for name in names for end in (".py", "/__init__.py")]
    return [file.as_posix() for file in files if file.is_file()]


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Statements of a file, those of its functions as well; not what they are made of."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.stmt, ast.excepthandler, ast.match_case)):
            yield child
            yield from _statements(child)
