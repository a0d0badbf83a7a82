"""The columns of every table: a frame goes to a whole file, and a file comes back as a checked frame.

A room of its own because tables are the wall between networks and metrics: training, evaluation and pages
share nothing but the columns named here. `docs/data_formats.md` is generated from this module.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from faces.earlier_names import earlier_names_in
from faces.errors import DataMissing, TableError
from faces.files import whole_file
from faces.templates import render

TEXT, NUMBER, WHOLE_NUMBER = "text", "number", "whole number"
# Text and whole numbers are never null: unknown text is empty. Numbers are null where there is none.
ARROW_TYPES = {TEXT: pa.string(), NUMBER: pa.float64(), WHOLE_NUMBER: pa.int64()}

FACE_FOUND, NO_FACE, UNREADABLE = "face found", "no face", "unreadable"
STATUSES = (FACE_FOUND, NO_FACE, UNREADABLE)


@dataclass(frozen=True)
class Column:
    """A column: its name, TEXT, NUMBER or WHOLE_NUMBER, its unit ("" for none) and what it says.

    An optional one is absent where there is nothing to say: no parquet table has any.
    """

    name: str
    kind: str
    unit: str
    meaning: str
    optional: bool = False


@dataclass(frozen=True)
class Table:
    """A kind of table: where its files lie, what one row is, and its columns in order."""

    name: str
    path: str
    row: str
    columns: tuple[Column, ...]

    @property
    def column_names(self) -> list[str]:
        return [column.name for column in self.columns]

    @property
    def schema(self) -> pa.Schema:
        return pa.schema([(column.name, ARROW_TYPES[column.kind]) for column in self.columns])


@dataclass(frozen=True)
class Provenance:
    """SHA-256 (hex) of what made a table; empty where it took no part (a table of boxes knows no network)."""

    split_sha256: str = ""
    network_sha256: str = ""
    detector_sha256: str = ""


FILE = Column("file", TEXT, "", "Name of the picture, unique within its set")
BOX = (
    Column("faces_found", WHOLE_NUMBER, "faces", "How many faces the detector found"),
    Column("box_x0", NUMBER, "picture pixels", "Left edge of the widest face; null where none was found"),
    Column("box_y0", NUMBER, "picture pixels", "Upper edge"),
    Column("box_x1", NUMBER, "picture pixels", "Right edge"),
    Column("box_y1", NUMBER, "picture pixels", "Lower edge"),
    Column("confidence", NUMBER, "0 to 1", "Confidence of the detector in that face"),
    Column(
        "face_fraction",
        NUMBER,
        "fraction",
        "Longer side of the box over the shorter side of the picture; null where no face was found",
    ),
    Column("width", WHOLE_NUMBER, "pixels", "Width of the upright picture; 0 where it is unreadable"),
    Column("height", WHOLE_NUMBER, "pixels", "Height of the upright picture; 0 where it is unreadable"),
)
STATUS = Column("status", TEXT, "", f"`{FACE_FOUND}`, `{NO_FACE}` or `{UNREADABLE}`")

PREDICTIONS = Table(
    "predictions",
    "model_*/predictions/*.parquet",
    "one picture of one set, read by one variant; a face that was not found is a row with a status",
    (
        FILE,
        Column("set", TEXT, "", "`chips`, `context`, `fgnet`, `portraits` or `fairface`"),
        Column("split", TEXT, "", "`train`, `validation` or `test`"),
        Column("variant", TEXT, "", "Name of the variant that read it"),
        Column("subject", TEXT, "", "Who is shown, where the set says so; bootstrap intervals draw subjects"),
        Column("age_years", NUMBER, "years", "True age, never clipped; null where only a bin is known"),
        Column(
            "age_first_years",
            NUMBER,
            "years",
            "First year of the bin in which the true age lies: the age itself where it is exact, null where "
            "nothing is known",
        ),
        Column("age_last_years", NUMBER, "years", "Last year of it; 100 for the open bin of the oldest"),
        Column("gender", WHOLE_NUMBER, "", "True gender: 0 male, 1 female"),
        Column("race", TEXT, "", "As the set words it; empty where it does not say"),
        STATUS,
        Column(
            "input_source",
            TEXT,
            "",
            "What the network saw: `face` or `whole picture`; empty where unreadable",
        ),
        *BOX,
        Column(
            "predicted_age_years",
            NUMBER,
            "years",
            "Expectation of the network's ages; like the next three null where unreadable or not told",
        ),
        Column("age_low_years", NUMBER, "years", "10 % quantile: lower end of the 80 % interval"),
        Column("age_high_years", NUMBER, "years", "90 % quantile: upper end of the 80 % interval"),
        Column("female_probability", NUMBER, "0 to 1", "Calibrated; one half or more is read as female"),
        Column(
            "predicted_gender",
            TEXT,
            "",
            "What is answered: `female`, `male`, or `uncertain` below the calibration's least probability; "
            "empty where unreadable or not told",
        ),
    ),
)
BOXES = Table(
    "boxes",
    ".cache/boxes/DETECTOR/SET.parquet",
    "one picture; DETECTOR is the first 12 digits of the detector's SHA-256",
    (FILE, STATUS, *BOX),
)
DUPLICATES = Table(
    "duplicates",
    ".cache/duplicates/utkface.csv",
    "one picture of UTKFace whose photograph occurs more than once",
    (Column("group", WHOLE_NUMBER, "", "Pictures of one group show the same photograph"), FILE),
)
SPLIT = Table(
    "split",
    "dataset/split.csv",
    "one picture of UTKFace with usable labels",
    (FILE, Column("split", TEXT, "", "`train`, `validation` or `test`")),
)
FAIRFACE_SPLIT = Table(
    "FairFace split",
    "dataset/fairface_split.csv",
    "one picture of FairFace",
    (FILE, Column("split", TEXT, "", "`train`, `validation` (choices) or `test` (published figures)")),
)
VALIDATION_FIGURES = (
    ("age_loss", "", "age part of the loss"),
    ("gender_loss", "", "gender part of the loss, before it is weighed"),
    ("gender_accuracy", "fraction", "higher is better"),
    ("localizer_loss", "", "loss of the localizer, where the network has one"),
    (
        "localizer_iou",
        "fraction",
        "of the attention crop with the face's square, over both; higher is better",
    ),
)
AGE_VALIDATION_FIGURES = (
    ("age_mae_years", "years", "lower is better"),
    ("age_bias_years", "years", "mean of predicted less true; nearer to 0 is better"),
    ("cs_5", "fraction", "within 5 years; higher is better"),
)
BIN_VALIDATION_FIGURES = (
    ("bin_accuracy", "fraction", "the age falls into the bin; higher is better"),
    ("bin_off_by_one", "fraction", "into it or a neighbour; higher is better"),
    ("young_bias_years", "years", "how far beyond the bin, under 20; nearer to 0 is better"),
    ("old_bias_years", "years", "how far beyond the bin, from 50; nearer to 0 is better"),
)
HISTORY = Table(
    "history",
    "model_*/history.csv",
    "one epoch of a training",
    (
        Column("epoch", WHOLE_NUMBER, "", "1 for the first"),
        Column(
            "phase", TEXT, "", "Of the recipe; `cooldown` in the last epochs, if it has a [cooldown]", True
        ),
        Column("learning_rate", NUMBER, "", "At the end of the epoch"),
        Column("loss", NUMBER, "", "Mean training loss of both heads; lower is better, as for every loss"),
        Column("age_loss", NUMBER, "", "Its age part, before it is weighed", True),
        Column("gender_loss", NUMBER, "", "Its gender part, before it is weighed", True),
        Column("localizer_loss", NUMBER, "", "That of the localizer, where the network has one", True),
        Column("age_mae_years", NUMBER, "years", "On augmented training frames; lower is better", True),
        Column("gender_accuracy", NUMBER, "fraction", "On augmented training frames; higher is better", True),
        Column("validation_loss", NUMBER, "", "Over all sets, weighed as in training; nothing augmented"),
        *(
            Column(
                "validation_" + ("" if name == "chips" else f"{name}_") + figure,
                NUMBER,
                unit,
                f"`{name}` {split}: {words}",
                True,
            )
            for name, split in (
                ("chips", "validation"),
                ("composites", "validation"),
                ("fairface", "validation"),
            )
            for figure, unit, words in (
                *VALIDATION_FIGURES,
                *(BIN_VALIDATION_FIGURES if name == "fairface" else AGE_VALIDATION_FIGURES),
            )
        ),
        Column("seconds", NUMBER, "s", "Time this epoch took, its validation included"),
    ),
)
FAIRNESS_FIGURES = {
    "mae": ("years", "Mean absolute age error; null where no age is exact"),
    "bias": ("years", "Mean of predicted less true age; null where no age is exact"),
    "accuracy": ("fraction", "Share of the genders that are read right"),
    "bin_accuracy": ("fraction", "Share of the ages in the right bin, where bins alone are known"),
}
FAIRNESS = Table(
    "fairness",
    "model_*/baseline_release/fairness.csv",
    "one gender, race and age group of one set, read by one variant of the release before",
    (
        Column("set", TEXT, "", "Name of the set"),
        Column("split", TEXT, "", "`test`"),
        Column("variant", TEXT, "", "Name of the variant"),
        Column("network_sha256", TEXT, "", "Its network"),
        Column("gender", TEXT, "", "True gender: `female` or `male`"),
        Column("race", TEXT, "", "As the set words it"),
        Column("age_group", TEXT, "", "FairFace's bin of the true age, or `all`"),
        Column("count", WHOLE_NUMBER, "pictures", "How many it stands on"),
        *(
            Column(f"{name}{end}", NUMBER, unit, words)
            for name, (unit, meaning) in FAIRNESS_FIGURES.items()
            for end, words in (
                ("", meaning),
                ("_low", "Lower end of its 95 % bootstrap interval"),
                ("_high", "Upper end of it"),
            )
        ),
    ),
)
BASELINE = Table(
    "predictions of the release before",
    "model_*/baseline_release/predictions.parquet",
    "one picture of `chips` test, read by one variant of the release before",
    (
        FILE,
        Column("variant", TEXT, "", "Name of the variant that read it"),
        Column("predicted_age_years", NUMBER, "years", "As in predictions, four decimals"),
        Column("female_probability", NUMBER, "0 to 1", "As in predictions, four decimals"),
    ),
)
ESTIMATES = Table(
    "metrics",
    "model_*/metrics.json",
    "one measure of one set and split (`sets` → set → split → `measures` → its name)",
    (
        Column("value", NUMBER, "see `unit`", "The measure; null where it cannot be computed"),
        Column("low", NUMBER, "see `unit`", "Lower end of its 95 % bootstrap interval"),
        Column("high", NUMBER, "see `unit`", "Upper end of it"),
        Column("count", WHOLE_NUMBER, "pictures", "How many pictures it stands on"),
        Column("unit", TEXT, "", "`years`, `years²`, `share` or empty"),
        Column("better", TEXT, "", "`lower`, `higher`, `nearer to 0` or `nearer to 80 %`"),
        Column("reason", TEXT, "", "Why there is no value", True),
    ),
)
ROBUSTNESS = Table(
    "robustness",
    "model_*/robustness.csv",
    "one kind of change at one strength, on the same test pictures of one set, read by one variant",
    (
        Column("variant", TEXT, "", "Name of the variant that read them"),
        Column("set", TEXT, "", "`chips` or `portraits`; of both, test pictures"),
        Column(
            "corruption",
            TEXT,
            "",
            "The kind of change, named in `evaluation/inference/corruptions.py`, or `unchanged`",
        ),
        Column("severity", WHOLE_NUMBER, "", "1 to 5; 0 where nothing was changed"),
        Column("level", NUMBER, "see `unit`", "What the strength means; null where nothing was changed"),
        Column("unit", TEXT, "", "Unit of the amount; `none` where nothing was changed"),
        Column("count", WHOLE_NUMBER, "pictures", "How many pictures both measures stand on"),
        Column("mae", NUMBER, "years", "Mean absolute age error; lower is better"),
        Column("mae_low", NUMBER, "years", "Lower end of its 95 % bootstrap interval"),
        Column("mae_high", NUMBER, "years", "Upper end of it"),
        Column("gender_accuracy", NUMBER, "fraction", "Genders read right; higher is better"),
        Column("gender_accuracy_low", NUMBER, "fraction", "Lower end of its 95 % bootstrap interval"),
        Column("gender_accuracy_high", NUMBER, "fraction", "Upper end of it"),
        Column(
            "face_found_fraction",
            NUMBER,
            "fraction",
            "Changed pictures in which the detector finds the face again",
        ),
        Column(
            "face_found_count", WHOLE_NUMBER, "pictures", "How many were searched: the first of the sample"
        ),
        Column("split_sha256", TEXT, "", "Of `dataset/split.csv`"),
        Column("network_sha256", TEXT, "", "Of the network that read the pictures"),
        Column("detector_sha256", TEXT, "", "Of the detector whose boxes framed them"),
    ),
)
COMPOSITE_PICTURES = Table(
    "composites",
    ".cache/composites/composites.csv",
    "one composition",
    (
        FILE,
        Column("split", TEXT, "", "`train`, `validation` or `test`: that of the face and of the background"),
        Column("path", TEXT, "", "Where the picture lies, from the cache folder"),
        Column("source_file", TEXT, "", "The UTKFace picture whose face was pasted; it has the labels"),
        Column("x0", NUMBER, "picture pixels", "Left edge of the pasted face"),
        Column("y0", NUMBER, "picture pixels", "Upper edge"),
        Column("x1", NUMBER, "picture pixels", "Right edge"),
        Column("y1", NUMBER, "picture pixels", "Lower edge"),
        Column(
            "face_fraction",
            NUMBER,
            "fraction",
            "Longer side of that box over the shorter side of the picture",
        ),
        Column("background", TEXT, "", "The face-free photograph behind it"),
    ),
)
TABLES = (
    PREDICTIONS,
    FAIRNESS,
    BASELINE,
    ESTIMATES,
    ROBUSTNESS,
    HISTORY,
    BOXES,
    COMPOSITE_PICTURES,
    DUPLICATES,
    SPLIT,
    FAIRFACE_SPLIT,
)


def write_table(rows: pd.DataFrame, table: Table, path: Path, provenance: Provenance) -> None:
    """Writes the parquet file whole, its columns in order, the provenance in its metadata.

    Raises TableError when a column is missing, unknown or of another kind; the file is then left as it was.
    """
    _check_names(list(rows.columns), table, path)
    try:
        content = pa.Table.from_pandas(rows[table.column_names], table.schema, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise TableError(f"{path}: a column of the {table.name} table has the wrong kind. {error}") from error
    for column in table.columns:
        if column.kind != NUMBER and content[column.name].null_count:
            raise TableError(
                f"{path}: {column.name} has empty cells, and {column.kind} columns may have none."
            )
    content = content.replace_schema_metadata({"table": table.name, **asdict(provenance)})
    with whole_file(path) as unfinished:
        pq.write_table(content, unfinished, compression="zstd")


def read_table(path: Path, table: Table, expected: Provenance | None = None) -> pd.DataFrame:
    """The frame of a parquet file that `write_table` wrote.

    Raises DataMissing when the file is not there, and TableError when it holds other columns or was made by
    another split, network or detector than `expected` says (an empty field there expects nothing).
    """
    provenance = provenance_of(path)
    for field in fields(Provenance) if expected else ():
        wanted, received = getattr(expected, field.name), getattr(provenance, field.name)
        if wanted and wanted != received:
            what = field.name.removesuffix("_sha256")
            raise TableError(
                f"{path} was made with another {what}: expected SHA-256 {wanted[:12]}…. "
                f"Received: {received[:12] or 'none'}…."
            )
    content = pq.read_table(path)
    _check_names(content.column_names, table, path)
    return content.to_pandas()


def read_csv_table(path: Path, table: Table) -> pd.DataFrame:
    """The frame of a CSV file. Raises DataMissing when it is not there, TableError for other columns."""
    if not Path(path).is_file():
        raise DataMissing(f"There is no table {path}.")
    rows = pd.read_csv(path, dtype={column.name: str for column in table.columns if column.kind == TEXT})
    _check_names(list(rows.columns), table, path)
    return rows


def provenance_of(path: Path) -> Provenance:
    """What made a parquet table. Raises DataMissing when it is not there, TableError when it says nothing."""
    path = Path(path)
    if not path.is_file():
        raise DataMissing(f"There is no table {path}.")
    try:
        metadata = pq.read_schema(path).metadata or {}
    except (pa.ArrowInvalid, OSError) as error:
        raise TableError(f"{path} is not a parquet file. {error}") from error
    names = [field.name for field in fields(Provenance)]
    if any(name.encode() not in metadata for name in names):
        raise TableError(f"{path} does not say which split, network and detector made it.")
    return Provenance(**{name: metadata[name.encode()].decode() for name in names})


def formats_markdown() -> str:
    """The page docs/data_formats.md."""
    return render(Path(__file__).with_name("formats.md.j2"), tables=TABLES)


def _check_names(names: list[str], table: Table, path: Path) -> None:
    missing = [column.name for column in table.columns if not column.optional and column.name not in names]
    unknown = [name for name in names if name not in table.column_names]
    if missing or unknown:
        raise TableError(
            f"{path} is no {table.name} table: missing {missing or 'nothing'}. "
            f"Received beyond its columns: {unknown or 'nothing'}.{earlier_names_in(unknown, 'column')}"
        )
