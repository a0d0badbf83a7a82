"""Numbers of a selection -> the plain sentence with its badge, and the four tiles under it."""

import re
from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import html

from dashboard.pages.metrics.numbers import Numbers
from dashboard.pages.metrics.selection import FOUND_ONLY, Selection
from evaluation.metrics.comparisons import (
    Comparison,
    compared,
    fallback_fraction,
    fallback_text,
    found_only,
    headline_keys,
)
from evaluation.metrics.definitions import METRICS
from evaluation.metrics.estimates import Estimate
from evaluation.metrics.references import read_references
from evaluation.metrics.rows import NO_AGE_HEAD, NO_GENDER_HEAD
from evaluation.metrics.states import NO_DIFFERENCE, REAL, TWO_TRAININGS, equal_in_words

STATE_COLOURS = {NO_DIFFERENCE: "gray", REAL: "teal"}  # of the badge; other states are amber
STATES_IN_WORDS = (
    "Every difference is paired, on the same pictures, and corrected for those stated with it. It is "
    "“real” where the second training's own pair has the same sign and its paired interval excludes 0. "
    + TWO_TRAININGS
)


def headline(numbers: Numbers, selection: Selection, colours: Mapping[str, str]) -> html.Div:
    """The answer to the page's question in large type, and what the set can and cannot show."""
    comparison = numbers.comparison(selection)
    if comparison is None:
        sentence, badge = _alone(numbers, selection), None
    else:
        sentence = comparison.sentence
        badge = html.Div(
            dmc.Badge(
                comparison.verdict.state,
                variant="light",
                color=STATE_COLOURS.get(comparison.verdict.state, "yellow"),
                size="lg",
                className="metrics-badge",
            ),
            title=STATES_IN_WORDS,
        )
    described = read_references().sets.get(selection.set)
    return html.Div(
        [
            html.Div(badge, className="metrics-badge-row") if badge else None,
            html.P(_with_coloured_names(sentence, colours), className="metrics-sentence"),
            *(
                html.P(_with_coloured_names(note, colours), className="metrics-note")
                for note in (comparison.verdict.notes if comparison else ())
            ),
            html.P(_without_fallback(numbers, selection), className="metrics-second-row"),
            html.P(STATES_IN_WORDS, className="metrics-note") if comparison else None,
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
            comparison,
            _difference_in_words(comparison, key),
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
    key: str,
    estimates: Mapping[str, Estimate],
    comparison: Comparison | None,
    difference: list[Any],
    colours: Mapping[str, str],
) -> html.Div:
    metric = METRICS[key]
    known = [estimate for estimate in estimates.values() if estimate.known]
    edges = [edge for estimate in known for edge in (estimate.low, estimate.high)]
    axis = (min(edges), max(edges)) if edges else (0.0, 1.0)
    better = comparison.better_by(key) if comparison else None
    rows = [
        _tile_row(name, estimate, axis, colours[name], best=name == better)
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


def _difference_in_words(comparison: Comparison | None, key: str) -> list[Any]:
    if comparison is None:
        return ["One variant: nothing to compare"]
    difference = comparison.differences[key]
    if not difference.count:
        return ["Not predicted by both: nothing to compare"]
    text = f"{comparison.first} − {comparison.second}: {difference.text}"
    p_value = ""
    if difference.p_value is not None:
        p = difference.p_value
        p_value = ", McNemar p < 0.001" if p < 0.001 else f", McNemar p = {p:.2g}"
    equal = equal_in_words(difference)
    equal = f", {equal}" if equal else ""
    return [text, html.Span(f" · {comparison.state(key)}{equal}{p_value}")]
