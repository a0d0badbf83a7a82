"""Composites are seamless, repeatable, and share no background between the splits."""

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from dataset.backgrounds import BACKGROUNDS_CSV, Background, backgrounds_of
from dataset.composites import (
    COMPOSITES_COLUMNS,
    FACE_FRACTIONS,
    Chip,
    background_picture,
    chip_at,
    make_composite,
    paste_face,
    rng_for,
    write_composites,
)
from dataset.records import CHIPS, load_records
from faces.errors import DataMissing


@pytest.fixture
def chip():
    """A skin-coloured square with a rectangle of a garish border, which must never be seen."""
    rgb = np.full((200, 200, 3), (200, 150, 120), np.uint8)
    rgb[:3], rgb[-3:], rgb[:, :3], rgb[:, -3:] = [(0, 255, 0)] * 4
    return Chip(rgb, np.array([20.0, 5.0, 180.0, 195.0]))


def grey_canvas() -> np.ndarray:
    return np.full((320, 400, 3), 90, np.uint8)


@pytest.mark.parametrize("seed", range(8))
def test_the_border_of_a_chip_never_shows(chip, seed):
    canvas = grey_canvas()
    paste_face(canvas, chip, (200, 160), 190, np.random.default_rng(seed))
    green = canvas[..., 1].astype(int) - canvas[..., [0, 2]].max(axis=-1)
    assert green.max() < 12
    assert (canvas[:40] == 90).all()
    assert (canvas[150:170, 190:210] != 90).any()


def test_a_face_fades_into_what_it_covers(chip):
    canvas = grey_canvas()
    paste_face(canvas, chip, (200, 160), 190, np.random.default_rng(1))
    steps = np.abs(np.diff(canvas.astype(int), axis=1)).max()
    assert steps < 40  # the plain paste steps by 110


def test_a_face_is_shifted_towards_the_light_around_it_and_stays_skin(chip):
    dark, light = np.full((320, 400, 3), 10, np.uint8), np.full((320, 400, 3), 245, np.uint8)
    for canvas in (dark, light):
        paste_face(canvas, chip, (200, 160), 190, np.random.default_rng(3))
    on_dark, on_light = dark[160, 200].astype(int), light[160, 200].astype(int)
    assert (on_dark < on_light).all()
    assert (np.abs(on_dark - (200, 150, 120)) <= 26).all()


@pytest.mark.parametrize("face_px", [20, 90, 300])
def test_the_box_of_a_pasted_face_has_the_given_size(chip, face_px):
    box = paste_face(grey_canvas(), chip, (200, 160), face_px, np.random.default_rng(2))
    assert max(box[2:] - box[:2]) == pytest.approx(face_px, rel=0.06)
    assert (box[:2] + box[2:]) / 2 == pytest.approx([200, 160], abs=1)


def test_a_face_at_the_edge_of_the_picture_is_cut_off_with_its_box(chip):
    canvas = grey_canvas()
    box = paste_face(canvas, chip, (395, 10), 100, np.random.default_rng(2))
    assert 0 <= box[0] < box[2] == 400
    assert 0 == box[1] < box[3] <= 320
    assert (canvas[5:15, 385:] != 90).any()


def test_no_photograph_gives_backgrounds_to_two_splits():
    table = pd.read_csv(BACKGROUNDS_CSV)
    assert (table.groupby("file")["split"].nunique() == 1).all()
    assert set(table["split"]) == {"train", "validation", "test"}
    # Whatever the detector learns from is no background of an evaluated composite, and the other way round.
    assert table.loc[table["split"] == "train", "file"].str.startswith("train/").all()


def test_a_missing_data_folder_is_named(tmp_path):
    with pytest.raises(DataMissing, match="--data-dir"):
        background_picture(backgrounds_of("test"), tmp_path, 320, 320, np.random.default_rng(0))


@pytest.fixture
def chips_of_three_splits(data_dir, tmp_path):
    records = load_records(CHIPS, data_dir, tmp_path)
    return pd.concat(part.iloc[:3] for _, part in records.groupby("split"))


@pytest.mark.slow  # two pools of processes
def test_a_composite_depends_on_its_file_alone(chips_of_three_splits, data_dir, tmp_path):
    first = write_composites(chips_of_three_splits, data_dir, tmp_path / "first", processes=1)
    shuffled = chips_of_three_splits.sample(frac=1, random_state=1)
    second = write_composites(shuffled, data_dir, tmp_path / "second", processes=2)
    pd.testing.assert_frame_equal(first, second)
    assert list(first.columns) == COMPOSITES_COLUMNS
    for path in first["path"]:
        assert (tmp_path / "first" / path).read_bytes() == (tmp_path / "second" / path).read_bytes()


def test_existing_composites_are_kept(chips_of_three_splits, data_dir, tmp_path):
    first = write_composites(chips_of_three_splits, data_dir, tmp_path, processes=1)
    written = {path: (tmp_path / path).stat().st_mtime_ns for path in first["path"]}
    write_composites(chips_of_three_splits, data_dir, tmp_path, processes=1)
    assert {path: (tmp_path / path).stat().st_mtime_ns for path in first["path"]} == written


def test_the_table_has_the_box_of_the_face_and_its_size(chips_of_three_splits, data_dir, tmp_path):
    composites = write_composites(chips_of_three_splits, data_dir, tmp_path, processes=1)
    for row in composites.to_dict("records"):
        height, width = cv2.imread(str(tmp_path / row["path"])).shape[:2]
        assert 0 <= row["x0"] < row["x1"] <= width
        assert 0 <= row["y0"] < row["y1"] <= height
        assert row["background"] in {background.file for background in backgrounds_of(row["split"])}
    assert composites["face_fraction"].between(FACE_FRACTIONS[0] * 0.9, FACE_FRACTIONS[1] * 1.06).all()


def test_faces_come_in_every_size_as_often_small_as_large(data_dir):
    chip, _ = chip_at(next((data_dir / "utkface").glob("2*.jpg")), data_dir)
    backgrounds = backgrounds_of("train")[:20]
    fractions = []
    for number in range(120):
        rgb, box, _ = make_composite(chip, backgrounds, data_dir, rng_for("test", str(number)))
        fractions.append(max(box[2:] - box[:2]) / min(rgb.shape[:2]))
    # Log-uniform between 0.1 and 1: half of them below the square root of 0.1.
    assert np.median(fractions) == pytest.approx(0.316, rel=0.35)
    assert min(fractions) < 0.14
    assert max(fractions) > 0.8


def test_the_area_of_a_background_is_that_of_its_box():
    assert Background("a.jpg", "train", (10, 20, 30, 60)).area_px == 800
    assert isinstance(backgrounds_of("train")[0].file, str)
    assert Path(backgrounds_of("train")[0].file).suffix
