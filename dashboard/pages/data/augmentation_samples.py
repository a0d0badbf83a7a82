"""What a training does to a picture: the frame as it is, and nine draws of a recipe's augmentation."""

from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from dash import html

from dashboard.context import AppContext
from evaluation.runs import named, run_folders

DRAWS = 9
MOST_SEEDS = 10_000


def recipe_folders(context: AppContext) -> dict[str, Path]:
    """Folders with a recipe.toml by name, as `python -m training run` knows them: the variants' first."""
    found: dict[str, Path] = {}
    for folder in run_folders(context.tables.run_roots):
        if (folder / "recipe.toml").is_file():
            found[named(folder.name, folder, list(found))] = folder
    return found


def draws_view(picture: str, recipe: str, part: str, seed: int) -> html.Ul:
    """Ten frames, the unchanged one first; the server draws each under its address."""
    unchanged = urlencode({"picture": picture, "recipe": recipe})
    crops: list[Any] = [_crop(unchanged, "As it is")]
    for draw in range(DRAWS):
        asked = urlencode({"picture": picture, "recipe": recipe, "part": part, "seed": seed, "draw": draw})
        crops.append(_crop(asked, f"Draw {draw + 1}"))
    return html.Ul(crops, className="draws")


def _crop(asked: str, words: str) -> html.Li:
    return html.Li(
        html.Figure(
            [
                html.Img(src=f"/data/frame.jpg?{asked}", alt=words, width=160, height=160),
                html.Figcaption(words),
            ]
        )
    )
