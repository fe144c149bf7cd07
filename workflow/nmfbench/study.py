"""A study as data: config and study YAML are read, checked and completed before any job starts."""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from jsonschema import Draft202012Validator, ValidationError

from nmfbench.data.catalogue import CHANNELS, check_rank, read_catalogue, read_signatures
from nmfbench.data.reference import deposited_scores, paper_values
from nmfbench.data.sources import load_sources, pick
from nmfbench.data.thinning import THINNING, check_thinned
from nmfbench.errors import InputError, nearest
from nmfbench.factorize import methods
from nmfbench.factorize.complexity import PRINTED, SAME_STEPS, SIZES
from nmfbench.factorize.losses import Loss
from nmfbench.names import own_name, results_directory, without_suffixes

WORKFLOW = Path(__file__).resolve().parents[1]

#: What a config may select of a study, and what one of them is called.
SELECTABLE = {"cohorts": "cohort", "models": "model", "losses": "loss"}

#: Mutations of a sample: 10 per megabase of a genome (Campbell et al. 2017, Cell 171:1042).
HYPERMUTATED = 28_000

#: A signature with less than this share of the mutations is dead.
DEAD_SHARE = 0.001

#: What of a study is about its own cohorts or its paper: a user's catalogue has none of it.
OF_THE_PAPER = (
    *("claims", "released", "trace", "inference", "concept", "complexity", "noise_floor"),
)

#: The smallest effects that matter, from the project's directory.
MINIMUM_EFFECTS = "resources/minimum_effects.yaml"

#: What complexity is measured against: keys of its plan, and the sets of a slope.
VARIED = ("samples", "ranks")

#: The ranks of ``rank: auto``: up to this, and to a third of the samples.
MOST_RANKS = 12

#: The font that comes with matplotlib.
SHIPPED_FONT = "DejaVu Sans"

#: Letters of a value that does not fit a schema.
MOST_SAID = 300

#: The types of JSON schema in a user's words.
KINDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "null": "null",
}


