"""The component ids of the Predict page; those of a face's card stand once for each face."""

from typing import Any

PREDICT = "predict"
COMPARISON = "predict-comparison"  # Store: the names of the compared variants
UPLOAD_AREA = "upload-area"
CHOOSE_PICTURES = "choose-pictures"  # this file input and the next are made by assets/predict/pictures.js
TAKE_PHOTO = "take-photo"
FILMSTRIP = "predict-filmstrip"
PROBLEMS = "predict-problems"
ANSWER = "predict-answer"
PREDICTIONS = "predict-predictions"  # Store: what the marks compare with the ground truth
GROUND_TRUTH = "predict-ground-truth"
TOLERANCE = "predict-tolerance"
SUMMARY = "predict-summary"

CLOSE_UP = "predict-close-up"
CLOSE_UP_AGES = "predict-close-up-ages"
CLOSE_UP_GENDERS = "predict-close-up-genders"
CLOSE_UP_PREDICTIONS = "predict-close-up-predictions"  # Store: variant -> prediction for the box times two
TRUE_AGE = "predict-true-age"
TRUE_GENDER = "predict-true-gender"
MARKS = "predict-marks"
PIN = "predict-pin"


def of_face(part: str, face: Any) -> dict[str, Any]:
    """The id of one part of a face's card; `face` is its index, or MATCH or ALL."""
    return {"type": part, "face": face}
