"""Draw the models of the papers side by side, and write their table: `make drawings`."""

from collections.abc import Sequence
from itertools import pairwise, product
from pathlib import Path

import yaml
from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, FancyBboxPatch

from nmfbench.factorize.methods import make_settings
from nmfbench.present import style

DOCS = Path(__file__).parent
STUDIES = DOCS.parent / "workflow/studies"
LIGHT = "#eef3f7"

PAGE = """\
# The architectures

![NMF and AE-NMF; multiplicative updates and the network that unfolds them](architectures.svg)

**Above**: NMF writes a catalogue V (channels × samples) as signatures S times exposures E. AE-NMF reads a row of V, one type of
mutation in all N samples, and gives it back through K linear units: what they hold is a row of the signatures, S = V W′, and the
weights that lead back are the exposures. Signatures are then mixtures of samples, which is what convex NMF asks of them: both have
one set of optima (Egendal et al. 2025, section 2.4; after their Figure 1). **Below**: multiplicative updates find the exposures h of
a sample v by one step repeated, with the matrices that the signatures give, until it settles. DNMF takes L of these steps, each with
matrices of its own that are learned (Nasser et al. 2021, after their Figures 1 and 2).

| | AE-NMF | DNMF | DSAE | MUSE-XAE |
|---|---|---|---|---|
| paper | Egendal et al. 2025 | Nasser et al. 2021 | Pei et al. 2020 | Pancotti et al. 2024 |
| an input is | a type of mutation in all samples | a sample | a type of mutation in all samples, divided by the largest count | a sample, on a logarithmic scale, noise added by the multinomial bootstrap |
| encoder | linear, N → K | {dnmf.layers} unfolded updates | N → 200 (of 1,536 types), ReLU | 96 → 128 → 64 → 32 → K, batch normalisation, softplus at the end |
| decoder | linear, K → N | linear, K → 96 | 200 → N, softmax | linear, K → 96 |
| biases | none | none | yes | in the encoder |
| signatures are | what the hidden units hold | the decoder, by least squares | what the hidden units hold, merged afterwards | the decoder's weights |
| exposures are | the decoder's weights | what the encoder gives | the decoder's weights | what the encoder gives |
| kept from being negative by | {values} values in the {ae.enforced} pass | cutting weights at zero after a step | ReLU, softmax | softplus, cutting weights at zero after a step |
| loss | MSE (KLD is ours) | MSE or KLD, penalties L1 and L2 | MSE, L1 of 1e-12 | Poisson, minimum volume of 0.001 |
| trained by | Adam, all samples at once, rate {ae.learning_rate:g}, {ae.dtype} | Adam, all samples at once, rate {dnmf.learning_rate:g} | Adam, batches of 32, rate 0.001 | Adam, batches of 64, rate 0.001 |
| until | the loss changes by less than {ae.tolerance:g}, relative | {dnmf.steps} steps are taken | 50 epochs are over | 30 epochs bring nothing on the validation samples, at most 1000 |
| start | U(0, {ae.start:g}) | all weights {dnmf.start:g}: least squares parts the signatures | Glorot | Glorot |
| here | `ae-nmf` in `egendal2025` | `dnmf` in `nasser2021` | not yet | not yet |

The columns of AE-NMF and DNMF are filled from the settings of those studies; the others as their papers and released code have it
(Table 1 of Egendal et al. 2025 compares AE-NMF, DSAE and MUSE-XAE).
"""


def page() -> str:
    """Fill the table from the settings that the studies run."""
    models = {
        name: yaml.safe_load((STUDIES / f"{study}.yaml").read_text("utf-8"))["models"][name]
        for name, study in (("ae-nmf", "egendal2025"), ("dnmf", "nasser2021"))
    }
    ae, dnmf = (
        make_settings(model["method"], model["settings"], name) for name, model in models.items()
    )
    return PAGE.format(
        ae=ae, dnmf=dnmf, values={"abs": "absolute", "projection": "projected"}[ae.nonnegativity]
    )


def _box(ax: Axes, x: float, y: float, width: float, height: float, text: str, colour: str) -> None:
    """Draw a matrix or a step, its middle at (x, y)."""
    corner = (x - width / 2, y - height / 2)
    shape = FancyBboxPatch(
        corner, width, height, "round,pad=0,rounding_size=0.8", fc=LIGHT, ec=colour, lw=1
    )
    ax.add_patch(shape)
    ax.text(x, y, text, ha="center", va="center", fontsize=8)


def _arrow(ax: Axes, start: tuple[float, float], end: tuple[float, float], **look: object) -> None:
    """Draw an arrow."""
    defaults = {"arrowstyle": "-|>", "mutation_scale": 7, "lw": 0.9, "color": "#333333"}
    ax.add_patch(FancyArrowPatch(start, end, **(defaults | look)))


def _label(ax: Axes, left: float, labels: Sequence[tuple[float, float, str]]) -> None:
    """Write small grey words, so far right of `left` and so high."""
    for x, y, text in labels:
        ax.text(left + x, y, text, ha="center", va="center", fontsize=7, color="#444444")


