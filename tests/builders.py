"""What tests of several rooms build: predictions, records, pictures of noise, networks at a random start."""

import argparse
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn
from unittest import mock

import numpy as np
import pandas as pd
from flask.testing import FlaskClient
from PIL import Image

from dataset.splits import read_split
from dataset.tables.columns import FACE_FOUND, PREDICTIONS

if TYPE_CHECKING:
    from recipes.recipe import Recipe

REPOSITORY = Path(__file__).resolve().parents[1]


def predictions_of(true, predicted, *, female=None, probability=None, half_width=5.0, **columns):
    """A predictions table with one row an age; everything else as told, or the same everywhere."""
    predicted = np.asarray(predicted, float)
    count = len(predicted)
    table = pd.DataFrame(
        {
            "file": [f"{number:05d}.jpg" for number in range(count)],
            "set": "chips",
            "split": "test",
            "variant": "full",
            "subject": "",
            "age_years": np.asarray(true, float),
            "age_first_years": np.asarray(true, float),
            "age_last_years": np.asarray(true, float),
            "gender": np.zeros(count, int) if female is None else np.asarray(female, int),
            "race": "",
            "status": FACE_FOUND,
            "input_source": "whole_image",
            "faces_found": 1,
            "box_x0": 0.0,
            "box_y0": 0.0,
            "box_x1": 10.0,
            "box_y1": 10.0,
            "confidence": 0.9,
            "face_fraction": 0.5,
            "width": 20,
            "height": 20,
            "predicted_age_years": predicted,
            "age_low_years": predicted - half_width,
            "age_high_years": predicted + half_width,
            "female_probability": np.full(count, 0.2)
            if probability is None
            else np.asarray(probability, float),
        }
    )
    table["predicted_gender"] = np.where(table.female_probability >= 0.5, "female", "male")
    table = table.assign(**columns)
    return table[PREDICTIONS.column_names]


def records_of(paths):
    """Records of three pictures, with labels."""
    return pd.DataFrame(
        {
            "path": [str(path) for path in paths],
            "file": [path.name for path in paths],
            "split": "test",
            "subject": "",
            "age_years": [41.0, 20.0, 48.0],
            "gender": [1, 0, 0],
            "race": "",
        }
    )


def with_noise_pictures(folder: Path) -> Path:
    """Write utkface/ (48 pictures to train, 16 to validate, 16 to test) and agedb/ into the folder."""
    (folder / "utkface").mkdir()
    (folder / "agedb").mkdir()
    split = read_split()
    rng = np.random.default_rng(0)

    def write(path: Path) -> None:
        Image.fromarray(rng.integers(0, 256, (200, 200, 3), np.uint8)).save(path, "JPEG")

    for name, count in (("train", 48), ("validation", 16), ("test", 16)):
        for file in split[split.split == name].file[:count]:
            write(folder / "utkface" / file)
    for number in range(60):
        write(folder / "agedb" / f"{number}_Somebody{number}_{20 + number}_{'fm'[number % 2]}.jpg")
    return folder


def from_nothing(recipe: "Recipe", attention_px: int) -> "Recipe":
    """A recipe of the shipped variants with random start weights and attention crops of `attention_px`."""
    network = replace(recipe.network, weights="none", attention_px=attention_px)
    return replace(recipe, network=network)


def face_network(px: int, weights: str = "none", weights_dir: Path | None = None, *, attention_px: int = 0):
    """The network of the shipped recipes for inputs of `px`, or for attention crops of them."""
    from recipes.recipe import read_recipe, recipe_path
    from training.networks.build import started_network

    recipe = read_recipe(recipe_path("model_cropped")).network
    return started_network(replace(recipe, weights=weights, attention_px=attention_px), px, weights_dir).model


def parsers_of(room: str) -> dict[str, argparse.ArgumentParser]:
    """The parser of every command of a room by its words after `python -m`; it is caught before it parses."""
    caught: list[argparse.ArgumentParser] = []

    class Caught(Exception):
        pass

    def catch(parser: argparse.ArgumentParser, *_: Any) -> NoReturn:
        caught.append(parser)
        raise Caught

    main = import_module(f"{room}.__main__").main
    with mock.patch.object(argparse.ArgumentParser, "parse_args", catch), suppress(Caught):
        main([])
    (parser,) = caught
    choices = [action.choices for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    return {f"{room} {name}": one for name, one in choices[0].items()} if choices else {room: parser}


def answer_of(
    client: FlaskClient, outputs: str, *inputs: tuple[Any, Any], changed: Sequence[str] = ()
) -> str:
    """Return what a callback answers when it is asked as the browser asks: JSON as text.

    `outputs` is one "id.property", or several as Dash joins them, "..id.property...id.property.."; an input
    is (id, value), or ("id.property", value) where the property is not `data`.
    """
    names = [name.rpartition(".") for name in outputs.strip(".").split("...")]
    listed = [{"id": component, "property": prop} for component, _, prop in names]
    asked = {
        "output": outputs,
        "outputs": listed if outputs.startswith("..") else listed[0],
        "inputs": [_input(name, value) for name, value in inputs],
        "changedPropIds": list(changed),
    }
    response = client.post("/_dash-update-component", json=asked)
    assert response.status_code == 200, response.data[:2000]
    return json.dumps(response.get_json(), ensure_ascii=False)


def _input(name: Any, value: Any) -> dict[str, Any]:
    component, _, prop = name.rpartition(".") if isinstance(name, str) and "." in name else (name, "", "data")
    return {"id": component, "property": prop, "value": value}


def components_in(answer: str, class_name: str) -> list[dict[str, Any]]:
    """The props of every component of a class in what a callback answered, in the order of the page."""

    def walk(value: Any) -> Iterator[dict[str, Any]]:
        if isinstance(value, dict):
            props = value.get("props")
            if isinstance(props, dict) and class_name in str(props.get("className", "")).split():
                yield props
            for part in value.values():
                yield from walk(part)
        elif isinstance(value, list):
            for part in value:
                yield from walk(part)

    return list(walk(json.loads(answer)))


def text_of(value: Any) -> str:
    """The text that a component, its props or its children show."""
    if isinstance(value, dict):
        return text_of(value.get("props", value).get("children"))
    if isinstance(value, list):
        return "".join(map(text_of, value))
    return "" if value is None else str(value)
