"""The columns of every table that one room writes and another reads.

`docs/data_formats.md` is generated from this module by `python -m dataset formats`.
"""

from __future__ import annotations

from dataset.labels import CHIPS, COMPOSITES, FAIRFACE
from dataset.tables.schema import FLOAT, INTEGER, STRING, Column, Table

FACE_FOUND, NO_FACE, UNREADABLE = "face found", "no face", "unreadable"

FILE = Column("file", STRING, "", "Name of the picture, unique within its set")
BOX = (
    Column("faces_found", INTEGER, "faces", "How many faces the detector found"),
    Column("box_x0", FLOAT, "picture pixels", "Left edge of the widest face; null where none was found"),
    Column("box_y0", FLOAT, "picture pixels", "Upper edge"),
    Column("box_x1", FLOAT, "picture pixels", "Right edge"),
    Column("box_y1", FLOAT, "picture pixels", "Lower edge"),
    Column("confidence", FLOAT, "0 to 1", "Confidence of the detector in that face"),
    Column(
        "face_fraction",
        FLOAT,
        "fraction",
        "Longer side of the box over the shorter side of the picture; null where no face was found",
    ),
    Column("width", INTEGER, "pixels", "Width of the upright picture; 0 where it is unreadable"),
    Column("height", INTEGER, "pixels", "Height of the upright picture; 0 where it is unreadable"),
)
STATUS = Column("status", STRING, "", f"`{FACE_FOUND}`, `{NO_FACE}` or `{UNREADABLE}`")

