"""History, labels and predictions of a run -> curves.svg and confusion matrices in its folder."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from sklearn.metrics import ConfusionMatrixDisplay, confusion_matrix

from dataset.labels import OLDEST_DECADE, decade_name, decade_of
from faces.files import whole_file
from faces.predictions import GENDERS

# Text stays text, and the same figure is the same bytes.
STYLE: Any = {"svg.fonttype": "none", "svg.hashsalt": "run", "font.family": "sans-serif", "font.size": 9}
PANELS = (
    ("Loss ↓", "loss", "validation_loss"),
    ("Age MAE, years ↓", "age_mae_years", "validation_age_mae_years"),
    ("Gender accuracy ↑", "gender_accuracy", "validation_gender_accuracy"),
)


def write_curves(history: pd.DataFrame, best_epoch: int, title: str, folder: Path) -> None:
    """Plot training and validation (of `chips`) by epoch, with the phases and the best epoch marked."""
    panels = [panel for panel in PANELS if panel[1] in history]
    with matplotlib.rc_context(STYLE):
        figure = Figure((4.2 * len(panels), 3.2), layout="constrained")
        figure.suptitle(title)
        for axes, (label, trained, validated) in zip(
            np.ravel(figure.subplots(1, len(panels))), panels, strict=True
        ):
            for column, name in ((trained, "training, augmented"), (validated, "validation")):
                if column in history:
                    axes.plot(history.epoch, history[column], marker="o", markersize=3, label=name)
            _mark_phases(axes, history)
            axes.axvline(best_epoch, color="0.4", linestyle=":", label=f"best epoch, {best_epoch}")
            axes.set(title=label, xlabel="epoch", xlim=(0.5, len(history) + 0.5))
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
            axes.grid(alpha=0.3)
        axes.legend(frameon=False)
        _save(figure, folder / "curves.svg")


def write_confusions(
    true: Mapping[str, np.ndarray], predicted: Mapping[str, np.ndarray], title: str, folder: Path
) -> None:
    """Write a matrix each of `age_years` and `gender`, where both mappings have (n,) of it.

    Ages are shown by decade, in years; a true age that is unknown is negative. Genders are 0 male, 1 female,
    -1 unknown.
    """
    decades = [decade_name(start) for start in range(0, OLDEST_DECADE + 1, 10)]
    if "age_years" in true and "age_years" in predicted:
        # An age of 39.7 is shown as 40, and counts as that.
        shown = np.maximum(np.floor(predicted["age_years"] + 0.5), 0)
        counts = confusion(_decade(true["age_years"]), _decade(shown), len(decades))
        write_matrix(counts, decades, f"Ages, {title}", folder / "confusion_age.svg")
    if "gender" in true and "gender" in predicted:
        counts = confusion(true["gender"].astype(int), predicted["gender"].astype(int), len(GENDERS))
        write_matrix(counts, GENDERS, f"Genders, {title}", folder / "confusion_gender.svg")


def confusion(true: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Counts (classes, classes) by true class (rows) and predicted class, (n,) each; -1 is left out."""
    known = true >= 0
    if not known.any():  # scikit-learn refuses to count nothing
        return np.zeros((classes, classes), int)
    return confusion_matrix(true[known], predicted[known], labels=range(classes))


def _decade(ages: np.ndarray) -> np.ndarray:
    return np.where(ages < 0, -1, decade_of(ages) // 10)


def write_matrix(counts: np.ndarray, names: Sequence[str], title: str, path: Path) -> None:
    """Plot counts (n, n), rows true, of the n classes `names`; the colour is the fraction of a row."""
    fractions = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    with matplotlib.rc_context(STYLE):
        side = 2.4 + 0.45 * len(names)
        figure = Figure((side + 1, side), layout="constrained")
        axes = figure.subplots()
        display = ConfusionMatrixDisplay(fractions, display_labels=names)
        display.plot(ax=axes, cmap="Blues", colorbar=False, im_kw={"vmin": 0, "vmax": 1})
        for text, count, fraction in zip(display.text_.flat, counts.flat, fractions.flat, strict=True):
            text.set(text=f"{count:,}" if count else "", color="white" if fraction > 0.6 else "black")
        figure.colorbar(display.im_, label="share of the true class")
        axes.set(title=f"{title} ({counts.sum():,} pictures)", xlabel="predicted", ylabel="true")
        _save(figure, path)


def _mark_phases(axes: Axes, history: pd.DataFrame) -> None:
    begins = history[history.phase != history.phase.shift()]
    for epoch, name in zip(begins.epoch, begins.phase, strict=True):
        if epoch > 1:
            axes.axvline(epoch - 0.5, color="0.7", linewidth=1)
        across = axes.get_xaxis_transform()  # x in epochs, y as a fraction of the panel's height
        axes.text(
            epoch - 0.45, 0.01, name, color="0.4", fontsize=7, va="bottom", transform=across, clip_on=True
        )


def _save(figure: Figure, path: Path) -> None:
    with whole_file(path) as unfinished:
        figure.savefig(unfinished, metadata={"Date": None})
