"""Predictions table -> the rows that metrics count, and their true and predicted genders as arrays.

Columns used: file, subject, age_years, age_first_years, gender (0 male, 1 female), predicted_age_years,
female_probability, predicted_gender. Unreadable pictures are rows without predictions.
"""

import numpy as np
import pandas as pd

from faces.predictions import AGE, EVEN, GENDER, UNCERTAIN

NO_AGE_HEAD, NO_GENDER_HEAD = "no age head", "no gender head"  # reasons of a missing estimate


def answered(predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows with a prediction: all but unreadable pictures."""
    return predictions[predictions.predicted_age_years.notna() | predictions.female_probability.notna()]


def heads(predictions: pd.DataFrame) -> tuple[str, ...]:
    """Those of faces.predictions.OUTPUTS that the network of these rows has; empty if all are unreadable."""
    columns = {AGE: predictions.predicted_age_years, GENDER: predictions.female_probability}
    return tuple(output for output, values in columns.items() if values.notna().any())


def with_ages(predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows with a true and a predicted age."""
    return predictions[predictions.age_years.notna() & predictions.predicted_age_years.notna()]


def with_true_age_group(predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows whose true age group is known, from an exact age or from a bin."""
    return predictions[predictions.age_first_years.notna()]


def with_age_groups(predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows with a true age group and a predicted age."""
    labelled = with_true_age_group(predictions)
    return labelled[labelled.predicted_age_years.notna()]


def with_bins_alone(predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows with a predicted age whose true age is known as a bin alone."""
    rows = with_age_groups(predictions)
    return rows[rows.age_years.isna()]


def with_true_gender(predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows with a true gender."""
    return predictions[predictions.gender.isin((0, 1))]


def with_genders(predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows with a true gender and a female probability."""
    labelled = with_true_gender(predictions)
    return labelled[labelled.female_probability.notna()]


def with_races(predictions: pd.DataFrame) -> pd.DataFrame:
    """The rows whose race is named by the set."""
    return predictions[predictions.race.fillna("").astype(str) != ""]


def subjects_of(predictions: pd.DataFrame) -> np.ndarray:
    """(n,) text, equal where two rows show the same person: the subject if named, else the picture itself."""
    subjects, files = predictions.subject.fillna("").astype(str), predictions.file.astype(str)
    return np.where(subjects != "", "subject " + subjects, "file " + files).astype(str)


def is_female(rows: pd.DataFrame) -> np.ndarray:
    """(n,) bool: the true gender is female."""
    return rows.gender.to_numpy() == 1


def predicted_female(female_probability: np.ndarray | pd.Series | float) -> np.ndarray:
    """Female probabilities -> bool of the same shape: EVEN or more is predicted as female, as when served."""
    return np.asarray(female_probability) >= EVEN


def gender_is_correct(rows: pd.DataFrame) -> np.ndarray:
    """(n,) bool: true and predicted gender agree, for rows `with_genders`."""
    return predicted_female(rows.female_probability) == is_female(rows)


def is_answered(rows: pd.DataFrame) -> np.ndarray:
    """(n,) bool: the network did not abstain from the gender."""
    return (rows.predicted_gender != UNCERTAIN).to_numpy()
