"""The parameters of the noise models."""

import pandas as pd

from nmfbench.compare.residuals import parameters
from nmfbench.compare.rows import rows_where
from nmfbench.present.panels import Study, divisions
from nmfbench.present.tables.render import NONE, Block, Cell, Column, Table, number

TITLE = "Noise: parameters"
READS = ("noise",)
PER = ()
WHEN = "noise models"


def make(noise: pd.DataFrame, study: Study) -> Table:
    """Make the table of noise parameters.

    Parameters
    ----------
    noise : DataFrame
        As from `nmfbench.factorize.noise.estimate`, with cohort, scheme, k and split.
    study : mapping
        Cohorts, their labels, and the ``noise`` that they were simulated with.

    Returns
    -------
    Table
        One block per cohort, one row per K.
    """
    columns = [Column("K"), *(Column(name, "Negative binomial") for name in ("alpha", "range"))]
    columns += [Column(name, "Tweedie") for name in ("p", "range", "phi")]
    blocks, rows = [], []
    for (cohort, scheme), label in divisions(noise, study).items():
        true = study["cohorts"][cohort].get("noise", {})
        if true:
            label += ": simulated with " + ", ".join(f"{k} = {v:g}" for k, v in true.items())
        lines = []
        for k, of_rank in rows_where(noise, cohort=cohort, scheme=scheme).groupby("k"):
            alpha, power, phi = parameters(of_rank)
            values = {"alpha": alpha, "power": power, "phi": phi}
            rows.append({"cohort": cohort, "scheme": scheme, "k": k} | values)
            texts = [str(k), number(alpha), _range(of_rank, "nb")]
            texts += [number(power), _range(of_rank, "tweedie"), number(phi)]
            lines.append([Cell(text) for text in texts])
        blocks.append(Block(label, lines))
    notes = [
        "alpha: dispersion, the variance of a count of mean m is m + alpha m²; maximum likelihood "
        "at the means of a Poisson NMF of the same K. p, phi: the variance is phi m^p; profile "
        "likelihood over a grid of p from 1.05 to 1.95. Means over the splits, each from its "
        "training samples, and their range. Where counts are thinned: of all samples, by moments "
        "that allow for the parameters of that NMF (Breslow 1984), and taken at the largest K."
    ]
    title = f"Parameters of the noise models. {study['title']}"
    return Table("noise", title, pd.DataFrame(rows), columns, blocks, notes)


def _range(noise: pd.DataFrame, loss: str) -> str:
    """Write the lowest and the highest parameter of the splits."""
    values = rows_where(noise, loss=loss, chosen=1)["parameter"]
    if values.dropna().empty:
        return NONE
    return f"{number(values.min(), 3)} to {number(values.max(), 3)}"