def load_study(config: dict[str, Any], root: Path = WORKFLOW.parent) -> dict[str, Any]:
    """Read the study that `config` names and apply the config's selections to it.

    Parameters
    ----------
    config : the user's config, see config.yaml
    root : the project's directory: it has workflow/studies/, and paths in a study start from it

    Returns
    -------
    dict
        The study with only the selected cohorts, models and losses; each cohort has its `scheme`,
        `n_splits`, `ranks` (a list, ascending), `models` and `losses`, each model its complete
        `settings`; all have a `label`.

    Raises
    ------
    InputError
        One line: file, place and remedy.
    """
    _read_widths(config.get("figure_style"))
    check(config, "config", "config.yaml")
    _check_font(config["figure_style"]["font"])
    name = config["study"] or _default_study(config)
    path = root / "workflow" / "studies" / f"{name}.yaml"
    if not path.is_file():
        known = [file.stem for file in path.parent.glob("*.yaml")]
        raise InputError(f"config.yaml: unknown study '{name}': {nearest(name, known)}")
    study = read_yaml(path)
    check(study, "study", path.name)
    _bring_own(study, config)
    _check_known("model", study["baseline"], study["models"], f"{path.name}: baseline")
    all_models, all_losses = study["models"], study["losses"]
    if "claims" in study:
        _check_claims(study, root, path.name)
    for model in study.get("resamples", {}).get("models", []):
        _check_known("model", model, study["models"], f"{path.name}: resamples")
    for key in {"trace", "inference", "noise_floor"} & study.keys():
        cohort = study[key]["cohort"]
        _check_known("cohort", cohort, study["cohorts"], f"{path.name}: {key}")
    for cohort in study.get("complexity", {}).get("cohorts", []):
        _check_known("cohort", cohort, study["cohorts"], f"{path.name}: complexity: cohorts")
    for key in SELECTABLE:
        study[key] = _select(study[key], config.get(key), key)
    for cohort, entry in study["cohorts"].items():
        for key, known in (("models", all_models), ("losses", all_losses)):
            _complete_selection(entry, key, known, study[key], f"{path.name}: cohort '{cohort}'")
    if study["baseline"] not in study["models"]:
        raise InputError(
            f"config.yaml: models: the baseline '{study['baseline']}' has to be among them: add it"
        )
    if config.get("scheme"):
        study["scheme"] = config["scheme"]
        _check_known("scheme", study["scheme"], study["schemes"], "config.yaml")
    study["results"] = results_directory(name, config.get("catalogue"))
    study["name"] = Path(study["results"]).name
    study.setdefault("hypermutated", HYPERMUTATED)
    study.setdefault("dead_share", DEAD_SHARE)
    for cohort, entry in study["cohorts"].items():
        place = f"{path.name}: cohort '{cohort}': settings"
        _check_overrides(entry.setdefault("settings", {}), all_models, place)
    for model, entry in study["models"].items():
        place = f"{path.name}: model '{model}'"
        _complete_model(model, entry, study["losses"], place)
        for key in ("converges", "same_optimum"):
            if key in entry:
                _check_known("model", entry[key], all_models, f"{place}: {key}")
    study["noise"] = _complete_noise(study.get("noise", {}), f"{path.name}: noise")
    for cohort, entry in study["cohorts"].items():
        _complete_cohort(cohort, entry, study, config.get("n_splits"), root, path.name)
    for kind in ("models", "cohorts"):
        _check_labels(study[kind], f"{path.name}: {kind}")
    _check_files(study["references"], root, path.name)
    if "file" in study["references"].get("own", {}):
        _check_reference(study["references"]["own"]["file"], study["cohorts"], root)
    for figure, plan in study.get("released", {}).items():
        place = f"{path.name}: released: {figure}"
        _complete_released(plan, all_models, study["models"], root, place)
    if "trace" in study:
        _complete_trace(study, all_models, f"{path.name}: trace")
    if "inference" in study:
        _complete_inference(study, all_models, f"{path.name}: inference")
    if study.get("noise_floor", {}).get("cohort") not in study["cohorts"]:
        study.pop("noise_floor", None)  # it is not selected
    if "complexity" in study:
        _complete_complexity(study, all_models, path.name)
    return study


def _read_widths(style: Any) -> None:
    """Read the numbers of a figure style: Snakemake leaves them text in a mapping of --config."""
    for key in {"single_mm", "double_mm"} & set(style if isinstance(style, dict) else ()):
        with suppress(TypeError, ValueError):
            style[key] = float(style[key])


def _check_font(font: str) -> None:
    """Refuse a font that is not installed."""
    if font == SHIPPED_FONT:  # without the import, of which every job would pay the time
        return
    from matplotlib.font_manager import findfont, get_font_names

    try:
        findfont(font, fallback_to_default=False)
    except ValueError:
        place = f"config.yaml: figure_style: font '{font}' not installed"
        raise InputError(f"{place}: {nearest(font, set(get_font_names()))}") from None


def _default_study(config: dict[str, Any]) -> str:
    """Name the study of a config that names none."""
    if not config.get("catalogue"):
        return "demo"
    return "own-ranks" if config.get("rank") == "auto" else "own"


def _bring_own(study: dict[str, Any], config: dict[str, Any]) -> None:
    """Put the user's catalogue in the place of a study's cohorts; add their reference set."""
    if config.get("reference"):
        study["references"]["own"] = {"file": config["reference"]}
    file, rank = config.get("catalogue"), config.get("rank")
    if (file is None) != (rank is None):
        raise InputError(
            "config.yaml: catalogue and rank belong together: give both, such as "
            "catalogue=mine.tsv rank=5 (or rank=auto)"
        )
    if file:
        label = without_suffixes(file)
        study["cohorts"] = {own_name(file): {"file": file, "rank": rank, "label": label}}
        check(study, "study", f"config.yaml: catalogue {file}")
        study["title"] += f": {label}"
        for key in OF_THE_PAPER:
            study.pop(key, None)


