"""A folder with the names of an earlier release gets today's names; numbers, comments and order stay."""

import json
import re
import struct

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dataset.__main__ import main
from dataset.tables.columns import BOXES, HISTORY, PREDICTIONS
from dataset.tables.migration import migrate
from dataset.tables.schema import FLOAT, STRING, Provenance, provenance_of, read_csv_table, read_table
from faces.earlier_names import earlier_names_in, renamed
from faces.errors import TableError
from faces.networks import Calibration, read_calibration
from faces.variants import WHOLE_IMAGE, read_variant


class Names(dict[str, str]):
    """Name of today -> the name to write; those that it lacks stay as they are."""

    def __missing__(self, name: str) -> str:
        return name


# Names of today in braces: the files of both releases come from one text.
KINDS = ("section", "key", "value")
COMMENT = '# Below this probability of the likelier gender the answer is "uncertain".'
TODAY = Names(comment=COMMENT)
EARLIER = Names({new: old for kind in KINDS for old, new in renamed(kind).items()})
EARLIER["comment"] = next(old for old, new in renamed("comment").items() if new == COMMENT)
VARIANT = f"""# Written by the export; not to be edited.
name = "full"
{{input_mode}} = "{{whole_image}}"
crop_scale = 1.0
input_px = 160
pad_rgb = [124, 117, 104]
recipe = "full"
last_convolution = "conv_pw_13_relu"
parameters = 3517478
flops = 579878912
network_sha256 = "{"a" * 64}"
detector_sha256 = "{"b" * 64}"
split_sha256 = "{"c" * 64}"
"""
CALIBRATION = """age_temperature = 1.5207
gender_temperature = 0.9354
{comment}
{abstention_threshold} = 0.7

[fitted_on]
set = "chips"
split = "validation"
count = 2371
split_sha256 = "cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc"
network_sha256 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
coverage_before = 0.7018
{abstained_accuracy} = 0.6000
"""
RECIPE = """# python -m training run model_full --data-dir DIR --out model_full
name = "full"

[{input}]
{input_mode} = "{whole_image}"

[mix]
{fractions} = {{ chips = 0.73, {composites} = 0.270 }}

[limits]
{composites} = 5000

# A comment about context = 1 and shares stays as it is.
[{cooldown}.mix.{fractions}]
{composites} = 1.8e-1

[[phases]]
name = "main"
trainable = "{localizer}"

[schedule]
{inputs_per_epoch} = 20_000
{wise_ft} = true
"""
METRICS = {
    "since_before": None,
    "sets": {"context": {"held": {"measures": {"mae": {"value": 0.1 + 0.2, "low": 1e-7, "unit": "share"}}}}},
}
EARLIER_COLUMNS = Names({new: old for old, new in renamed("column").items()})
MADE_BY = Provenance("c" * 64, "a" * 64, "b" * 64)
ODD_FLOATS = (0.1 + 0.2, 5e-324, float("nan"), -0.0)


@pytest.fixture
def earlier(tmp_path):
    """A model folder as an earlier release wrote it."""
    folder = tmp_path / "model_full"
    (folder / "predictions").mkdir(parents=True)
    (folder / "variant.toml").write_text(VARIANT.format_map(EARLIER))
    (folder / "calibration.toml").write_text(CALIBRATION.format_map(EARLIER))
    (folder / "recipe.toml").write_text(RECIPE.format_map(EARLIER))
    (folder / "metrics.json").write_text(json.dumps(METRICS, indent=1) + "\n")
    columns = [column.name for column in HISTORY.columns if not column.optional]
    (folder / "history.csv").write_text(
        ",".join([*columns, "phase", "validation_context_cs_5"])
        + "\n"
        + ",".join(["1", *["0.10000000000000001"] * (len(columns) - 1), "finish", "0.390553"])
        + "\n"
    )
    (folder / "fairness.csv").write_text('set,race,count\ncontext,"held, or look",7\n')
    rows = {
        column.name: ["held"] * 4
        if column.kind == STRING
        else ODD_FLOATS
        if column.kind == FLOAT
        else [7] * 4
        for column in PREDICTIONS.columns
    } | {"set": ["context"] * 4, "input_source": ["face", "whole picture", "", "face"]}
    table = pa.table([pa.array(values) for values in rows.values()], schema=PREDICTIONS.schema)
    table = table.rename_columns([EARLIER_COLUMNS[name] for name in table.column_names])
    table = table.replace_schema_metadata({"table": "predictions", **vars(MADE_BY)})
    pq.write_table(table, folder / "predictions" / "context.parquet")
    return folder


def bits(values):
    return struct.pack(f"{len(values)}d", *values)