PREDICTIONS = Table(
    "predictions",
    "model_*/predictions/*.parquet",
    "one picture of one set, predicted by one variant; a face that was not found is a row with a status",
    (
        FILE,
        Column("set", STRING, "", "`chips`, `composites`, `fgnet`, `portraits` or `fairface`"),
        Column("split", STRING, "", "`train`, `validation` or `test`"),
        Column("variant", STRING, "", "Name of the variant that predicted"),
        Column(
            "subject",
            STRING,
            "",
            "Who is shown, where the set says so; bootstrap intervals resample subjects",
        ),
        Column("age_years", FLOAT, "years", "True age, never clipped; null where only a bin is known"),
        Column(
            "age_first_years",
            FLOAT,
            "years",
            "First year of the bin in which the true age lies: the age itself where it is exact, null where "
            "nothing is known",
        ),
        Column("age_last_years", FLOAT, "years", "Last year of it; 100 for the open bin of the oldest"),
        Column("gender", INTEGER, "", "True gender: 0 male, 1 female"),
        Column("race", STRING, "", "As the set words it; empty where it does not say"),
        STATUS,
        Column(
            "input_source",
            STRING,
            "",
            "What the input shows: `face` or `whole_image`; empty where unreadable",
        ),
        *BOX,
        Column(
            "predicted_age_years",
            FLOAT,
            "years",
            "Expectation of the network's ages; like the next three null where unreadable or without head",
        ),
        Column("age_low_years", FLOAT, "years", "10 % quantile: lower end of the 80 % interval"),
        Column("age_high_years", FLOAT, "years", "90 % quantile: upper end of the 80 % interval"),
        Column("female_probability", FLOAT, "0 to 1", "Calibrated; one half or more is predicted as female"),
        Column(
            "predicted_gender",
            STRING,
            "",
            "`female`, `male`, or `uncertain` below the calibration's abstention threshold; empty where "
            "unreadable or without the head",
        ),
    ),
)
BOXES = Table(
    "boxes",
    ".cache/face_boxes/DETECTOR/SET.parquet",
    "one picture; DETECTOR is the first 12 digits of the detector's SHA-256",
    (FILE, STATUS, *BOX),
)
DUPLICATES = Table(
    "duplicates",
    ".cache/duplicates/utkface.csv",
    "one picture of UTKFace whose photograph occurs more than once",
    (Column("group", INTEGER, "", "Pictures of one group show the same photograph"), FILE),
)
SPLIT = Table(
    "split",
    "dataset/split.csv",
    "one picture of UTKFace with usable labels",
    (FILE, Column("split", STRING, "", "`train`, `validation` or `test`")),
)
FAIRFACE_SPLIT = Table(
    "FairFace split",
    "dataset/fairface_split.csv",
    "one picture of FairFace",
    (FILE, Column("split", STRING, "", "`train`, `validation` (choices) or `test` (published figures)")),
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
# The sets that a training validates on, with the figures that their ages allow.
VALIDATED_SETS = {
    CHIPS: AGE_VALIDATION_FIGURES,
    COMPOSITES: AGE_VALIDATION_FIGURES,
    FAIRFACE: BIN_VALIDATION_FIGURES,
}


def validation_column(set_name: str, figure: str) -> str:
    """Name of the history's column of a validation figure; `chips`, the first set, goes unnamed."""
    return f"validation_{figure}" if set_name == CHIPS else f"validation_{set_name}_{figure}"


HISTORY = Table(
    "history",
    "model_*/history.csv",
    "one epoch of a training",
    (
        Column("epoch", INTEGER, "", "1 for the first"),
        Column(
            "phase", STRING, "", "Of the recipe; `cooldown` in the last epochs, if it has a [cooldown]", True
        ),
        Column("learning_rate", FLOAT, "", "At the end of the epoch"),
        Column("loss", FLOAT, "", "Mean training loss of both heads; lower is better, as for every loss"),
        Column("age_loss", FLOAT, "", "Its age part, before it is weighed", True),
        Column("gender_loss", FLOAT, "", "Its gender part, before it is weighed", True),
        Column("localizer_loss", FLOAT, "", "That of the localizer, where the network has one", True),
        Column("age_mae_years", FLOAT, "years", "On augmented training inputs; lower is better", True),
        Column("gender_accuracy", FLOAT, "fraction", "On augmented training inputs; higher is better", True),
        Column("validation_loss", FLOAT, "", "Over all sets, weighed as in training; nothing augmented"),
        *(
            Column(validation_column(name, figure), FLOAT, unit, f"`{name}` validation: {words}", True)
            for name, age_figures in VALIDATED_SETS.items()
            for figure, unit, words in (*VALIDATION_FIGURES, *age_figures)
        ),
        Column("seconds", FLOAT, "s", "Time this epoch took, its validation included"),
    ),
)
FAIRNESS_FIGURES = {
    "mae": ("years", "Mean absolute age error; null where no age is exact"),
    "bias": ("years", "Mean of predicted less true age; null where no age is exact"),
    "accuracy": ("fraction", "Share of the genders that are predicted right"),
    "bin_accuracy": ("fraction", "Share of the ages in the right bin, where bins alone are known"),
}
FAIRNESS = Table(
    "fairness",
    "model_*/baseline_release/fairness.csv",
    "one gender, race and age group of one set, for one variant of the release before",
    (
        Column("set", STRING, "", "Name of the set"),
        Column("split", STRING, "", "`test`"),
        Column("variant", STRING, "", "Name of the variant"),
        Column("network_sha256", STRING, "", "Its network"),
        Column("gender", STRING, "", "True gender: `female` or `male`"),
        Column("race", STRING, "", "As the set words it"),
        Column("age_group", STRING, "", "FairFace's bin of the true age, or `all`"),
        Column("count", INTEGER, "pictures", "How many it stands on"),
        *(
            Column(f"{name}{end}", FLOAT, unit, words)
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
    "one picture of `chips` test, predicted by one variant of the release before",
    (
        FILE,
        Column("variant", STRING, "", "Name of the variant that predicted"),
        Column("predicted_age_years", FLOAT, "years", "As in predictions, four decimals"),
        Column("female_probability", FLOAT, "0 to 1", "As in predictions, four decimals"),
    ),
)
ESTIMATES = Table(
    "metrics",
    "model_*/metrics.json",
    "one metric of one set and split (`sets` → set → split → `metrics` → its name)",
    (
        Column("value", FLOAT, "see `unit`", "The estimate; null where it cannot be computed"),
        Column("low", FLOAT, "see `unit`", "Lower end of its 95 % bootstrap interval"),
        Column("high", FLOAT, "see `unit`", "Upper end of it"),
        Column("count", INTEGER, "pictures", "How many pictures it stands on"),
        Column("unit", STRING, "", "`years`, `years²`, `fraction` or empty"),
        Column("better", STRING, "", "`lower`, `higher`, `nearer to 0` or `nearer to 80 %`"),
        Column("reason", STRING, "", "Why there is no value", True),
    ),
)
SCORE_LOG = Table(
    "log of scores",
    "docs/score_log.csv",
    "one test set of one variant, scored by one run of `python -m evaluation score`",
    (
        Column("date", STRING, "UTC", "When the run was; equal in all rows of one run"),
        Column("set", STRING, "", "Name of the set, of which the `test` split was scored"),
        Column("variant", STRING, "", "Name of the variant"),
        Column("network_sha256", STRING, "", "Of its network"),
        Column("split_sha256", STRING, "", "Of `dataset/split.csv`"),
        Column("detector_sha256", STRING, "", "Of the detector whose boxes were used"),
        Column("why", STRING, "", "What the run was for, as `--why` says it"),
    ),
)
ROBUSTNESS = Table(
    "robustness",
    "model_*/robustness.csv",
    "one corruption at one severity, on the same test pictures of one set, predicted by one variant",
    (
        Column("variant", STRING, "", "Name of the variant that predicted"),
        Column("set", STRING, "", "`chips` or `portraits`; of both, test pictures"),
        Column(
            "corruption",
            STRING,
            "",
            "Its key in `evaluation/inference/corruptions.py`, or `unchanged`",
        ),
        Column("severity", INTEGER, "", "1 to 5; 0 where nothing was changed"),
        Column(
            "level", FLOAT, "see `unit`", "What the severity means, in `unit`; null where nothing was changed"
        ),
        Column("unit", STRING, "", "Unit of the level; `none` where nothing was changed"),
        Column("count", INTEGER, "pictures", "How many pictures both metrics stand on"),
        Column("mae", FLOAT, "years", "Mean absolute age error; lower is better"),
        Column("mae_low", FLOAT, "years", "Lower end of its 95 % bootstrap interval"),
        Column("mae_high", FLOAT, "years", "Upper end of it"),
        Column("gender_accuracy", FLOAT, "fraction", "Genders predicted right; higher is better"),
        Column("gender_accuracy_low", FLOAT, "fraction", "Lower end of its 95 % bootstrap interval"),
        Column("gender_accuracy_high", FLOAT, "fraction", "Upper end of it"),
        Column(
            "face_found_fraction",
            FLOAT,
            "fraction",
            "Changed pictures in which the detector finds the face again",
        ),
        Column("face_found_count", INTEGER, "pictures", "How many were searched: the first of the sample"),
        Column("split_sha256", STRING, "", "Of `dataset/split.csv`"),
        Column("network_sha256", STRING, "", "Of the network that predicted"),
        Column("detector_sha256", STRING, "", "Of the detector whose boxes were used"),
    ),
)
ROBUSTNESS_PREDICTIONS = Table(
    "robustness predictions",
    "model_*/robustness.parquet",
    "one picture under one corruption at one severity, predicted by one variant",
    (
        FILE,
        Column("set", STRING, "", "As in robustness"),
        Column("variant", STRING, "", "Name of the variant that predicted"),
        Column("subject", STRING, "", "As in predictions"),
        Column("age_years", FLOAT, "years", "True age"),
        Column("gender", INTEGER, "", "True gender: 0 male, 1 female"),
        Column("corruption", STRING, "", "As in robustness"),
        Column("severity", INTEGER, "", "As in robustness"),
        Column("predicted_age_years", FLOAT, "years", "Three decimals"),
        Column("female_probability", FLOAT, "0 to 1", "Before calibration, four decimals"),
    ),
)
COMPOSITE_PICTURES = Table(
    "composites",
    ".cache/composites/composites.csv",
    "one composite",
    (
        FILE,
        Column(
            "split", STRING, "", "`train`, `validation` or `test`: that of the face and of the background"
        ),
        Column("path", STRING, "", "Where the picture lies, from the cache folder"),
        Column("source_file", STRING, "", "The UTKFace picture whose face was pasted; it has the labels"),
        Column("x0", FLOAT, "picture pixels", "Left edge of the pasted face"),
        Column("y0", FLOAT, "picture pixels", "Upper edge"),
        Column("x1", FLOAT, "picture pixels", "Right edge"),
        Column("y1", FLOAT, "picture pixels", "Lower edge"),
        Column(
            "face_fraction",
            FLOAT,
            "fraction",
            "Longer side of that box over the shorter side of the picture",
        ),
        Column("background", STRING, "", "The face-free photograph behind it"),
    ),
)
TABLES = (
    PREDICTIONS,
    FAIRNESS,
    BASELINE,
    ESTIMATES,
    SCORE_LOG,
    ROBUSTNESS,
    ROBUSTNESS_PREDICTIONS,
    HISTORY,
    BOXES,
    COMPOSITE_PICTURES,
    DUPLICATES,
    SPLIT,
    FAIRFACE_SPLIT,
)