def _layer(ax: Axes, x: float, middle: float, n: int, colour: str) -> list[tuple[float, float]]:
    """Draw units one above the other, dots for many in the place of the last but one."""
    drawn, places = [], [(x, middle + 4.2 * ((n - 1) / 2 - i)) for i in range(n)]
    for i, place in enumerate(places):
        if n > 3 and i == n - 2:
            ax.text(*place, "⋮", ha="center", va="center", fontsize=9)
        else:
            ax.add_patch(Circle(place, 1.3, fc=LIGHT, ec=colour, lw=1, zorder=3))
            drawn.append(place)
    return drawn


def _factors(ax: Axes) -> None:
    """NMF: V, S and E as boxes of their shapes."""
    ax.text(1, 57, "NMF", fontweight="bold", fontsize=9)
    _box(ax, 13, 36, 22, 26, "V", style.BLUE)
    ax.text(27, 36, "≈", ha="center", va="center", fontsize=12)
    _box(ax, 34, 36, 7, 26, "S", style.BLUE)
    _box(ax, 52, 45.5, 22, 7, "E", style.BLUE)
    labels = (
        (13, 20.5, "96 × N"),
        (34, 20.5, "96 × K"),
        (52, 39.5, "K × N"),
        (13, 51, "counts"),
        (34, 51, "signatures"),
        (52, 51, "exposures"),
    )
    _label(ax, 0, labels)
    ax.text(1, 13.5, "Convex NMF: S = V W′, mixtures of samples", fontsize=7.5)


def _autoencoder(ax: Axes) -> None:
    """AE-NMF: N, K, N linear units."""
    left = 78
    ax.text(left, 57, "AE-NMF", fontweight="bold", fontsize=9)
    middle = 36
    layers = [_layer(ax, left + x, middle, n, style.GREEN) for x, n in ((8, 6), (36, 3), (64, 6))]
    for before, after in pairwise(layers):
        for a, b in product(before, after):
            ax.plot(*zip(a, b, strict=True), color="#9aa5ad", lw=0.35, zorder=1)
    labels = (
        (8, 50.8, "a row of V: one type\nof mutation, N samples"),
        (36, 45.5, "a row of S:\nK signatures"),
        (64, 50.8, "the same,\ngiven back"),
        (22, 20.5, "weights W"),
        (50, 20.5, "weights E:\nthe exposures"),
    )
    _label(ax, left, labels)
    ax.text(left, 13.5, "No bias, no activation; all weights 0 or more", fontsize=7.5)


def _updates(ax: Axes) -> None:
    """Multiplicative updates: one step in a loop."""
    ax.text(1, 4, "Multiplicative updates", fontweight="bold", fontsize=9)
    _box(ax, 27, -8, 34, 14, r"$h \leftarrow h\ \dfrac{S'v}{S'S\,h}$", style.BLUE)
    _arrow(ax, (44.4, -5), (44.4, -11), connectionstyle="arc3,rad=-1.8")
    ax.text(51.5, -8, "until it\nsettles", ha="left", va="center", fontsize=7, color="#444444")
    _arrow(ax, (3, -8), (9.6, -8))
    ax.text(1, -4.5, "h = 1", fontsize=7, color="#444444")
    ax.text(1, -20, "S is fixed; it has an update of its own", fontsize=7.5)


def _unfolded(ax: Axes) -> None:
    """DNMF: the step L times, each with its own matrices."""
    left = 78
    ax.text(left, 4, "DNMF", fontweight="bold", fontsize=9)
    for x, layer in ((24, "1"), (66, "L")):
        below = rf"B_{layer} h + \lambda_2 h + \lambda_1"
        text = rf"$h \leftarrow h\ \dfrac{{A_{layer} v}}{{{below}}}$"
        _box(ax, left + x, -8, 32, 14, text, style.PURPLE)
    ax.text(left + 45, -8, "…", ha="center", va="center", fontsize=12)
    for start, end in ((2, 7.6), (40.2, 43.2), (46.6, 49.6), (82.2, 86.2)):
        _arrow(ax, (left + start, -8), (left + end, -8))
    ax.text(left, -4.5, "h = 1", fontsize=7, color="#444444")
    ax.text(left + 87.5, -8, "h", va="center", fontsize=8)
    ax.text(left, -20, "L layers, every A and B learned; S by least squares", fontsize=7.5)


@style.styled
def draw() -> style.Figure:
    """Draw the four models on one plate."""
    figure = style.figure(174, 88)
    ax = figure.subplots()
    ax.set(xlim=(-1, 168), ylim=(-22, 60), aspect="equal")
    ax.axis("off")
    for part in (_factors, _autoencoder, _updates, _unfolded):
        part(ax)
    return figure


if __name__ == "__main__":
    written = style.save(draw(), DOCS / "architectures")
    for path in written:
        if path.suffix != ".svg":
            path.unlink()
    (DOCS / "architectures.md").write_text(page(), encoding="utf-8")
