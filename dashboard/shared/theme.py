"""Colours of variants, splits, scales and figures: `full` is blue, `cropped` is orange.

Styles take CSS variables (the style sheet of the shell), which follow the colour scheme by themselves:
`var(--ink)`, `var(--quiet)`, `var(--line)`, `var(--paper)`, `var(--surface)`, and `Palette.css(name)` for a
variant. Plotly knows no CSS variables, so a figure is made for one scheme: every callback that returns a
figure takes `Input(ids.COLOUR_SCHEME, "data")` ("light" or "dark"; None counts as light), sets the template
`figure_template(scheme)` and takes colours from `Palette.hex`, `sequential_scale` and `diverging_scale`.

A colour is never the only sign: variants are also named, the better value is also bold and marked.
"""

from collections.abc import Iterable

import plotly.graph_objects as go
from plotly.colors import hex_to_rgb, unlabel_rgb

from faces.drawing import VARIANT_COLOURS

LIGHT, DARK = "light", "dark"
FIGURE_HEIGHT_PX = 360
SYSTEM_FONTS = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Noto Sans', 'Liberation Sans', "
    "Arial, sans-serif"
)

# Each reaches 4.5:1 on the paper and surface of its scheme, so that it may colour text.
_VARIANTS = {
    LIGHT: VARIANT_COLOURS,
    DARK: {"full": "#6aa9f2", "cropped": "#f0963f"},
}
# For variants of other names, in the order in which they were given; blue and orange stay taken. Hues that
# the colour-blind take for each other differ in lightness; from the seventh variant on they come again.
_MORE = {
    LIGHT: ("#0f7b6c", "#7a4fb5", "#8a6d00", "#a03b6e", "#5d534d", "#147391"),
    DARK: ("#4fc3b0", "#b795e8", "#d9bd4a", "#e58bb4", "#c9bfb8", "#86d3ee"),
}
NEUTRALS = {
    LIGHT: {
        "ink": "#1b1f27",
        "quiet": "#5f6773",
        "line": "#e2e5ea",
        "paper": "#ffffff",
        "surface": "#f7f8fa",
    },
    DARK: {"ink": "#e9ebef", "quiet": "#a3abb8", "line": "#2c313b", "paper": "#16181d", "surface": "#1e2128"},
}


def _scheme(scheme: str | None) -> str:
    return DARK if scheme == DARK else LIGHT


class Palette:
    """The colours of variants. Each keeps its own on every page, whichever others are shown beside it.

    `names` are the served variants in the order in which they were given. Colours come again from the seventh
    name on that is neither `full` nor `cropped`.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(dict.fromkeys(names))
        self._others = [name for name in self.names if name not in _VARIANTS[LIGHT]]

    def including(self, names: Iterable[str]) -> "Palette":
        """A palette that colours these names too, of runs that are not served; the others keep theirs."""
        return Palette([*self.names, *names])

    def hex(self, name: str, scheme: str | None = LIGHT) -> str:
        """The hex colour of a variant in one scheme. Raises ValueError for a name that is not in `names`."""
        scheme = _scheme(scheme)
        return _VARIANTS[scheme].get(name) or _MORE[scheme][self._index(name)]

    def css(self, name: str) -> str:
        """The same colour as a CSS value that follows the colour scheme: "var(--full)"."""
        return f"var(--{name})" if name in _VARIANTS[LIGHT] else f"var(--variant-{self._index(name) + 1})"

    def css_colours(self) -> dict[str, str]:
        """The CSS value of every name."""
        return {name: self.css(name) for name in self.names}

    def _index(self, name: str) -> int:
        return self._others.index(name) % len(_MORE[LIGHT])


def split_colour(split: str, scheme: str | None = LIGHT) -> str:
    """The hex colour of "train", "validation" or "test": shades of one hue that no variant has."""
    shades = [str(colour) for _, colour in sequential_scale(scheme)]
    return {"train": shades[5], "validation": shades[3], "test": shades[2]}[split]


def neutral(role: str, scheme: str | None = LIGHT) -> str:
    """The hex colour of "ink", "quiet", "line", "paper" or "surface"."""
    return NEUTRALS[_scheme(scheme)][role]


def sequential_scale(scheme: str | None = LIGHT) -> list[list[float | str]]:
    """One hue from the paper's colour to strong, for confusion matrices and densities."""
    if _scheme(scheme) == DARK:
        colours = ("#1e2128", "#2c3b40", "#33605f", "#439083", "#6cc4ad", "#b5ecd9")
    else:
        colours = ("#f4f7f6", "#d3e5e0", "#a3cdc3", "#66aa9c", "#2d7f73", "#0b5249")
    return [[index / (len(colours) - 1), colour] for index, colour in enumerate(colours)]


def diverging_scale(scheme: str | None = LIGHT) -> list[list[float | str]]:
    """Blue (full better) over neutral to orange (cropped better); set `zmid=0`."""
    scheme = _scheme(scheme)
    colours = (
        ("#1d64b3", "#8fb5de", "#f1f2f4", "#e6b183", "#bf5000")
        if scheme == LIGHT
        else ("#6aa9f2", "#3d5f8a", "#262a32", "#8a5a2c", "#f0963f")
    )
    return [[index / (len(colours) - 1), colour] for index, colour in enumerate(colours)]


def contrast(first: str, second: str) -> float:
    """WCAG 2 contrast ratio, 1 to 21, of two colours as `rgb(r, g, b)` or `#rrggbb`."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def readable_on(colour: str) -> str:
    """The softest of ink, white and black that reaches 4.5:1 on `colour`; one of the last two always does."""
    texts = (neutral("ink"), "#ffffff", "#000000")
    return next(text for text in texts if contrast(text, colour) >= 4.5)


def _luminance(colour: str) -> float:
    """Relative luminance of WCAG 2, 0 to 1."""
    levels = hex_to_rgb(colour) if colour.startswith("#") else unlabel_rgb(colour)
    linear = [
        level / 255 / 12.92 if level / 255 <= 0.04045 else ((level / 255 + 0.055) / 1.055) ** 2.4
        for level in levels
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def figure_template(scheme: str | None = LIGHT) -> go.layout.Template:
    """Fonts, grid, margins and hover of every figure, for one colour scheme."""
    ink, quiet, line, paper = (neutral(role, scheme) for role in ("ink", "quiet", "line", "paper"))
    axis = {
        "gridcolor": line,
        "linecolor": line,
        "zerolinecolor": line,
        "tickcolor": line,
        "tickfont": {"color": quiet, "size": 12},
        "title": {"font": {"color": quiet, "size": 12}, "standoff": 8},
        "automargin": True,
    }
    return go.layout.Template(
        layout={
            "font": {"family": SYSTEM_FONTS, "size": 13, "color": ink},
            "title": {"font": {"size": 15, "color": ink}, "x": 0, "xanchor": "left", "xref": "paper"},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "height": FIGURE_HEIGHT_PX,
            "margin": {"l": 56, "r": 16, "t": 48, "b": 48},
            "xaxis": axis,
            "yaxis": axis,
            "colorway": list(_VARIANTS[_scheme(scheme)].values()) + list(_MORE[_scheme(scheme)]),
            "hoverlabel": {"bgcolor": paper, "bordercolor": line, "font": {"color": ink, "size": 12}},
            "legend": {
                "orientation": "h",
                "x": 0,
                "y": 1,
                "yref": "container",
                "yanchor": "top",
                "font": {"color": quiet, "size": 12},
            },
        }
    )
