"""Everything that the parts of Predict show about one answered picture, in one object."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from dashboard.pages.predict.axes import Row
from dashboard.pictures.samples import KnownPerson
from dashboard.shared.url_params import path_of
from faces.answer import Answer
from faces.predictions import Prediction

WHOLE_PICTURE = "whole picture"


@dataclass(frozen=True)
class AnsweredPicture:
    """The picture under `key` and its answer by the compared variants.

    `face_variants` and `whole_picture_variants` are the compared ones by the input that they take, `colours`
    holds a CSS value for each, `people` who is known to be in the face of an index.
    """

    key: str
    answer: Answer
    comparison: Sequence[str]
    face_variants: Sequence[str]
    whole_picture_variants: Sequence[str]
    colours: Mapping[str, str]
    people: Mapping[int, KnownPerson] = field(default_factory=dict)
    credit: str = ""

    @property
    def url(self) -> str:
        """The URL under which the picture, its faces and its downloads lie."""
        return path_of(f"/pictures/{quote(self.key)}")

    @property
    def is_alone(self) -> bool:
        """Whether there is one face: then a prediction for the whole picture is about this person."""
        return len(self.answer.faces) == 1

    def attended_face(self, prediction: Prediction) -> int | None:
        """The index of the face under the attention crop of a prediction for the whole picture, if any."""
        return self.answer.attended_face(prediction)

    def rows_of_face(self, index: int) -> list[Row]:
        """The predictions on the card of a face: of the face itself, then of the whole picture."""
        rows = [
            Row(name, prediction, self.colours[name])
            for name, prediction in self.answer.faces[index].answers.items()
        ]
        for name, prediction in self.answer.whole_picture.items():
            face = self.attended_face(prediction)
            of_what = WHOLE_PICTURE if face in (None, index) else f"face {face + 1}"
            shown_as = "" if self.is_alone else of_what
            rows.append(Row(name, prediction, self.colours[name], shown_as, hollow=not self.is_alone))
        return rows
