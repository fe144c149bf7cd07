"""A study as data: config and study YAML are read, checked and completed before any job starts."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from jsonschema import Draft202012Validator, ValidationError

from nmfbench.data.sources import load_sources, pick
from nmfbench.errors import InputError, nearest
from nmfbench.factorize import methods

WORKFLOW = Path(__file__).resolve().parents[1]
SELECTABLE = ("cohorts", "models", "losses")


def load_study(config: dict[str, Any], root: Path = WORKFLOW.parent) -> dict[str, Any]:
    """Read the study that `config` names and apply the config's selections to it.

    Parameters
    ----------
    config : the user's config, see config.yaml
    root : directory that relative paths in the study start from

    Returns
    -------
    dict
        The study with only the selected cohorts, models and losses; each cohort has its `scheme`
        and `n_splits`, each model its complete `settings`; all have a `label`.

    Raises
    ------
    InputError
        One line: file, place and remedy.
    """
    check(config, "config", "config.yaml")
    name = config["study"]
    path = WORKFLOW / "studies" / f"{name}.yaml"
    if not path.is_file():
        known = [file.stem for file in path.parent.glob("*.yaml")]
        raise InputError(f"config.yaml: unknown study '{name}': {nearest(name, known)}")
    study = read_yaml(path)
    check(study, "study", path.name)
    for key in SELECTABLE:
        study[key] = _select(study[key], config.get(key), key)
    study["name"] = name
    study["scheme"] = config.get("scheme") or study["scheme"]
    for model, entry in study["models"].items():
        _complete_model(model, entry, study["losses"], f"{path.name}: model '{model}'")
    for cohort, entry in study["cohorts"].items():
        place = f"{path.name}: cohort '{cohort}'"
        entry.setdefault("label", cohort)
        entry["scheme"] = entry.get("scheme", study["scheme"])
        entry["n_splits"] = _count_splits(study, cohort, entry, config.get("n_splits"), root, place)
        _check_files(entry, root, place)
    _check_files(study.get("references", {}), root, path.name)
    if study["baseline"] not in study["models"]:
        raise InputError(
            f"{path.name}: the baseline '{study['baseline']}' is not among the models: select it "
            f"too, {nearest(study['baseline'], study['models'])}"
        )
    return study


def read_yaml(path: str | Path) -> Any:
    """Read a YAML file.

    Raises
    ------
    InputError
        If it is no YAML, with the line.
    """
    try:
        return yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from None


def check(document: Any, schema: str, place: str) -> None:
    """Check a document against ``workflow/schemas/{schema}.schema.json``.

    Raises
    ------
    InputError
        The first disagreement, in one line, with the nearest known key or value.
    """
    rules = json.loads((WORKFLOW / "schemas" / f"{schema}.schema.json").read_text())
    errors = sorted(Draft202012Validator(rules).iter_errors(document), key=lambda e: list(e.path))
    if errors:
        where = ".".join(str(part) for part in errors[0].absolute_path)
        raise InputError(f"{place}: {where + ': ' if where else ''}{_explain(errors[0])}")


def _explain(error: ValidationError) -> str:
    """Say in plain words what a value has to be."""
    value, wanted = error.instance, error.validator_value
    match error.validator:
        case "additionalProperties":
            known = error.schema.get("properties", {})
            key = next(key for key in value if key not in known)
            return f"unknown key '{key}', {nearest(key, known)}"
        case "required":
            missing = next(key for key in wanted if key not in value)
            return f"key '{missing}' is missing"
        case "enum":
            return f"unknown value '{value}', {nearest(value, wanted)}"
        case "type":
            kinds = " or ".join([wanted] if isinstance(wanted, str) else wanted)
            return f"{value!r} has to be of type {kinds}"
        case "oneOf":
            keys = [next(iter(choice["required"])) for choice in wanted]
            return f"give exactly one of the keys {', '.join(keys)}"
        case _:
            return error.message


def _select(entries: Any, wanted: Any, key: str) -> Any:
    """Keep the wanted entries, in the study's order; a text may name several, with commas."""
    if wanted is None:
        return entries
    names = [name.strip() for name in wanted.split(",")] if isinstance(wanted, str) else wanted
    for name in names:
        if name not in entries:
            raise InputError(
                f"config.yaml: unknown {key.removesuffix('s')} '{name}': {nearest(name, entries)}"
                if key != "losses"
                else f"config.yaml: unknown loss '{name}': {nearest(name, entries)}"
            )
    if isinstance(entries, dict):
        return {name: entry for name, entry in entries.items() if name in names}
    return [entry for entry in entries if entry in names]


def _complete_model(model: str, entry: dict[str, Any], losses: list[str], place: str) -> None:
    """Check method, losses and settings of a model; fill in its label and defaults."""
    entry.setdefault("label", model)
    try:
        method = methods.load(entry["method"])
    except InputError as error:
        raise InputError(f"{place}: {error}") from None
    for loss in losses:
        if loss not in method.LOSSES:
            raise InputError(
                f"{place}: method {entry['method']} has no loss '{loss}': "
                f"{nearest(loss, method.LOSSES)}"
            )
    given = entry.get("settings", {})
    entry["settings"] = vars(methods.make_settings(entry["method"], given, place)).copy()


def _count_splits(
    study: dict[str, Any],
    cohort: str,
    entry: dict[str, Any],
    limit: int | None,
    root: Path,
    place: str,
) -> int:
    """How many splits a cohort has: of the published ones as many as there are, up to `limit`."""
    schemes, name = study["schemes"], entry["scheme"]
    if name not in schemes:
        raise InputError(f"{place}: unknown scheme '{name}': {nearest(name, schemes)}")
    scheme = schemes[name]
    if "table" not in scheme:
        return limit or scheme["n_splits"]
    table = pd.read_csv(root / scheme["table"], sep="\t", usecols=["cohort", "split"])
    there = table.loc[table["cohort"] == cohort, "split"].nunique()
    if there == 0:
        known = table["cohort"].unique()
        raise InputError(
            f"{place}: {scheme['table']} has no splits for it ({nearest(cohort, known)}); "
            "give the cohort another scheme"
        )
    return min(limit or there, there)


def _check_files(entry: dict[str, Any], root: Path, place: str) -> None:
    """Refuse sources and files that do not exist."""
    for key, value in entry.items():
        if isinstance(value, dict):
            _check_files(value, root, place)
        elif key == "file" and not (root / value).is_file():
            raise InputError(f"{place}: no such file: {value}; paths start at {root}")
        elif key == "source":
            try:
                pick(load_sources(root / "resources" / "sources.yaml"), value)
            except InputError as error:
                raise InputError(f"{place}: {error}") from None


def chunks(n_splits: int, per_job: int) -> dict[str, list[int]]:
    """Group consecutive splits into jobs.

    Returns
    -------
    dict
        Name of the chunk, such as ``splits00-09``, to its splits.
    """
    width = len(str(n_splits - 1))
    groups = [
        list(range(first, min(first + per_job, n_splits))) for first in range(0, n_splits, per_job)
    ]
    return {f"splits{g[0]:0{width}d}-{g[-1]:0{width}d}": g for g in groups}
