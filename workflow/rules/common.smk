# The study and what follows from it: names, paths, and the code a rule depends on.
import sys
from functools import cache
from pathlib import Path

from nmfbench.data.sources import mirror_directory
from nmfbench.data.thinning import THINNING
from nmfbench.errors import InputError
from nmfbench.factorize.complexity import SIZES
from nmfbench.factorize.gpu import fits_together
from nmfbench.factorize.losses import WITH_PARAMETER
from nmfbench.factorize.methods import is_convex, make_settings
from nmfbench.imports import files_imported
from nmfbench.present.contents import contents, has_truth, noise_models, results_of
from nmfbench.present.panels import about_path
from nmfbench.provenance import check_same_catalogue, describe_run, what_changed, who_locks
from nmfbench.study import chunks, load_study

try:
    STUDY = load_study(config)
    CONTENTS = contents()
    mirror_directory(config.get("mirror"))  # a wrong one ends the run here
    # What the results are made from, and whether they were before.
    RUN = describe_run(STUDY, config)
    RUN_RECORD = f"{STUDY['results']}/run.json"
    check_same_catalogue(RUN_RECORD, RUN)
    if workflow.is_main_process:
        for line in filter(None, (who_locks(), what_changed(RUN_RECORD, RUN))):
            print(line, file=sys.stderr)
except InputError as error:
    # One line; a WorkflowError would add three about this file.
    raise SystemExit(f"error: {error}") from None

RESULTS = STUDY["results"]
COHORTS = STUDY["cohorts"]
MODELS = STUDY["models"]
LOSSES = STUDY["losses"]

# Model as published -> the model that is its training to convergence.
CONVERGED = {model["converges"]: name for name, model in MODELS.items() if "converges" in model}

# Losses whose parameter is estimated.
NOISE_LOSSES = [loss for loss in LOSSES if loss in WITH_PARAMETER]

# Models whose signatures are combinations of the samples' profiles.
CONVEX = [name for name, model in MODELS.items() if is_convex(model["method"])]

# Models that are given true exposures.
SUPERVISED = [name for name, model in MODELS.items() if model["settings"].get("supervised")]

# Of every rule; used with --software-deployment-method conda only.
ENVIRONMENT = f"../../envs/nmfbench{'-gpu' if config['device'] == 'cuda' else ''}.yaml"

# One cohort, divided by its scheme, at one of its ranks, for one loss.
CELL = "{cohort}/{scheme}/{loss}/k{rank}"

# The same for all its losses together.
ACROSS = "{cohort}/{scheme}/k{rank}"

# The files of one job, less their suffix: consecutive splits of one model.
FIT = f"{RESULTS}/fits/{{cohort}}/{{scheme}}/{{model}}/{{loss}}/k{{rank}}/{{chunk}}"


wildcard_constraints:
    cohort="|".join(COHORTS),
    model="|".join(MODELS),
    loss="|".join(LOSSES),
    scheme="|".join(STUDY["schemes"]),
    rank=r"\d+",
    chunk=r"splits\d+-\d+",


# What lies beside the rooms and changes no number.
NO_NUMBERS = {
    f"workflow/nmfbench/{name}.py" for name in ("__init__", "cli", "errors", "provenance")
}


@cache
def code(*files):
    """Files of workflow/ and what they import: as inputs, so that a change reruns just that."""
    paths = [f"workflow/{file}" for file in files]
    for path in paths:
        paths += [x for x in files_imported(path, "workflow") if x not in {*paths, *NO_NUMBERS}]
    return paths


def method_files(models):
    """The files of the methods that models are of."""
    methods = dict.fromkeys(MODELS[model]["method"] for model in models)
    return [f"nmfbench/factorize/methods/{name.replace('-', '_')}.py" for name in methods]


def located(entry):
    """Path of a file that is shipped ("file") or fetched ("source")."""
    return entry["file"] if "file" in entry else f"resources/downloads/{entry['source']}"


def library(name, cohort):
    """Path of a library of signatures, if the study has it and the cohort counts mutations."""
    there = name in STUDY["references"] and "words" not in COHORTS[cohort]
    return located(STUDY["references"][name]) if there else []


def signal_of(wildcards):
    """Path of the organ-specific signatures, if the cohort has any."""
    there = "signal" in COHORTS[wildcards.cohort]
    return located(STUDY["references"]["signal"]) if there else []


def observed_signatures():
    """Path of the list of signatures seen before, if the study has one."""
    there = "observed" in STUDY["references"]
    return located(STUDY["references"]["observed"]) if there else []


def resampled_of(wildcards, loss=None):
    """Paths, none or one, of a cell's signatures of cohorts drawn anew."""
    of = {**wildcards, "loss": loss or wildcards.get("loss")}
    path = f"{RESULTS}/resampled/{CELL}.npz".format(**of)
    return [path] if is_resampled(int(wildcards.rank)) else []


def is_resampled(rank):
    """Whether cohorts are drawn anew and fitted at a rank."""
    return rank in STUDY.get("resamples", {"ranks": []}).get("ranks", [rank])


