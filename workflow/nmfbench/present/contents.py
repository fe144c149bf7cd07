"""What the page of a study is made of: its tables and figures, in reading order.

Each is a module of `tables` or `figures`, which declares, as plain values,

TITLE : what it is called
READS : the result tables that it is made from, without ``.tsv``; ``cosmic`` are the signatures of
    COSMIC
PER : of what there is a file each: "loss"; "training", as published and to convergence; "figure" of
    a paper; "cohort"; or "cohorts", one for all of them unless they have several ranks
WHEN : which studies have it, a word of `CONDITIONS`

and has ``make(*tables, study)`` or ``draw(*tables, study)``, with the loss or the figure as a last
argument where PER has one. The tables come in the order of READS; one that a study does not have is
None. Declarations are read here without running the module: matplotlib takes a second to load.
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from nmfbench.data.thinning import THINNING
from nmfbench.errors import InputError, nearest
from nmfbench.factorize.losses import WITH_PARAMETER
from nmfbench.present.panels import About, Study

#: The page, from top to bottom.
ORDER = (
    "table noise",
    "figure residuals",
    "figure features",
    "figure profile",
    "figure likelihood",
    "figure claims",
    "table claims",
    "table recovery",
    "table ranks",
    "figure ranks",
    "table errors",
    "figure released",
    "table paired",
    "table matches",
    "figure errors",
    "figure pca",
    "figure agreement",
    "figure consistency",
    "figure convergence",
    "figure splitmatches",
    "figure profiles",
    "figure concept",
    "table complexity",
    "figure complexity",
    "figure trace",
    "figure inference",
    "table floor",
)

DIMENSIONS = ("loss", "training", "figure", "cohort", "cohorts")
ROOM = Path(__file__).parent


def several_ranks(study: Study) -> bool:
    """Whether cohorts are fitted at several ranks: too much to show each of them."""
    return any(len(cohort["ranks"]) > 1 for cohort in study["cohorts"].values())


def noise_models(study: Study) -> bool:
    """Whether noise models with a parameter are compared with the Poisson model."""
    losses = study["losses"]
    return "kld" in losses and any(loss in WITH_PARAMETER for loss in losses)


def has_truth(cohort: Mapping[str, object]) -> bool:
    """Whether the true signatures of a cohort are known."""
    return bool({"truth", "simulate"} & cohort.keys())


def _test_samples(study: Study) -> bool:
    # Thinned counts are no counts of test samples: they have no likelihood.
    return any(cohort["scheme"] != THINNING for cohort in study["cohorts"].values())


#: Words for the studies that have a table or figure.
CONDITIONS: dict[str, Callable[[Study], bool]] = {
    "always": lambda study: True,
    "one rank": lambda study: not several_ranks(study),
    "several ranks": several_ranks,
    # A paper's figures stand in the place of those of every model, too many to read.
    "no released figures": lambda study: not several_ranks(study) and "released" not in study,
    "released figures": lambda study: "released" in study,
    "true signatures": lambda study: any(map(has_truth, study["cohorts"].values())),
    "noise models": noise_models,
    "noise models of samples": lambda study: noise_models(study) and _test_samples(study),
    "claims": lambda study: "claims" in study,
    "concept": lambda study: "concept" in study,
    "complexity": lambda study: "complexity" in study,
    "trace": lambda study: "trace" in study,
    "inference": lambda study: "inference" in study,
    "noise floor": lambda study: "noise_floor" in study,
}

#: The result tables, and the studies that have them.
RESULTS = {
    "scores": "always",
    "paired": "always",
    "points": "always",
    "signatures": "always",
    "matches": "always",
    "claims": "claims",
    "released": "released figures",
    "ranks": "several ranks",
    "concept": "concept",
    "complexity": "complexity",
    "trace": "trace",
    "inference": "inference",
    "floor": "noise floor",
    "noise": "noise models",
    "residuals": "noise models",
}
COSMIC = "cosmic"


@dataclass(frozen=True)
class Item:
    """A kind of table or figure: what its module declares (see above)."""

    kind: str
    name: str
    title: str
    reads: tuple[str, ...]
    per: tuple[str, ...]
    when: str

    @property
    def module(self) -> str:
        """Its file, within the package."""
        return f"present/{self.kind}s/{self.name}.py"

    def wanted(self, study: Study) -> bool:
        """Whether the page of a study has it."""
        return CONDITIONS[self.when](study)

    def paths(self, study: Study) -> list[str]:
        """Where a study has its files, less their suffix, below its results."""
        losses = study["losses"] if "loss" in self.per else [""]
        of = [*study.get("released", {})] if "figure" in self.per else losses
        both = any("converges" in model for model in study["models"].values())
        trained = ["", "converged"] if "training" in self.per and both else [""]
        names = [".".join(filter(None, (self.name, x, y))) for x in of for y in trained]
        if self.kind == "table":
            return [f"tables/{name}" for name in names]
        return [f"figures/{x}/{name}" for x in self._cohorts(study) for name in names]

    def _cohorts(self, study: Study) -> list[str]:
        cohorts = list(study["cohorts"])
        each = "cohorts" in self.per and (len(cohorts) == 1 or several_ranks(study))
        return cohorts if each or "cohort" in self.per else ["all"]

    def part(self, about: About, study: Study) -> Study:
        """Give the study with no models and cohorts but those that one of its files is about."""
        models, cohorts = study["models"], study["cohorts"]
        if "training" in self.per:
            converged = bool(about.trained)
            models = {name: m for name, m in models.items() if ("converges" in m) == converged}
        if about.cohort != "all":
            cohorts = {about.cohort: cohorts[about.cohort]}
        return study | {"models": models, "cohorts": cohorts}


def results_of(study: Study) -> list[str]:
    """Names of the result tables that a study has."""
    return [name for name, when in RESULTS.items() if CONDITIONS[when](study)]


def contents(room: Path = ROOM, order: tuple[str, ...] = ORDER) -> list[Item]:
    """Read what the tables and figures declare, in the order of the page.

    Raises
    ------
    InputError
        If a module is not there, declares nothing, something unknown or too little, or is twice in
        the order.
    """
    items = []
    for place in order:
        kind, name = place.split(" ")
        item = read_item(room / f"{kind}s" / f"{name}.py", kind)
        if item in items:
            raise InputError(f"{room.name}/contents.py: '{place}' is there twice: leave one out")
        items.append(item)
    return items


def read_item(path: Path, kind: str) -> Item:
    """Read what one module declares; see `contents`."""
    where = f"{path.parent.name}/{path.name}"
    if not path.is_file():
        raise InputError(f"{where}: no such module: write it, or take it out of contents.py")
    tree = ast.parse(path.read_bytes())
    found = dict(_declared(tree, where))
    for name in ("TITLE", "READS", "PER", "WHEN"):
        if name not in found:
            raise InputError(f"{where}: {name} is missing: declare it as contents.py says")
    known = {"READS": [*RESULTS, COSMIC], "PER": DIMENSIONS, "WHEN": CONDITIONS}
    for name, words in known.items():
        values = [found[name]] if name == "WHEN" else found[name]
        for value in values:
            if value not in words:
                raise InputError(f"{where}: {name} has '{value}': {nearest(value, words)}")
    wanted = "make" if kind == "table" else "draw"
    if wanted not in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}:
        raise InputError(f"{where}: it has no function {wanted}: write it as contents.py says")
    title, reads, per, when = (found[name] for name in ("TITLE", "READS", "PER", "WHEN"))
    return Item(kind, path.stem, title, tuple(reads), tuple(per), when)


def _declared(tree: ast.Module, where: str) -> Iterator[tuple[str, object]]:
    """Names and plain values that a module gives at its top."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name in ("TITLE", "READS", "PER", "WHEN"):
                try:
                    yield name, ast.literal_eval(node.value)
                except ValueError:
                    raise InputError(f"{where}: {name} is no plain value: write it out") from None