class _Loader(yaml.SafeLoader):
    """YAML in which a key that is given twice is an error: the first entry would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen = []
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"key '{key.value}' is given twice", problem_mark=key.start_mark
                )
            seen.append(key.value)
        return super().construct_mapping(node, deep)


def read_yaml(path: Path) -> Any:
    """Read a YAML file.

    Raises
    ------
    InputError
        If it is no YAML or has a key twice, with the line.
    """
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1
        raise InputError(f"{path.name}: line {line}: not valid YAML: {error.problem}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise InputError(f"{path.name}: not valid YAML: {reason}") from None


def check(document: Any, schema: str, place: str) -> None:
    """Check a document against ``workflow/schemas/{schema}.schema.json``.

    Raises
    ------
    InputError
        The first disagreement, in one line, with the nearest known key or value.
    """
    rules = json.loads((WORKFLOW / "schemas" / f"{schema}.schema.json").read_text("utf-8"))
    errors = list(Draft202012Validator(rules).iter_errors(document))
    if errors:
        first = min(errors, key=lambda error: [str(part) for part in error.absolute_path])
        where = ".".join(str(part) for part in first.absolute_path)
        raise InputError(f"{place}: {where + ': ' if where else ''}{_explain(first)}")


def _explain(error: ValidationError) -> str:
    """Say in plain words what a value has to be."""
    value, wanted = error.instance, error.validator_value
    match error.validator:
        case "additionalProperties":
            known = error.schema.get("properties", {})
            key = next(key for key in value if key not in known)
            return f"unknown key '{key}': {nearest(key, known)}"
        case "required":
            missing = next(key for key in wanted if key not in value)
            return f"key '{missing}' is missing"
        case "enum":
            return f"unknown value '{value}': {nearest(value, wanted)}"
        case "type":
            kinds = [wanted] if isinstance(wanted, str) else wanted
            return f"{value!r} has to be {' or '.join(KINDS[kind] for kind in kinds)}"
        case "pattern":
            return f"{value!r} {error.schema['remedy']}"
        case "oneOf" if all("required" in choice for choice in wanted):
            choices = [" and ".join(choice["required"]) for choice in wanted]
            return f"give either {' or '.join(choices)}"
        case "exclusiveMinimum":
            return f"{value} has to be above {wanted}"
        case "minItems":
            return f"{error.message}: give at least one"
        case "uniqueItems":
            return f"{error.message}: give each only once"
        case _:
            said = " ".join(error.message.split())
            return said if len(said) <= MOST_SAID else f"{said[:MOST_SAID]} ..."


def _check_known(kind: str, name: str, known: Iterable[str], place: str) -> None:
    """Refuse a name that is not known, with the nearest one."""
    if name not in known:
        raise InputError(f"{place}: unknown {kind} '{name}': {nearest(name, known)}")


def _select(entries: Any, wanted: Any, key: str) -> Any:
    """Keep the wanted entries, in the study's order; a text may name several, with commas."""
    if wanted is None:
        return entries
    names = [name.strip() for name in wanted.split(",")] if isinstance(wanted, str) else wanted
    for name in names:
        _check_known(SELECTABLE[key], name, entries, f"config.yaml: {key}")
    if isinstance(entries, dict):
        return {name: entry for name, entry in entries.items() if name in names}
    return [entry for entry in entries if entry in names]


