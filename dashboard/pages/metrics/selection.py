"""The URL of the Metrics page -> which rows of the predictions are shown, and of which two variants.

People type URLs: what does not exist falls back to what does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

import pandas as pd

from dashboard.shared.url_params import one_of
from dataset.labels import SPLITS
from dataset.tables.columns import FACE_FOUND
from evaluation.sets import PUBLISHED_SPLIT, SETS

ALL_PICTURES, FOUND_ONLY = "all", "found"


@dataclass(frozen=True)
class Selection:
    """One view of the page. `second` is empty where there is one variant alone."""

    set: str
    split: str
    pictures: str
    first: str
    second: str

    @property
    def names(self) -> tuple[str, ...]:
        return (self.first, self.second) if self.second else (self.first,)

    @property
    def as_dict(self) -> dict[str, str]:
        return asdict(self)

    @property
    def query(self) -> str:
        """`?set=chips&split=test…`: the parameters of the URL that brings this view back."""
        return "?" + urlencode({key: value for key, value in asdict(self).items() if value})

    def rows(self, predictions: pd.DataFrame) -> pd.DataFrame:
        """The rows of set, split and pictures, of all variants."""
        chosen = (predictions.set == self.set) & (predictions.split == self.split)
        if self.pictures == FOUND_ONLY:
            chosen &= predictions.status == FACE_FOUND
        return predictions[chosen]


def sets_in(predictions: pd.DataFrame) -> list[str]:
    """The sets that were predicted, in the order in which they are shown everywhere."""
    return _ordered(list(predictions.set.unique()), SETS)


def splits_in(predictions: pd.DataFrame, set_name: str) -> list[str]:
    return _ordered(list(predictions.split[predictions.set == set_name].unique()), SPLITS)


def selection_from(
    wanted: Mapping[str, str | None], predictions: pd.DataFrame, variants: Sequence[str]
) -> Selection:
    """The selection nearest to what the URL or the controls ask for; `predictions` has rows.

    `variants` are the served ones, in order; those without predictions are left out.
    """
    predicted = set(predictions.variant)
    names = [name for name in variants if name in predicted]
    set_name = one_of(wanted.get("set"), sets_in(predictions))
    splits = splits_in(predictions, set_name)
    fallback = PUBLISHED_SPLIT if PUBLISHED_SPLIT in splits else splits[0]
    first = one_of(wanted.get("first"), names)
    others = [name for name in names if name != first]
    return Selection(
        set=set_name,
        split=one_of(wanted.get("split"), [fallback, *splits]),
        pictures=one_of(wanted.get("pictures"), [ALL_PICTURES, FOUND_ONLY]),
        first=first,
        second=one_of(wanted.get("second"), others) if others else "",
    )


def _ordered(names: Sequence[str], order: Sequence[str]) -> list[str]:
    return sorted(names, key=lambda name: (order.index(name) if name in order else len(order), name))
