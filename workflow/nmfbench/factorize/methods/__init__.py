"""The methods, one file each: the file name is the id (``c_nmf.py`` is ``c-nmf``).

A method is a module with

``LOSSES``
    the losses it can minimise, of "mse", "kld", "nb" and "tweedie"; the latter two come as a
    `Loss` with its parameter;
``Settings``
    a frozen dataclass of its settings with their defaults: the keys that a study may set;
``fit(V, rank, loss, rng, settings) -> Fit``
    the factorization of a training catalogue;
``fit_supervised(V, E, loss, rng, settings) -> Fit`` (optional)
    the same where the true exposures E are known, for a method with a setting ``supervised``;
``MONOTONE = True`` (optional)
    the claim that no iteration increases the loss;
``CONVEX = True`` (optional)
    the signatures are non-negative combinations of the training samples' profiles.

Putting such a file here is all it takes: studies can name it, and the contract tests find it.
"""

from dataclasses import fields
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

from nmfbench.errors import InputError, nearest


def known() -> list[str]:
    """Ids of all methods, in alphabetical order."""
    files = Path(__file__).parent.glob("[a-z]*.py")
    return sorted(file.stem.replace("_", "-") for file in files)


def load(method: str) -> ModuleType:
    """Import a method by its id.

    Raises
    ------
    InputError
        If there is no such method.
    """
    if method not in known():
        raise InputError(f"unknown method '{method}': {nearest(method, known())}")
    return import_module(f"{__name__}.{method.replace('-', '_')}")


def is_convex(method: str) -> bool:
    """Say whether the signatures of a method are combinations of the samples' profiles."""
    return getattr(load(method), "CONVEX", False)


def make_settings(method: str, given: dict[str, Any], place: str) -> Any:
    """Make the settings of `method`: its defaults, changed by what a study gives.

    Parameters
    ----------
    method : id of the method
    given : setting -> value
    place : file and key the settings come from, for the message

    Raises
    ------
    InputError
        If the method or a setting is unknown, a value is not of the default's kind or negative,
        or the method itself refuses it (``Settings`` may raise ValueError).
    """
    try:
        kind = load(method).Settings
    except InputError as error:
        raise InputError(f"{place}: {error}") from None
    defaults = {field.name: field.default for field in fields(kind)}
    for key, value in given.items():
        if key not in defaults:
            raise InputError(
                f"{place}: unknown setting '{key}' of {method}: {nearest(key, defaults)}"
            )
        if not _same_kind(value, defaults[key]):
            wanted = type(defaults[key]).__name__
            raise InputError(f"{place}: {key} is {value!r}, but has to be of type {wanted}")
        if not isinstance(defaults[key], str) and float(value) < 0:
            raise InputError(f"{place}: {key} is {value!r}, but has to be 0 or more")
    # YAML reads 1e6 as text and 1 as an integer: the default says what is meant.
    values = {key: type(defaults[key])(value) for key, value in given.items()}
    try:
        return kind(**values)
    except ValueError as error:
        raise InputError(f"{place}: {error}") from None


def _same_kind(value: Any, default: Any) -> bool:
    """Whether `value` can stand where `default` stood: numbers for numbers, text for text."""
    if isinstance(value, bool) or isinstance(default, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, str):
        return isinstance(value, str)
    try:
        return float(value) == type(default)(float(value))
    except (TypeError, ValueError, OverflowError):
        return False