def _complete_model(model: str, entry: dict[str, Any], losses: list[str], place: str) -> None:
    """Check method, losses and settings of a model; fill in its label and defaults."""
    entry.setdefault("label", model)
    settings = methods.make_settings(entry["method"], entry.get("settings", {}), place)
    entry["settings"] = vars(settings).copy()
    known = methods.load(entry["method"]).LOSSES
    for loss in losses:
        if loss not in known:
            raise InputError(
                f"{place}: method {entry['method']} has no loss '{loss}': {nearest(loss, known)}"
            )
        try:
            if hasattr(settings, "check_loss"):
                settings.check_loss(loss)
        except ValueError as error:
            raise InputError(f"{place}: {error}") from None


def _complete_noise(noise: dict[str, Any], place: str) -> dict[str, Any]:
    """Check the parameters that are given; those that are not are estimated."""
    for key, loss in (("alpha", "nb"), ("power", "tweedie")):
        if noise.get(key, "estimate") != "estimate":
            try:
                Loss(loss, noise[key])
            except ValueError as error:
                raise InputError(f"{place}: {key}: {error}") from None
    return {"alpha": "estimate", "power": "estimate"} | noise


def _check_claims(study: dict[str, Any], root: Path, file: str) -> None:
    """Check the claims and the values of the paper against the whole study."""
    for key in ("file", "reference", "deposited"):
        path = study["claims"].get(key)
        if path and not (root / path).is_file():
            raise InputError(f"{file}: claims: no such file: {path}; paths start at {root}")
    path = study["claims"]["file"]
    claims = read_yaml(root / path)
    check(claims, "claims", path)
    minimum_effects = read_yaml(root / MINIMUM_EFFECTS)
    check(minimum_effects, "minimum_effects", MINIMUM_EFFECTS)
    for claim in claims:
        place = f"{path}: {claim['id']}"
        of = f"{MINIMUM_EFFECTS}, which every metric of a claim has to be in"
        _check_known("metric", claim["metric"], minimum_effects, f"{place}: {of}")
        known = _known_to_claims(claim, study, place)
        for kind, key in (("cohort", "cohorts"), ("model", "models"), ("loss", "losses")):
            for name in claim[key]:
                _check_known(kind, name, known[key], place)
        fair = claim.get("refereed", {})
        for name in fair.get("models", []):
            _check_known("model", name, known["models"], f"{place}: refereed")
        for side in fair.get("draws", []):
            for cohort in claim["cohorts"]:
                at = f"{place}: refereed: draws: {side}"
                _check_known("cohort", f"{cohort}-{side}", study["cohorts"], at)
    if "reference" in study["claims"]:
        paper_values(root / study["claims"]["reference"], study["cohorts"], study["models"])
    if "deposited" in study["claims"]:
        _check_deposited(study, root, file)


def _known_to_claims(
    claim: dict[str, Any], study: dict[str, Any], place: str
) -> dict[str, list[str]]:
    """List the cohorts, models and losses that a claim can be about; refuse half a slope."""
    plan, of_slope = study.get("complexity", {}), claim["metric"] == "slope"
    models = [*claim["models"], *claim.get("refereed", {}).get("models", [])]
    timed = (claim["metric"], claim["set"]) == ("seconds", "train")
    wrong = [
        (
            of_slope and not plan,
            "metric slope: the study has no part on complexity: add the key complexity, or leave "
            "the claim out",
        ),
        (
            of_slope != ("exponent" in claim),
            "metric slope and key 'exponent' belong together: give both, or leave both out",
        ),
        (
            of_slope != (claim["set"] in VARIED),
            f"metric {claim['metric']} has no set '{claim['set']}': samples and ranks are the sets "
            "of a slope, and of nothing else: give another",
        ),
        (len(claim["models"]) != (1 if of_slope else 2), "models: give two, of a slope one"),
        (of_slope and "refereed" in claim, "refereed: nothing referees a slope: leave it out"),
        (
            PRINTED in models and not of_slope and not (timed and "cohorts" in plan),
            f"models: '{PRINTED}' is only timed: of training seconds, on the cohorts of the key "
            "complexity, and of slopes: take another",
        ),
    ]
    for there, message in wrong:
        if there:
            raise InputError(f"{place}: {message}")
    if of_slope:
        return {"cohorts": [SIZES], "models": [*plan["models"], PRINTED], "losses": study["losses"]}
    return {key: [*study[key], *[PRINTED] * (key == "models")] for key in SELECTABLE}