def test_parquet_keeps_its_floats_bit_for_bit_and_its_provenance(earlier):
    old = pq.read_table(earlier / "predictions" / "context.parquet")
    assert set(old.column_names) - set(PREDICTIONS.column_names) == {
        EARLIER_COLUMNS[name] for name in ("predicted_gender", "input_source", "face_fraction")
    }
    migrate(earlier)
    path = earlier / "predictions" / "composites.parquet"
    new = pq.read_table(path)
    assert provenance_of(path) == MADE_BY
    assert new.schema.metadata == old.schema.metadata
    for before, after in zip(old.columns, new.columns, strict=True):
        if before.type == pa.float64():
            assert bits(after.to_pylist()) == bits(before.to_pylist()) == bits(ODD_FLOATS)
    table = read_table(path, PREDICTIONS, MADE_BY)
    assert list(table.input_source) == ["face", "whole_image", "", "face"]
    assert set(table.set) == {"composites"}
    assert set(table.split) == {"test"}
    assert set(table.race) == {"held"}  # a word of the set, not of the format


def test_toml_keeps_its_comments_its_order_and_the_spelling_of_its_numbers(earlier):
    migrate(earlier)
    for name, text in (("recipe", RECIPE), ("variant", VARIANT), ("calibration", CALIBRATION)):
        assert (earlier / f"{name}.toml").read_text() == text.format_map(TODAY)
        assert text.format_map(EARLIER) != text.format_map(TODAY)


def test_what_was_migrated_can_be_served(earlier):
    path = earlier / "calibration.toml"
    path.write_text(path.read_text().replace("= 0.6000", "= nan"))  # no gender was uncertain
    migrate(earlier)
    assert read_variant(earlier).input_mode == WHOLE_IMAGE
    assert read_calibration(earlier) == Calibration(1.5207, 0.9354, 0.7)


def test_json_keeps_its_numbers_and_its_layout(earlier):
    old = (earlier / "metrics.json").read_text()
    migrate(earlier)
    new = (earlier / "metrics.json").read_text()
    assert re.findall(r"\d[\d.e-]*", new) == re.findall(r"\d[\d.e-]*", old)
    assert len(new.splitlines()) == len(old.splitlines())
    estimate = {"value": 0.1 + 0.2, "low": 1e-7, "unit": "fraction"}
    assert json.loads(new) == {
        "since_baseline": None,
        "sets": {"composites": {"test": {"metrics": {"mae": estimate}}}},
    }


def test_csv_keeps_every_cell_but_earlier_names(earlier):
    migrate(earlier)
    history = read_csv_table(earlier / "history.csv", HISTORY)
    assert list(history.phase) == ["cooldown"]
    assert list(history.validation_composites_cs_5) == [0.390553]
    assert "0.10000000000000001" in (earlier / "history.csv").read_text()
    assert (earlier / "fairness.csv").read_text() == 'set,race,count\ncomposites,"held, or look",7\n'


def test_the_command_names_the_changed_files_and_a_second_time_none(earlier, capsys):
    assert main(["migrate", str(earlier)]) == 0
    printed = capsys.readouterr().out
    assert len(printed.splitlines()) == 7
    assert "composites.parquet" in printed
    content = {path: path.read_bytes() for path in earlier.rglob("*") if path.is_file()}
    assert main(["migrate", str(earlier)]) == 0
    assert capsys.readouterr().out == ""
    assert {path: path.read_bytes() for path in earlier.rglob("*") if path.is_file()} == content


def test_a_table_with_earlier_columns_is_refused_with_their_names_of_today(earlier):
    with pytest.raises(
        TableError,
        match=f"'{EARLIER_COLUMNS['predicted_gender']}' is now 'predicted_gender'.*dataset migrate FOLDER",
    ):
        read_table(earlier / "predictions" / "context.parquet", PREDICTIONS)
    with pytest.raises(TableError, match="'validation_context_cs_5' is now 'validation_composites_cs_5'"):
        read_csv_table(earlier / "history.csv", HISTORY)


def test_a_cache_of_boxes_of_an_earlier_release_is_refused_too(tmp_path):
    rows = pd.DataFrame({column.name: [] for column in BOXES.columns}).rename(
        columns={"face_fraction": "face_share"}
    )
    table = pa.Table.from_pandas(rows).replace_schema_metadata({"table": "boxes", **vars(MADE_BY)})
    pq.write_table(table, tmp_path / "chips.parquet")
    with pytest.raises(TableError, match="'face_share' is now 'face_fraction'"):
        read_table(tmp_path / "chips.parquet", BOXES)


def test_names_of_today_are_no_earlier_names():
    assert earlier_names_in(PREDICTIONS.column_names, "column") == ""
    assert earlier_names_in([EARLIER["input_mode"], "name"], "key").endswith(
        " is now 'input_mode': `python -m dataset migrate FOLDER` renames them."
    )
