"""The JSON objects of the API as types: what the OpenAPI document says of them.

faces.answer writes those of an answer; a test holds real answers against the document, key by key.
"""

from typing import (
    Annotated,
    Literal,  # pydantic asks for it before Python 3.12
)

from pydantic import ConfigDict, Field, with_config
from typing_extensions import TypedDict

Years = Annotated[float, Field(ge=0, le=100)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Turn = Literal[0, 90, 180, 270]
Milliseconds = Annotated[float, Field(ge=0)]
# x0, y0, x1, y1 in pixels of the picture; what reaches beyond it is padded.
BoxXYXY = Annotated[list[float], Field(min_length=4, max_length=4, description="x0, y0, x1, y1 in pixels")]

# Keys are those that stand here: an answer with another one does not fit the document.
EXACT = ConfigDict(extra="forbid")


@with_config(EXACT)
class PredictionObject(TypedDict):
    """What one variant predicts for one input; null where its network has no such head."""

    age_years: Years | None
    age_low: Annotated[Years | None, Field(description="Lower end of the 80 % interval")]
    age_high: Annotated[Years | None, Field(description="Upper end of the 80 % interval")]
    gender: Annotated[
        Literal["female", "male", "uncertain"] | None, Field(description="uncertain: the network abstains")
    ]
    female_probability: Fraction | None
    input_source: Literal["face", "whole_image", "around_face"]
    attended_xyxy: Annotated[
        BoxXYXY | None, Field(description="The attention crop, null where the network has none")
    ]
    doubt: Annotated[
        Literal["no_face", "unclear_turn", "off_face"] | None,
        Field(description="Why no gender is given, whatever the network predicts"),
    ]


@with_config(EXACT)
class FaceObject(TypedDict):
    """A face with the predictions of the variants whose input is one face."""

    box_xyxy: BoxXYXY
    confidence: Fraction
    low_confidence: bool
    turned_degrees: Annotated[Turn | None, Field(description="null where it is not clear")]
    answers: dict[str, PredictionObject]


@with_config(EXACT)
class TimingsObject(TypedDict):
    """Milliseconds of each stage."""

    decode: Milliseconds
    detect: Milliseconds
    crop: Milliseconds
    network: Milliseconds


@with_config(EXACT)
class AnswerObject(TypedDict):
    """The answer to one picture; without a face, all predictions stand in `whole_picture`."""

    picture: Annotated[str, Field(description="Its file name, or its place in the call")]
    width: Annotated[int, Field(ge=1)]
    height: Annotated[int, Field(ge=1)]
    turned_degrees: Annotated[Turn, Field(description="Clockwise, of the picture as it came")]
    notes: Annotated[list[str], Field(description="How the picture was read, a sentence each")]
    faces: Annotated[list[FaceObject], Field(description="From left to right")]
    faces_left_out: Annotated[int, Field(ge=0, description="Faces beyond the most that are answered")]
    whole_picture: dict[str, PredictionObject]
    timings_ms: TimingsObject


@with_config(EXACT)
class ErrorObject(TypedDict):
    """A named error and its sentence for people."""

    name: str
    message: str


@with_config(EXACT)
class RefusalObject(TypedDict):
    """A picture that was refused."""

    picture: str
    error: ErrorObject


@with_config(EXACT)
class VariantObject(TypedDict):
    """A served variant."""

    name: str
    input_mode: Literal["face", "whole_image"]
    input_px: int
    parameters: int
    network_sha256: str
    in_answers: bool


@with_config(EXACT)
class HealthObject(TypedDict):
    """Whether the networks are loaded."""

    ready: bool


@with_config(EXACT)
class ErrorAnswer(TypedDict):
    """A call that was refused as a whole."""

    error: ErrorObject