def _check_deposited(study: dict[str, Any], root: Path, file: str) -> None:
    """Refuse deposited numbers of other models or splits than those of the study."""
    known = {"cohort": study["cohorts"], "model": study["models"], "loss": study["losses"]}
    path = study["claims"]["deposited"]
    table = _read(lambda path: deposited_scores(path, known), path, root)
    splits = table[table["split"] != "consensus"]
    for cohort, last in splits["split"].astype(int).groupby(splits["cohort"]).max().items():
        scheme = study["cohorts"][cohort].get("scheme", study["scheme"])
        plan = study["schemes"].get(scheme, {})
        place = f"{file}: cohort '{cohort}'"
        there = _count_published(root / plan["table"], cohort, place) if "table" in plan else 0
        if last >= there:
            raise InputError(
                f"{path}: split {last} of cohort '{cohort}' is none of the {there} published ones "
                f"of its scheme '{scheme}': give the cohort the splits of the deposit, or leave "
                "deposited out"
            )


def _check_labels(entries: dict[str, dict[str, Any]], place: str) -> None:
    """Refuse two entries that a reader could not tell apart."""
    names: dict[str, str] = {}
    for name, entry in entries.items():
        if entry["label"] in names:
            raise InputError(
                f"{place}: '{names[entry['label']]}' and '{name}' have the same label "
                f"'{entry['label']}': give one of them another"
            )
        names[entry["label"]] = name


def _check_overrides(
    overrides: dict[str, dict[str, Any]], models: dict[str, Any], place: str
) -> None:
    """Check what a cohort says otherwise than the models' settings; numbers get their kind."""
    for model, given in overrides.items():
        _check_known("model", model, models, place)
        settings = vars(methods.make_settings(models[model]["method"], given, place))
        overrides[model] = {key: settings[key] for key in given}


def _complete_cohort(
    cohort: str,
    entry: dict[str, Any],
    study: dict[str, Any],
    limit: int | None,
    root: Path,
    file: str,
) -> None:
    """Check scheme and files of a cohort; fill in its label, scheme, ranks, number of splits."""
    place = f"{file}: cohort '{cohort}'"
    entry.setdefault("label", cohort)
    for model in entry["models"]:
        _check_supervision(model, study["models"][model]["settings"], entry, place)
    entry.setdefault("scheme", study["scheme"])
    _check_known("scheme", entry["scheme"], study["schemes"], place)
    scheme = study["schemes"][entry["scheme"]]
    if "table" in scheme:
        there = _count_published(root / scheme["table"], cohort, place)
        entry["n_splits"] = min(limit or there, there)
    elif "folds" in scheme:
        there = min(scheme.get("n_splits", scheme["folds"]), scheme["folds"])
        entry["n_splits"] = min(limit or there, there)
    else:
        entry["n_splits"] = limit or scheme["n_splits"]
    _check_files(entry, root, place)
    catalogue = _read(read_catalogue, entry["file"], root) if "file" in entry else None
    entry["ranks"] = _ranks(entry["rank"], catalogue, place)
    if catalogue is not None:
        check_rank(catalogue, max(entry["ranks"]), cohort=cohort)
    if entry["scheme"] == THINNING:
        _check_thinning(cohort, entry, catalogue, study, place)
    if "signal" in entry and "signal" not in study["references"]:
        raise InputError(f"{place}: signal needs the Signal signatures: add references.signal")
    if "truth" in entry and "simulate" in entry:
        raise InputError(f"{place}: truth and simulate: a simulated cohort has its truth, drop one")
    if "draw" in entry and "exposures" not in entry.get("truth", {}):
        raise InputError(
            f"{place}: draw: counts are drawn around the true means: add truth.exposures, or leave "
            "draw out"
        )


