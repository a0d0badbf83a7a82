"""Numbers of a selection -> the plain sentence with its badge, and the four tiles under it."""

import re
from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.pages.metrics.numbers import Numbers
from dashboard.pages.metrics.selection import FOUND_ONLY, Selection
from evaluation.metrics.comparisons import (
    compared,
    fallback_fraction,
    fallback_text,
    found_only,
    headline_keys,
)
from evaluation.metrics.definitions import METRICS, is_better
from evaluation.metrics.differences import Difference
from evaluation.metrics.estimates import Estimate
from evaluation.metrics.references import read_references
from evaluation.metrics.rows import NO_AGE_HEAD, NO_GENDER_HEAD

REAL, NOT_REAL = "difference is real", "no detectable difference"


def headline(numbers: Numbers, selection: Selection, colours: Mapping[str, str]) -> html.Div:
    """The answer to the page's question in large type, and what the set can and cannot show."""
    comparison = numbers.comparison(selection)
    if comparison is None:
        sentence, badge = _alone(numbers, selection), None
    else:
        sentence = comparison.sentence
        badge = dmc.Badge(
            REAL if comparison.is_real else NOT_REAL,
            variant="light",
            color="teal" if comparison.is_real else "gray",
            size="lg",
            className="metrics-badge",
        )
    described = read_references().sets.get(selection.set)
    return html.Div(
        [
            html.Div(badge, className="metrics-badge-row") if badge else None,
            html.P(_with_names(sentence, colours), className="metrics-sentence"),
            html.P(_without_fallback(numbers, selection), className="metrics-second-row"),
            html.P([html.B(described.title + ". "), described.shows], className="metrics-reading")
            if described
            else None,
        ]
    )


def tiles(numbers: Numbers, selection: Selection, colours: Mapping[str, str]) -> list[html.Div]:
    """The four headline measures of the selected variants, with whiskers and difference."""
    estimates = {name: numbers.estimates(selection, name) for name in selection.names}
    comparison = numbers.comparison(selection)
    return [
        _tile(
            key,
            {name: estimates[name][key] for name in selection.names},
            comparison.differences.get(key) if comparison else None,
            selection,
            colours,
        )
        for key in headline_keys(_with_bins(list(estimates.values())))
    ]


def _with_bins(estimates: list[dict[str, Estimate]]) -> dict[str, Estimate]:
    """The measures of the first variant that is scored by age bins, if any is: one may tell no ages."""
    return next((one for one in estimates if one["bin_accuracy"].known), estimates[0])


def _alone(numbers: Numbers, selection: Selection) -> str:
    estimates = numbers.estimates(selection, selection.first)
    age, gender = estimates["mae"], estimates["accuracy"]
    off, right = f"is off by {age.text} on average", f"reads {gender.text} of the genders right"
    said = f"{off} and {right}"
    if gender.reason == NO_GENDER_HEAD:
        said = f"{off} and tells no genders,"
    elif age.reason == NO_AGE_HEAD:
        said = f"{right} and tells no ages,"
    return f"{selection.first} {said} on {max(age.count, gender.count):,} pictures."


def _without_fallback(numbers: Numbers, selection: Selection) -> str:
    """The second row: how many pictures showed no face, and what the sentence would be without them."""
    rows = selection.rows(numbers.predictions)
    if selection.pictures == FOUND_ONLY:
        return "Only pictures on which the detector found a face; both variants are scored on the same ones."
    fraction = fallback_fraction(rows)
    if not fraction > 0:
        return "The detector found a face on every one of these pictures."
    start = f"No face was found on {fallback_text(fraction)} of the pictures: there every variant reads all of it."
    if not selection.second:
        return start
    found = numbers.once(
        ("found only", selection), lambda: compared(found_only(rows), selection.first, selection.second)
    )
    return f"{start} Without those: {found.sentence}"


def _with_names(sentence: str, colours: Mapping[str, str]) -> list[Any]:
    """The sentence with the variants' names in their colours."""
    # The longest first: the name of a pair begins with that of its network of ages.
    names = "|".join(re.escape(name) for name in sorted(colours, key=len, reverse=True))
    parts = re.split(rf"\b({names})\b", sentence)
    return [
        html.B(part, style={"color": colours[part]}) if part in colours else part for part in parts if part
    ]


def _tile(
    key: str,
    estimates: dict[str, Estimate],
    difference: Difference | None,
    selection: Selection,
    colours: Mapping[str, str],
) -> html.Div:
    metric = METRICS[key]
    known = [estimate for estimate in estimates.values() if estimate.known]
    edges = [edge for estimate in known for edge in (estimate.low, estimate.high)]
    low, high = (min(edges), max(edges)) if edges else (0.0, 1.0)
    rows = [
        _tile_row(name, estimate, _is_best(key, name, estimates), (low, high), colours[name])
        for name, estimate in estimates.items()
    ]
    return html.Div(
        [
            html.Div(
                [html.H3(metric.label), html.Span(f"{metric.better} is better")],
                className="tile-head",
                title=metric.meaning,
            ),
            *rows,
            html.Div(_difference_words(difference, selection), className="tile-difference"),
        ],
        className="tile",
        **{"data-measure": key},
    )


def _tile_row(name: str, estimate: Estimate, best: bool, edges: tuple[float, float], colour: str) -> html.Div:
    """Name, value and whisker of one variant on the tile's own axis, which runs between the two edges."""
    low, high = edges

    def place(value: float) -> str:
        return f"{100 * (value - low) / max(high - low, 1e-9):.1f}%"

    whisker = [
        html.Span(
            className="whisker-line",
            style={
                "left": place(estimate.low),
                "right": f"calc(100% - {place(estimate.high)})",
                "background": colour,
            },
        ),
        html.Span(className="whisker-dot", style={"left": place(estimate.value), "background": colour}),
    ]
    value, _, unit = estimate.text.partition(" ")
    return html.Div(
        [
            html.Span(name, className="tile-name", style={"color": colour}),
            html.Span(
                [html.Span(value), html.Span(f" {unit}" if unit else "", className="tile-unit")],
                className="tile-value tile-best" if best else "tile-value",
                **{"data-variant": name},
            ),
            html.Span("◂ better" if best else "", className="tile-mark"),
            html.Div(
                whisker if estimate.known else None, className="whisker", title=estimate.text_with_interval
            ),
            html.Span(
                estimate.text_with_interval.removeprefix(estimate.text).strip(" ()"),
                className="tile-interval",
            ),
        ],
        className="tile-row",
    )


def _is_best(key: str, name: str, estimates: dict[str, Estimate]) -> bool:
    """Better than all others, and by something that shows in the printed numbers."""
    own = estimates[name]
    others = [estimate for other, estimate in estimates.items() if other != name]
    return bool(others) and all(
        is_better(key, own.value, other.value) and own.text != other.text for other in others
    )


def _difference_words(difference: Difference | None, selection: Selection) -> list[Any]:
    if difference is None:
        return ["One variant: nothing to compare"]
    if not difference.count:
        return ["Not told by both: nothing to compare"]
    real = "real" if difference.is_real else "may be chance"
    words = f"{selection.first} − {selection.second}: {difference.text}"
    p_value = ""
    if difference.p_value is not None:
        p = difference.p_value
        p_value = ", McNemar p < 0.001" if p < 0.001 else f", McNemar p = {p:.2g}"
    return [words, html.Span(f" · {real}{p_value}")]
