# The study and what follows from it: names, paths, and the code a rule depends on.
from snakemake.exceptions import WorkflowError

from nmfbench.data.sources import mirror_directory
from nmfbench.errors import InputError
from nmfbench.study import chunks, load_study


try:
    STUDY = load_study(config)
    MIRROR = mirror_directory(config["mirror"])
except InputError as error:
    raise WorkflowError(str(error)) from None

RESULTS = f"results/{STUDY['name']}"
COHORTS = STUDY["cohorts"]
MODELS = STUDY["models"]
LOSSES = STUDY["losses"]

# One cohort, divided by its scheme, at its rank, for one loss.
CELL = "{cohort}/{scheme}/{loss}/k{rank}"


wildcard_constraints:
    cohort="|".join(COHORTS),
    model="|".join(MODELS),
    loss="|".join(LOSSES),
    scheme="|".join(STUDY["schemes"]),
    rank=r"\d+",
    chunk=r"splits\d+-\d+",


def code(*modules):
    """Source files of the package: as inputs, so that a change reruns just what depends on it."""
    return [f"workflow/nmfbench/{module}.py" for module in modules]


def located(entry):
    """Path of a file that is shipped ("file") or fetched ("source")."""
    return entry["file"] if "file" in entry else f"resources/downloads/{entry['source']}"


def cells(pattern):
    """Fill a pattern with the cohort, scheme, loss and rank of every cell of the study."""
    return [
        pattern.format(cohort=name, scheme=cohort["scheme"], rank=cohort["rank"], loss=loss)
        for name, cohort in COHORTS.items()
        for loss in LOSSES
    ]


def has_truth(cohort):
    return "truth" in COHORTS[cohort] or "simulate" in COHORTS[cohort]
