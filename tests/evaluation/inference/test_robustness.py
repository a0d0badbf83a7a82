"""Pictures are made worse step by step, and the table says what that costs each variant."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

from dataset.tables.columns import ROBUSTNESS
from evaluation.inference import robustness as robustness_module
from evaluation.inference.corruptions import CORRUPTIONS, SEVERITIES, corrupted
from evaluation.inference.predict import loaded_networks
from evaluation.inference.robustness import SEARCHED, Condition, changed_answers, write_robustness
from evaluation.inference.subsets import first_by_hash
from evaluation.metrics.robustness import robustness_rows
from evaluation.predictions import ROBUSTNESS_FILE, read_robustness
from evaluation.reports.robustness import by_severity, robustness_markdown
from faces.answer import Predictor
from faces.detection import Detector
from faces.errors import TableError
from faces.pictures import decode
from tests.robustness_tables import robustness_table

FACE_XYXY = (168.0, 50.0, 290.0, 220.0)  # of the astronaut
BY_KEY = {corruption.key: corruption for corruption in CORRUPTIONS}
every_kind = pytest.mark.parametrize("corruption", CORRUPTIONS, ids=BY_KEY)


@pytest.fixture(scope="module")
def astronaut(repository):
    return decode((repository / "dashboard" / "samples" / "astronaut.jpg").read_bytes(), "a.jpg").rgb


@every_kind
def test_strength_0_changes_nothing(astronaut, corruption):
    assert np.array_equal(corrupted(astronaut, FACE_XYXY, corruption, 0, "a.jpg"), astronaut)


@every_kind
def test_more_strength_is_further_from_the_original(astronaut, corruption):
    untouched = astronaut.copy()
    changed = [corrupted(astronaut, FACE_XYXY, corruption, severity, "a.jpg") for severity in SEVERITIES]
    likeness = [cv2.PSNR(astronaut, one) for one in changed]
    assert likeness == sorted(likeness, reverse=True)
    assert len(set(likeness)) == len(SEVERITIES)
    assert all(one.shape == astronaut.shape and one.dtype == np.uint8 for one in changed)
    assert np.array_equal(astronaut, untouched), "the original was written over"


@every_kind
def test_the_same_picture_is_always_changed_in_the_same_way(astronaut, corruption):
    first, second = (corrupted(astronaut, FACE_XYXY, corruption, 3, "a.jpg") for _ in range(2))
    assert np.array_equal(first, second)


@pytest.mark.parametrize("severity", [-1, 6])
def test_a_strength_that_is_none_is_refused(astronaut, severity):
    with pytest.raises(ValueError, match="Received"):
        corrupted(astronaut, FACE_XYXY, BY_KEY["blur"], severity, "a.jpg")


def test_pictures_are_turned_to_either_side(astronaut):
    left_and_right = {
        corrupted(astronaut, FACE_XYXY, BY_KEY["rotation"], 5, f"{number}.jpg").tobytes()
        for number in range(8)
    }
    assert len(left_and_right) == 2


@pytest.mark.parametrize(("key", "rows"), [("mask", slice(127, 220)), ("eye_bar", slice(88, 148))])
def test_a_cover_lies_on_the_face_and_nowhere_else(astronaut, key, rows):
    changed = corrupted(astronaut, FACE_XYXY, BY_KEY[key], 5, "a.jpg")
    covered = changed[rows, 168:290]
    assert (covered == covered[0, 0]).all()
    outside = np.ones(astronaut.shape[:2], bool)
    outside[rows.start - 1 : rows.stop + 1, 168:290] = False
    assert np.array_equal(changed[outside], astronaut[outside])


def test_a_face_that_is_small_already_keeps_its_resolution(astronaut):
    small = (200.0, 80.0, 260.0, 150.0)
    unchanged = corrupted(astronaut, small, BY_KEY["low_resolution"], 2, "a.jpg")
    assert np.array_equal(unchanged, astronaut)


def test_a_sample_by_hash_is_the_same_whatever_the_order_of_the_files():
    files = [f"{number}.jpg" for number in range(100)]
    assert first_by_hash(files, 10, "seed") == first_by_hash(files[::-1], 10, "seed")
    assert first_by_hash(files, 10, "seed") != first_by_hash(files, 10, "another")


@pytest.fixture
def pictures():
    """Six labelled pictures, one of them without a true age."""
    return pd.DataFrame(
        {
            "file": [f"{number}.jpg" for number in range(6)],
            "subject": "",
            "age_years": [20.0, 30.0, 40.0, 50.0, 60.0, np.nan],
            "gender": [0, 1, 0, 1, 0, 1],
        }
    )


def test_rows_hold_both_measures_with_intervals_and_count_labelled_pictures_alone(pictures):
    ages = np.repeat(np.array([[20.0, 30, 40, 50, 60, 70]]).T, 2, axis=1) + [0.0, 4.0]
    female = np.array([[0.1, 0.9, 0.1, 0.9, 0.1, 0.9], [0.9, 0.9, 0.1, 0.9, 0.1, 0.9]]).T
    rows = robustness_rows(pictures, ages, female)
    assert list(rows["count"]) == [5, 5]
    assert list(rows.mae) == [0.0, 4.0]
    assert list(rows.gender_accuracy) == [1.0, 0.8]
    assert rows.gender_accuracy_low[1] < 0.8 <= rows.gender_accuracy_high[1]


@pytest.fixture
def table():
    return robustness_table()


def test_a_curve_starts_at_the_unchanged_pictures(table):
    curve = by_severity(table, "chips", "noise")
    assert list(curve.severity) == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert list(curve[curve.variant == "full"].mae) == [4.5, 5.5, 6.5, 7.5, 8.5, 9.5]
    assert by_severity(table, "portraits", "noise").empty


def test_the_page_has_every_number_and_marks_the_clearly_better_one(table):
    page = robustness_markdown(table)
    assert "## chips: 500 test pictures" in page
    assert "| Blur | full | 4.50 | 5.50 | 6.50 | 7.50 | 8.50 | 9.50 |" in page
    assert "| Blur | cropped | 4.50 | **5.00** | **5.50** | **6.00** | **6.50** | **7.00** |" in page
    assert "| Blur | 100.0 | 90.0 | 80.0 | 70.0 | 60.0 | 50.0 |" in page
    assert "costs most (+3.00 years)" in page


def test_the_page_says_what_measures_where_nothing_was_measured(table):
    page = robustness_markdown(table.iloc[:0])
    assert "Nothing was measured yet" in page
    assert "python -m evaluation robustness" in page


@pytest.fixture(scope="module")
def networks(shipped_variants):
    return loaded_networks([variant.folder for variant in shipped_variants])


@pytest.fixture(scope="module")
def detector():
    return Detector(threads=1)


@pytest.fixture
def samples(repository, tmp_path):
    """A shipped picture, an empty one without a face, and one that cannot be decoded."""
    folder = repository / "dashboard" / "samples"
    cv2.imwrite(str(tmp_path / "empty.png"), np.full((80, 60, 3), 90, np.uint8))
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    paths = [folder / "astronaut.jpg", tmp_path / "empty.png", tmp_path / "broken.jpg"]
    return pd.DataFrame(
        {
            "path": [str(path) for path in paths],
            "file": [path.name for path in paths],
            "subject": "",
            "age_years": [41.0, 20.0, 30.0],
            "gender": [1, 0, 0],
        }
    )


TWO_CONDITIONS = (Condition(BY_KEY["jpeg"], 1), Condition(BY_KEY["darker"], 5))


def test_every_network_reads_every_picture_unchanged_and_in_every_cell(samples, networks, detector, tmp_path):
    answers, found = changed_answers(samples, networks, detector, tmp_path, title="s", cells=TWO_CONDITIONS)
    assert set(answers) == {"full", "cropped"}
    for said in answers.values():
        assert said.age_years.shape == said.female_probability.shape == (3, 3)
        assert np.isfinite(said.age_years[:2]).all()
        assert np.isnan(said.age_years[2]).all()
        assert abs(said.age_years[0, 1] - said.age_years[0, 0]) < 8, "a fine JPEG changed the age"
    assert found[:, :2].tolist() == [[True, True], [False, False], [False, False]]


def test_work_that_was_stopped_goes_on_with_the_cells_that_are_missing(
    samples, networks, detector, tmp_path, monkeypatch
):
    first, _ = changed_answers(samples, networks, detector, tmp_path, title="s", cells=TWO_CONDITIONS[:1])
    changed = []

    def noted(rgb, box, corruption, severity, file):
        changed.append(corruption.key)
        return corrupted(rgb, box, corruption, severity, file)

    monkeypatch.setattr(robustness_module, "corrupted", noted)
    second, _ = changed_answers(samples, networks, detector, tmp_path, title="s", cells=TWO_CONDITIONS)
    assert set(changed) == {"darker"}
    assert np.array_equal(second["full"].age_years[:, :2], first["full"].age_years, equal_nan=True)


@pytest.fixture
def written(samples, networks, detector, tmp_path, monkeypatch):
    """Folders with a robustness.csv of the samples, one kind of change alone."""
    folders = []
    for network in networks:
        folder = tmp_path / network.variant.name
        folder.mkdir()
        (folder / "variant.toml").write_text((network.variant.folder / "variant.toml").read_text())
        folders.append(folder)
    moved = []
    for network, folder in zip(networks, folders, strict=True):
        here = object.__new__(type(network))
        here.__dict__ = network.__dict__ | {"variant": replace(network.variant, folder=folder)}
        moved.append(here)
    monkeypatch.setattr(robustness_module, "CONDITIONS", TWO_CONDITIONS)
    monkeypatch.setattr(robustness_module, "SAMPLE", {"chips": 3})
    monkeypatch.setattr(robustness_module, "sampled_pictures", lambda *_: samples)
    write_robustness(moved, detector, tmp_path, tmp_path / "cache")
    return folders


def test_what_is_written_is_read_as_a_robustness_table(written):
    table = read_robustness(written)
    assert list(table.columns) == ROBUSTNESS.column_names
    assert list(table.variant) == ["full"] * 3 + ["cropped"] * 3
    assert list(table.corruption[:3]) == ["unchanged", "jpeg", "darker"]
    assert list(table.level[1:3]) == [50, 15]
    assert (table["count"] == 2).all()
    assert (table.face_found_count == min(SEARCHED, 3)).all()


@pytest.mark.parametrize("what", ["split", "network", "detector"])
def test_a_table_that_another_split_network_or_detector_made_is_refused(written, what):
    path = written[0] / ROBUSTNESS_FILE
    pd.read_csv(path).assign(**{f"{what}_sha256": "0" * 64}).to_csv(path, index=False)
    with pytest.raises(TableError, match=f"made with another {what}"):
        read_robustness(written)


def test_a_folder_without_a_table_has_no_rows(written):
    (written[0] / ROBUSTNESS_FILE).unlink()
    assert set(read_robustness(written).variant) == {"cropped"}
    assert read_robustness(written[:1]).empty


def test_the_committed_page_is_that_of_the_committed_tables(shipped_variants, repository):
    page = (repository / "docs" / "robustness.md").read_text(encoding="utf-8")
    assert page == robustness_markdown(read_robustness([variant.folder for variant in shipped_variants]))


def test_an_unchanged_picture_is_read_as_it_is_served(
    samples, networks, shipped_variants, detector, tmp_path
):
    answers, _ = changed_answers(samples.iloc[:1], networks, detector, tmp_path, title="s", cells=())
    predictor = Predictor([variant.folder for variant in shipped_variants])
    _, served = predictor.answer_bytes((Path(samples.path[0])).read_bytes(), "astronaut.jpg")
    assert answers["full"].age_years[0, 0] == pytest.approx(served.whole_picture["full"].age_years, abs=0.01)
    assert answers["cropped"].age_years[0, 0] == pytest.approx(
        served.faces[0].answers["cropped"].age_years, abs=0.01
    )