def cells(pattern, wanted=lambda rank: True):
    """Fill a pattern with cohort, scheme, loss and rank of every cell, or those of wanted ranks."""
    return [
        pattern.format(cohort=name, scheme=cohort["scheme"], rank=rank, loss=loss)
        for name, cohort in COHORTS.items()
        for rank in filter(wanted, cohort["ranks"])
        for loss in cohort["losses"]
    ]


def cohort_of(plan):
    """The cohort that a part of the supplement is about; one of nothing where there is no plan."""
    return COHORTS.get(plan.get("cohort"), {"scheme": "-", "losses": [], "ranks": [0]})


def has_counts(cohort):
    """Whether a cohort's catalogue is in a file, and not drawn anew."""
    return bool({"source", "file"} & COHORTS[cohort].keys()) and "draw" not in COHORTS[cohort]


def has_exposures(cohort):
    """Whether the true exposures of a cohort are in a file."""
    return "exposures" in COHORTS[cohort].get("truth", {})


def true_signatures(cohort):
    """Path of a cohort's true signatures, if there are any."""
    return f"{RESULTS}/cohorts/{cohort}/true_signatures.tsv" if has_truth(COHORTS[cohort]) else []


def true_exposures(cohort):
    """Path of a cohort's true exposures, if there are any."""
    known = "simulate" in COHORTS[cohort] or has_exposures(cohort)
    return f"{RESULTS}/cohorts/{cohort}/true_exposures.tsv" if known else []


def noise_of(wildcards):
    """Path of the parameters of a loss that has one: as an input of what uses it.

    Counts are thinned alike for all ranks, by the dispersion at the largest.
    """
    if wildcards.loss not in NOISE_LOSSES:
        return []
    largest = max(COHORTS[wildcards.cohort]["ranks"])
    rank = largest if wildcards.scheme == THINNING else wildcards.rank
    return f"{RESULTS}/noise/{ACROSS}.tsv".format(**dict(wildcards) | {"rank": rank})


def folds_of(wildcards):
    """Into how many folds the counts of a cohort are divided; 0 where it is the samples."""
    return STUDY["schemes"][THINNING]["folds"] if wildcards.scheme == THINNING else 0


def settings_of(model, cohort):
    """The model's settings, with what the cohort says otherwise."""
    return MODELS[model]["settings"] | COHORTS[cohort]["settings"].get(model, {})


def on_device(wildcards):
    """The device of a fit: the configuration's where it can be used."""
    if config["device"] == "cpu":
        return "cpu"
    method = MODELS[wildcards.model]["method"]
    given = settings_of(wildcards.model, wildcards.cohort)
    settings = make_settings(method, given, f"model {wildcards.model}")
    return config["device"] if fits_together(method, wildcards.loss, settings) else "cpu"


def chunks_of(cohort):
    return chunks(COHORTS[cohort]["n_splits"], config["splits_per_job"])


def fit_files(cohort, models=None, **cell):
    """The fit files of models, or all, in one cell, flattened; records tell whole from damaged."""
    paths = [
        FIT.format(cohort=cohort, model=model, chunk=chunk, **cell)
        for model in models or COHORTS[cohort]["models"]
        for chunk in chunks_of(cohort)
    ]
    return {
        "factors": [f"{path}.npz" for path in paths],
        "rows": [f"{path}.tsv" for path in paths],
        "records": [f"{path}.json" for path in paths],
    }


def fits_of_cell(wildcards):
    """The fit files of a cell, as inputs."""
    return fit_files(**wildcards)


def baseline_fits(wildcards):
    """The fit files of the baseline under the KLD."""
    return fit_files(models=[STUDY["baseline"]], loss="kld", **wildcards)


def fits_of_losses(wildcards):
    """The fit files of all losses of a cohort at one rank."""
    each = [fit_files(loss=loss, **wildcards) for loss in COHORTS[wildcards.cohort]["losses"]]
    return {key: [path for files in each for path in files[key]] for key in each[0]}


def across_losses(pattern, ranks=slice(None)):
    """Fill a pattern with cohort, scheme and rank of all cohorts with the KLD and a noise model."""
    return [
        pattern.format(cohort=name, scheme=cohort["scheme"], rank=rank)
        for name, cohort in COHORTS.items()
        if "kld" in cohort["losses"] and not set(NOISE_LOSSES).isdisjoint(cohort["losses"])
        for rank in cohort["ranks"][ranks]
    ]


def reference_values():
    """Path of the values of a paper, or of those that it released, if there are any."""
    if "reference" in STUDY.get("claims", {}):
        return STUDY["claims"]["reference"]
    return f"{RESULTS}/released.tsv" if "released" in STUDY else []


def simulated_noise(cohort):
    """The parameters of the noise that a cohort is simulated with."""
    plan = cohort.get("simulate", cohort.get("draw", {}))
    found = {"alpha": plan["dispersion"]} if plan.get("dispersion") else {}
    return found | dict(zip(("power", "phi"), plan.get("tweedie", [])))
