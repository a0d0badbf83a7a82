"""About: what are these networks, what were they trained on, what must they not be used for?"""

from collections.abc import Mapping, Sequence
from typing import Any

import dash
from dash import dcc, html

from dashboard.context import current_context
from dashboard.pages.about.facts import (
    Fact,
    card_section,
    design_of,
    figures_of,
    lineage_facts,
    recipe_differences,
)
from dashboard.shared.alerts import page_heading
from evaluation.metrics.definitions import METRICS
from faces.variants import Variant

dash.register_page(__name__, path="/about", name="About", title="About · Age and gender workbench", order=6)

SHOWN_METRICS = ("mae", "cs_5", "accuracy")


def layout(**_query: str) -> html.Div:
    context = current_context()
    variants, palette = list(context.variants.values()), context.palette
    designs = {variant.name: design_of(variant) for variant in variants}
    return html.Div(
        [
            page_heading(
                "About", "What these networks are, how they came to be, and what they must not be used for."
            ),
            html.P(_difference_in_words(variants), className="about-difference"),
            html.Div(
                [_card(variant, palette.css(variant.name), designs) for variant in variants],
                className="about-cards",
            ),
            html.Div(
                [
                    html.Section(
                        [html.H2(heading), dcc.Markdown(card_section(variants[0], heading))],
                        className=f"about-text {class_name}",
                    )
                    for heading, class_name in (("Must not be used", "about-limits"), ("Licences", ""))
                ],
                className="about-texts",
            ),
        ]
    )


def _difference_in_words(variants: Sequence[Variant]) -> list[Any]:
    """The experiment in one sentence: in how many settings the variants differ."""
    if len(variants) < 2:
        return ["One variant is served: ", html.Strong(variants[0].name), "."]
    names = " and ".join(variant.name for variant in variants)
    different, settings = recipe_differences(
        [network.folder for variant in variants for network in variant.networks]
    )
    if not settings:
        return [f"{names}: their folders hold no recipes to compare."]
    if not different:
        return [f"{names} were trained by the same recipe, setting for setting."]
    return [
        html.Strong(f"{names} differ in {len(different)} of {settings} recipe settings: "),
        "; ".join(f"{_setting(name)} ({_against(values)})" for name, values in different.items()),
        ". Everything else, data and schedule included, is the same.",
    ]


def _setting(dotted: str) -> str:
    """`schedule.learning_rate` -> `schedule, learning rate`; `input.input_mode` -> `input, input mode`."""
    return ", ".join(dict.fromkeys(dotted.split("."))).replace("_", " ")


def _against(values: Sequence[object]) -> str:
    return " against ".join("not set" if value is None else str(value) for value in values)


def _card(variant: Variant, colour: str, designs: Mapping[str, list[Fact]]) -> html.Article:
    others = [facts for name, facts in designs.items() if name != variant.name]
    figures, missing = figures_of(variant)
    return html.Article(
        [
            html.H2(variant.name, style={"color": colour}),
            _facts(designs[variant.name], others),
            html.H3("How it came to be"),
            html.Ol(
                [
                    html.Li(
                        [
                            html.Span(fact.name, className="fact-name"),
                            html.Span(fact.value, className="fact-value"),
                        ],
                        title=fact.title,
                    )
                    for fact in lineage_facts(variant)
                ],
                className="chain",
            ),
            html.H3("What it reaches on the test pictures"),
            _figures(figures) if figures else html.P(missing, className="quiet"),
        ],
        className="card about-card",
        style={"--colour": colour},
    )


def _facts(facts: Sequence[Fact], others: Sequence[Sequence[Fact]]) -> html.Dl:
    """Names and values; a line in which another variant differs is marked."""
    lines = []
    for index, fact in enumerate(facts):
        differs = any(other[index].value != fact.value for other in others)
        lines.append(
            html.Div(
                [
                    html.Dt(fact.name),
                    html.Dd(
                        [fact.value, html.Span("differs", className="differs-word") if differs else None]
                    ),
                ],
                className="fact differs" if differs else "fact",
                title=fact.title,
            )
        )
    return html.Dl(lines, className="facts figures-align")


def _figures(figures: Mapping[str, Mapping]) -> html.Table:
    heads = [METRICS[key] for key in SHOWN_METRICS]
    return html.Table(
        [
            html.Thead(
                html.Tr(
                    [
                        html.Th("Set"),
                        *(html.Th(head.label, title=f"{head.better} is better") for head in heads),
                    ]
                )
            ),
            html.Tbody(
                [
                    html.Tr(
                        [
                            html.Th(name, scope="row"),
                            *(
                                html.Td(
                                    estimates[key].text if key in estimates else "–",
                                    title=estimates[key].text_with_interval if key in estimates else "",
                                )
                                for key in SHOWN_METRICS
                            ),
                        ]
                    )
                    for name, estimates in figures.items()
                ]
            ),
        ],
        className="about-figures figures-align",
    )
