"""Pictures of UTKFace in small: a page of samples, the groups of duplicates, the refused names."""

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

import pandas as pd
from dash import html

from dashboard.pictures.labelled import set_key
from dashboard.shared.alerts import alert
from dashboard.shared.url_params import path_of
from dataset.records import CHIPS
from dataset.utkface import Rejected

SAMPLES_A_PAGE = 24
GROUPS_A_PAGE = 8


def pages_of(count: int, a_page: int) -> int:
    """How many pages there are; at least one."""
    return max(-(-count // a_page), 1)


def sample_page(samples: pd.DataFrame, page: int) -> Any:
    """The pictures of one page (1 for the first) of `samples`, rows of UTKFace.names."""
    if samples.empty:
        return alert("No picture has all of these labels.", "Choose another age, gender or split.")
    start = (page - 1) * SAMPLES_A_PAGE
    return html.Ul(
        [_picture(row) for row in samples.iloc[start : start + SAMPLES_A_PAGE].itertuples()],
        className="samples-grid",
    )


def group_page(groups: Sequence[Sequence[str]], names: pd.DataFrame, page: int) -> list[html.Div]:
    """The groups of one page, the pictures of each side by side, and how their labels differ."""
    start = (page - 1) * GROUPS_A_PAGE
    by_file = names.set_index("file", drop=False)
    return [
        html.Div(
            [
                html.P(_difference_in_words(pictures), className="quiet"),
                html.Ul([_picture(row) for row in pictures.itertuples()], className="samples-grid"),
            ],
            className="duplicate-group",
        )
        for group in groups[start : start + GROUPS_A_PAGE]
        for pictures in (by_file.loc[[file for file in group if file in by_file.index]],)
    ]


def differing_groups(groups: Sequence[Sequence[str]], names: pd.DataFrame) -> int:
    """How many groups hold the same photograph under two ages or two genders."""
    labels = {row.file: (row.age_years, row.gender) for row in names.itertuples()}
    return sum(len({labels[file] for file in group if file in labels}) > 1 for group in groups)


def rejected_table(rejected: Iterable[Rejected]) -> html.Table:
    """Every refused file with its reason."""
    return html.Table(
        [
            html.Thead(html.Tr([html.Th("File"), html.Th("Why it is not used")])),
            html.Tbody([html.Tr([html.Td(html.Code(file.file)), html.Td(file.reason)]) for file in rejected]),
        ],
        className="rejected-table",
    )


def _picture(row: Any) -> html.Li:
    labels = f"{row.gender}, {row.age_years}"
    return html.Li(
        html.Figure(
            [
                html.Img(
                    src=path_of(f"/pictures/{quote(set_key(CHIPS, row.file))}/thumbnail.jpg"),
                    alt=labels,
                    width=160,
                    height=160,
                ),
                html.Figcaption(
                    [html.Span(labels), html.Span(f"{row.race} · {row.split}", className="quiet")]
                ),
            ]
        ),
        title=row.file,
    )


def _difference_in_words(pictures: pd.DataFrame) -> str:
    differing = []
    if pictures.age_years.nunique() > 1:
        differing.append(f"ages {pictures.age_years.min()} to {pictures.age_years.max()}")
    if pictures.gender.nunique() > 1:
        differing.append("both genders")
    count = f"{len(pictures)} pictures"
    return f"{count}, labelled with {' and '.join(differing)}" if differing else f"{count}, labelled alike"