def _check_thinning(
    cohort: str,
    entry: dict[str, Any],
    catalogue: pd.DataFrame | None,
    study: dict[str, Any],
    place: str,
) -> None:
    """Refuse a loss without thinned counts, and counts that a fold takes all of.

    The noise job looks at the latter again where the dispersion is estimated, and the job of the
    splits where the counts are not read yet.
    """
    if "tweedie" in entry["losses"]:
        raise InputError(
            f"{place}: scheme {THINNING} has no loss tweedie, whose values are continuous: name "
            "the cohort's losses without it"
        )
    folds = study["schemes"][THINNING]["folds"]
    given = study["noise"]["alpha"]
    alphas = [None, given] if "nb" in entry["losses"] and given != "estimate" else [None]
    for alpha in alphas if catalogue is not None else []:
        check_thinned(catalogue, folds, study["seed"], cohort, alpha)


def _read(read: Callable[[Path], pd.DataFrame], file: str, root: Path) -> pd.DataFrame:
    """Read a file, for what is wrong with it to be told before any job, by the name it has."""
    try:
        return read(root / file)
    except InputError as error:
        raise InputError(str(error).replace(str(root / file), file)) from None


def _ranks(rank: int | list[int] | str, catalogue: pd.DataFrame | None, place: str) -> list[int]:
    """List the ranks of a cohort, ascending."""
    if rank != "auto":
        return sorted(map(int, rank if isinstance(rank, list) else [rank]))
    n_samples = 3 * MOST_RANKS if catalogue is None else catalogue.shape[1]
    if n_samples < 9:
        raise InputError(
            f"{place}: rank auto: {n_samples} samples are too few to compare even 2 and 3 "
            "signatures: give a rank, or add samples (at least 9)"
        )
    return list(range(2, min(MOST_RANKS, n_samples // 3) + 1))


def _check_reference(file: str, cohorts: dict[str, Any], root: Path) -> None:
    """Refuse a reference set with fewer signatures than there are to be matched."""
    n_signatures = _read(read_signatures, file, root).shape[1]
    rank = max(max(entry["ranks"]) for entry in cohorts.values())
    if n_signatures < rank:
        raise InputError(
            f"{file}: {n_signatures} reference signature(s) cannot be matched one to one to "
            f"{rank}: add signatures, or lower the rank"
        )


def _complete_selection(
    entry: dict[str, Any], key: str, known: Iterable[str], selected: Iterable[str], place: str
) -> None:
    """Keep the models or losses that a cohort names and that are selected; all if it names none."""
    for name in entry.get(key, []):
        _check_known(SELECTABLE[key], name, known, f"{place}: {key}")
    entry[key] = [name for name in selected if name in entry.get(key, known)]


def _check_supervision(
    model: str, settings: dict[str, Any], entry: dict[str, Any], place: str
) -> None:
    """Refuse a supervised model where there is no truth or another loss than the squared error."""
    if not settings.get("supervised"):
        return
    if "simulate" not in entry and "exposures" not in entry.get("truth", {}):
        raise InputError(
            f"{place}: model '{model}' is supervised and needs true exposures: add "
            "truth.exposures, or name the cohort's models without it"
        )
    if entry["losses"] != ["mse"]:
        raise InputError(
            f"{place}: model '{model}' is supervised, which has the loss mse alone: name the "
            "cohort's losses, or its models without it"
        )


def _chosen(
    names: Iterable[str], models: Iterable[str], selected: Iterable[str], place: str
) -> list[str]:
    """Check that models exist, and keep those that are selected."""
    for name in names:
        _check_known("model", name, models, place)
    return [name for name in names if name in selected]


def _complete_released(
    plan: dict[str, Any], models: Iterable[str], selected: Iterable[str], root: Path, place: str
) -> None:
    """Check source and models of a figure that was released; keep the models selected."""
    _check_files({"source": plan["source"]}, root, place)
    for key in ("models", "against"):
        plan[key] = _chosen(plan[key], models, selected, f"{place}: {key}")


def _complete_trace(study: dict[str, Any], models: dict[str, Any], place: str) -> None:
    """Check the models to be followed; keep those that are selected, with their cohort."""
    plan = study["trace"]
    chosen = _chosen(plan["models"], models, study["models"], f"{place}: models")
    # Of all its models: that those with a setting are not selected makes it no mistake.
    named = [methods.load(models[model]["method"]).Settings() for model in plan["models"]]
    known = {key for settings in named for key in vars(settings)}
    plan["models"] = {model: plan["models"][model] for model in chosen}
    for model in chosen:
        _check_capped(model, study["models"][model]["settings"], place)
    for key in plan.get("settings", {}):
        _check_known("setting", key, known, f"{place}: settings")
    if plan["cohort"] not in study["cohorts"] or not chosen:
        del study["trace"]  # it is not selected


def _complete_inference(study: dict[str, Any], models: dict[str, Any], place: str) -> None:
    """Check the models whose inference is measured; drop what is not selected."""
    plan, selected = study["inference"], study["models"]
    plan["networks"] = _chosen(plan["networks"], models, selected, f"{place}: networks")
    signatures = _chosen([plan["signatures"]], models, selected, f"{place}: signatures")
    plan["models"] = plan["networks"] + signatures
    if plan["cohort"] not in study["cohorts"] or not signatures:
        del study["inference"]


def _check_capped(model: str, settings: dict[str, Any], place: str) -> None:
    """Refuse a model that does not say how many updates it takes."""
    if settings.get("solver") == "l-bfgs" or not settings.keys() & {"max_iterations", "steps"}:
        raise InputError(
            f"{place}: models: '{model}' cannot be run for a number of updates: leave it out"
        )


def _complete_complexity(study: dict[str, Any], models: dict[str, Any], file: str) -> None:
    """Check the grid on which complexity is measured; keep models and cohorts that are selected."""
    plan, selected, place = study["complexity"], study["models"], f"{file}: complexity"
    for key, rank, n_samples in (
        ("rank", plan["rank"], min(plan["samples"])),
        ("ranks", max(plan["ranks"]), plan["n_samples"]),
    ):
        limit = min(len(CHANNELS), n_samples)
        if rank >= limit:
            raise InputError(
                f"{place}: {key}: {rank} does not fit {len(CHANNELS)} channels and {n_samples} "
                f"samples: choose less than {limit}"
            )
    cohorts = plan.get("cohorts", [])
    if cohorts and models.get(SAME_STEPS, {}).get("method") != SAME_STEPS:
        raise InputError(
            f"{place}: cohorts: the iterations of {PRINTED} are those of a model '{SAME_STEPS}' of "
            "that method: add it to the models, or leave cohorts out"
        )
    plan["cohorts"] = [name for name in cohorts if name in study["cohorts"]]
    plan["models"] = _chosen(plan["models"], models, selected, f"{place}: models")
    for model in plan["models"]:
        _check_capped(model, selected[model]["settings"], place)


def _count_published(path: Path, cohort: str, place: str) -> int:
    """How many splits a table of published ones has for a cohort."""
    try:
        cohorts = pd.read_csv(path, sep="\t", usecols=["cohort", "split"]).drop_duplicates()[
            "cohort"
        ]
    except (OSError, ValueError) as error:
        raise InputError(f"{place}: no table of splits: {' '.join(str(error).split())}") from None
    there = int((cohorts == cohort).sum())
    if not there:
        raise InputError(
            f"{place}: {path.name} has no splits for it ({nearest(cohort, cohorts.unique())}): "
            "give the cohort another scheme"
        )
    return there


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
