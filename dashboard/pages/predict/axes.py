"""Predictions -> one age axis and one gender bar on which all of them stand: agreement is seen at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from dash import html

from faces.predictions import NOT_PREDICTED, UNCERTAIN, Prediction, age_in_words, gender_in_words

AGE_LIMIT_YEARS = 100
AGE_TICKS = (0, 20, 40, 60, 80, 100)


@dataclass(frozen=True)
class Row:
    """A prediction as it is shown: of which variant, for what, and in which colour (a CSS value)."""

    variant: str
    prediction: Prediction
    colour: str
    of_what: str = ""  # "whole picture", "close up"; empty for the face of the card itself
    hollow: bool = False  # a ring instead of a dot: the input was more than this face, or another one


def age_axis(rows: Sequence[Row], *, extra: object = None, pin: object = None) -> html.Div:
    """One axis from 0 to 100 years; a dot and an 80 % interval for each row. `pin` stands on it as well."""
    ticks = [html.Span(str(tick), style={"left": _percent(tick)}) for tick in AGE_TICKS]
    return html.Div(
        [_layer([*map(_grid_line, AGE_TICKS), pin]), *(age_row(row) for row in rows), extra, _ticks(ticks)],
        className="axis axis-age",
    )


def age_row(row: Row) -> html.Div:
    """Dot and interval of one prediction; without an age head, an empty row that says so."""
    if row.prediction.age_and_interval is None:
        return _row(row, [], NOT_PREDICTED)
    age, low, high = (min(max(years, 0), AGE_LIMIT_YEARS) for years in row.prediction.age_and_interval)
    interval = {"left": _percent(low), "width": _percent(high - low)}
    marks = [
        html.Span(className="interval", style=interval),
        html.Span(className="dot", style={"left": _percent(age)}),
    ]
    return _row(row, marks, age_in_words(row.prediction))


def gender_bars(rows: Sequence[Row], *, extra: object = None) -> html.Div:
    """A bar for each row, from "uncertain" in the middle to male on the left or female on the right."""
    ticks = [
        html.Span("male", style={"left": "0"}, className="tick-start"),
        html.Span("uncertain", style={"left": "50%"}),
        html.Span("female", style={"left": "100%"}, className="tick-end"),
    ]
    return html.Div(
        [_layer([_grid_line(50)]), *(gender_row(row) for row in rows), extra, _ticks(ticks)],
        className="axis axis-gender",
    )


def gender_row(row: Row) -> html.Div:
    """The bar of one prediction; without a gender head, an empty row that says so."""
    if row.prediction.female_probability is None:
        return _row(row, [], NOT_PREDICTED)
    if row.prediction.doubt:  # a bar would give away what is withheld
        return _row(row, [], gender_in_words(row.prediction))
    percent = row.prediction.female_probability * 100
    left, width = min(percent, 50), abs(percent - 50)
    bar = html.Span(className="bar", style={"left": _percent(left), "width": _percent(max(width, 0.8))})
    is_uncertain = row.prediction.gender == UNCERTAIN
    return _row(row, [bar], UNCERTAIN if is_uncertain else gender_in_words(row.prediction))


def _row(row: Row, marks: list[html.Span], words: str) -> html.Div:
    name = [html.Span(row.variant, className="row-variant")]
    if row.of_what:
        name.append(html.Span(row.of_what, className="row-of-what"))
    return html.Div(
        [
            html.Span(name, className="row-name"),
            html.Div(marks, className="track", **{"aria-hidden": "true"}),
            html.Span(words, className="row-words figures-align"),
        ],
        className="axis-row is-hollow" if row.hollow else "axis-row",
        style={"--colour": row.colour},
    )


def _layer(children: list) -> html.Div:
    """What lies behind all rows."""
    return html.Div(html.Div(children, className="track"), className="track-layer")


def _ticks(labels: list[html.Span]) -> html.Div:
    track = html.Div(labels, className="track")
    return html.Div(track, className="track-ticks", **{"aria-hidden": "true"})


def _grid_line(at_percent: float) -> html.Span:
    return html.Span(className="grid-line", style={"left": _percent(at_percent)})


def _percent(value: float) -> str:
    return f"{value:.2f}%"
