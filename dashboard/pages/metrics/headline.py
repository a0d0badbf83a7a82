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
            html.P(_with_coloured_names(sentence, colours), className="metrics-sentence"),
            html.P(_without_fallback(numbers, selection), className="metrics-second-row"),
            html.P([html.B(described.title + ". "), described.shows], className="metrics-note")
            if described
            else None,
        ]
    )


def tiles(numbers: Numbers, selection: Selection, colours: Mapping[str, str]) -> list[html.Div]:
    """The four headline metrics of the selected variants, with whiskers and difference."""
    estimates = {name: numbers.estimates(selection, name) for name in selection.names}
    comparison = numbers.comparison(selection)
    return [
        _tile(
            key,
            {name: estimates[name][key] for name in selection.names},
            _difference_in_words(comparison.differences.get(key) if comparison else None, selection),
            colours,
        )
        for key in headline_keys(_with_bins(list(estimates.values())))
    ]


def _with_bins(estimates: list[dict[str, Estimate]]) -> dict[str, Estimate]:
    """The estimates of the first variant that is scored by age bins, if any is: one may have no age head."""
    return next((of_variant for of_variant in estimates if of_variant["bin_accuracy"].known), estimates[0])


def _alone(numbers: Numbers, selection: Selection) -> str:
    estimates = numbers.estimates(selection, selection.first)
    age, gender = estimates["mae"], estimates["accuracy"]
    off, right = f"is off by {age.text} on average", f"predicts {gender.text} of the genders right"
    result = f"{off} and {right}"
    if gender.reason == NO_GENDER_HEAD:
        result = f"{off} and predicts no genders,"
    elif age.reason == NO_AGE_HEAD:
        result = f"{right} and predicts no ages,"
    return f"{selection.first} {result} on {max(age.count, gender.count):,} pictures."


def _without_fallback(numbers: Numbers, selection: Selection) -> str:
    """The second row: how many pictures showed no face, and what the sentence would be without them."""
    rows = selection.rows(numbers.predictions)
    if selection.pictures == FOUND_ONLY:
        return "Only pictures on which the detector found a face; both variants are scored on the same ones."
    fraction = fallback_fraction(rows)
    if not fraction > 0:
        return "The detector found a face on every one of these pictures."
    start = (
        f"No face was found on {fallback_text(fraction)} of the pictures: there every variant is given all "
        "of the picture."
    )
    if not selection.second:
        return start
    without = numbers.once(
        ("found only", selection), lambda: compared(found_only(rows), selection.first, selection.second)
    )
    return f"{start} Without those: {without.sentence}"


def _with_coloured_names(sentence: str, colours: Mapping[str, str]) -> list[Any]:
    """The sentence with the variants' names in their colours."""
    # The longest first: the name of a composite variant begins with that of its network of ages.
    names = "|".join(re.escape(name) for name in sorted(colours, key=len, reverse=True))
    parts = re.split(rf"\b({names})\b", sentence)
    return [
        html.B(part, style={"color": colours[part]}) if part in colours else part for part in parts if part
    ]


def _tile(
    key: str, estimates: Mapping[str, Estimate], difference: list[Any], colours: Mapping[str, str]
) -> html.Div:
    metric = METRICS[key]
    known = [estimate for estimate in estimates.values() if estimate.known]
    edges = [edge for estimate in known for edge in (estimate.low, estimate.high)]
    axis = (min(edges), max(edges)) if edges else (0.0, 1.0)
    rows = [
        _tile_row(name, estimate, axis, colours[name], best=_is_best(key, name, estimates))
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
            html.Div(difference, className="tile-difference"),
        ],
        className="tile",
        **{"data-metric": key},
    )


def _tile_row(
    name: str, estimate: Estimate, axis: tuple[float, float], colour: str, *, best: bool
) -> html.Div:
    """Name, value and whisker of one variant on the tile's own axis, which runs from low to high."""
    value, _, unit = estimate.text.partition(" ")
    interval = estimate.text_with_interval
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
                _whisker(estimate, axis, colour) if estimate.known else None,
                className="whisker",
                title=interval,
            ),
            html.Span(interval.removeprefix(estimate.text).strip(" ()"), className="tile-interval"),
        ],
        className="tile-row",
    )


def _whisker(estimate: Estimate, axis: tuple[float, float], colour: str) -> list[html.Span]:
    low, high = axis

    def position(value: float) -> str:
        return f"{100 * (value - low) / max(high - low, 1e-9):.1f}%"

    line = {
        "left": position(estimate.low),
        "right": f"calc(100% - {position(estimate.high)})",
        "background": colour,
    }
    dot = {"left": position(estimate.value), "background": colour}
    return [html.Span(className="whisker-line", style=line), html.Span(className="whisker-dot", style=dot)]


def _is_best(key: str, name: str, estimates: Mapping[str, Estimate]) -> bool:
    """Better than all others, and by something that shows in the printed numbers."""
    estimate = estimates[name]
    others = [other for other_name, other in estimates.items() if other_name != name]
    return bool(others) and all(
        is_better(key, estimate.value, other.value) and estimate.text != other.text for other in others
    )


def _difference_in_words(difference: Difference | None, selection: Selection) -> list[Any]:
    if difference is None:
        return ["One variant: nothing to compare"]
    if not difference.count:
        return ["Not predicted by both: nothing to compare"]
    real = "real" if difference.is_real else "may be chance"
    text = f"{selection.first} − {selection.second}: {difference.text}"
    p_value = ""
    if difference.p_value is not None:
        p = difference.p_value
        p_value = ", McNemar p < 0.001" if p < 0.001 else f", McNemar p = {p:.2g}"
    return [text, html.Span(f" · {real}{p_value}")]
