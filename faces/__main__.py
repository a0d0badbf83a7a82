"""`python -m faces predict PICTURE...`: answers on standard output, a table or one JSON object a line.

Exit code 0 when every picture was answered, 1 when some were refused, 2 for a wrong call, 130 for Ctrl+C, 141
where whoever reads the answers has gone.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, count
from pathlib import Path

from PIL import Image

from faces.answer import Answer, Predictor, refusal
from faces.command import add_detector_option, add_variant_option, exit_code
from faces.drawing import annotated, in_words
from faces.errors import PictureError, ProjectError
from faces.files import whole_file
from faces.notes import face_notes, turn_in_words
from faces.pictures import MAX_BYTES, shown_name
from faces.variants import DEFAULT_VARIANTS

ANSWERED, SOME_REFUSED = 0, 1
STANDARD_INPUT = "standard input"  # its name in answers and refusals
MAX_STEM_BYTES = 180


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    called = _parser().parse_args(arguments)
    return exit_code(lambda: predict(called))


def predict(called: argparse.Namespace) -> int:
    """Answer every picture. Raises ProjectError for a variant, a detector or an --out that cannot be used."""
    predictor = Predictor(called.variant or DEFAULT_VARIANTS, called.detector)
    if called.out:
        with _unusable(called.out):
            called.out.mkdir(parents=True, exist_ok=True)
    code = ANSWERED
    drawing_names = DrawingNames()
    for path in called.pictures:
        name = STANDARD_INPUT if path is None else path.name
        try:
            picture, answer = predictor.answer_bytes(_bytes_of(path), name)
        except (PictureError, OSError) as error:
            code = SOME_REFUSED
            _print_refusal(name, error, as_json=called.json)
            continue
        print(json.dumps(answer.as_dict()) if called.json else table(answer), flush=True)
        if called.out:
            path = called.out / drawing_names.next_for(picture.name)
            with _unusable(called.out), whole_file(path) as temporary:
                Image.fromarray(annotated(picture, answer)).save(temporary)
    return code


@contextmanager
def _unusable(folder: Path) -> Iterator[None]:
    """Turn an OSError into a ProjectError about the folder."""
    try:
        yield
    except OSError as error:
        raise ProjectError(f"{folder} cannot be written to: {error.strerror or error}.") from error


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m faces")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    predicting = commands.add_parser(
        "predict",
        help="age and gender of every face in some pictures",
        description="Print the predictions of each variant: age, 80 % interval and gender.",
    )
    predicting.add_argument(
        "pictures", nargs="+", type=_path_or_input, metavar="PICTURE", help="a file, or - for standard input"
    )
    add_variant_option(
        predicting,
        "variant folders, after the pictures (default: model_full model_cropped); "
        "AGE_DIR+GENDER_DIR takes two networks as one variant",
    )
    add_detector_option(predicting)
    predicting.add_argument("--json", action="store_true", help="one JSON object a picture, a line each")
    predicting.add_argument("--out", type=Path, metavar="DIR", help="also write the annotated pictures there")
    return parser


def _path_or_input(text: str) -> Path | None:
    """The path of a picture; None, standard input, for `-`. A file of that name is `./-`."""
    return None if text == "-" else Path(text)


def _bytes_of(path: Path | None) -> bytes:
    """The content of a file or of standard input, at most one byte more than is accepted. Raises OSError."""
    if path is None:
        if sys.stdin is None:
            raise OSError("it is closed")
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with open(path, "rb") as file:
        return file.read(MAX_BYTES + 1)


def table(answer: Answer) -> str:
    """An answer as lines for people: the picture, then each face and variant."""
    count = len(answer.faces)
    faces = "no face" if count == 0 else "1 face" if count == 1 else f"{count} faces"
    turned = f", {turn_in_words(answer.turned_degrees)}" if answer.turned_degrees else ""
    lines = [f"{answer.picture}: {answer.width} x {answer.height} pixels, {faces}{turned}"]
    by_variant = [answered.answers for answered in answer.faces] + [answer.whole_picture]
    widest = max(len(name) for answers in by_variant for name in answers)
    for number, answered in enumerate(answer.faces, start=1):
        x0, y0, x1, y1 = (round(edge) for edge in answered.face.box_xyxy)
        where = f"{number:>3}  ({x0}, {y0}) to ({x1}, {y1})"
        notes = "".join(f" ({note})" for note in face_notes(answered.face, answer.turned_degrees))
        for name, prediction in answered.answers.items():
            lines.append(f"{where:<36}{name:<{widest}}  {in_words(prediction)}{notes}")
        if not answered.answers:  # no variant takes faces
            lines.append(where + notes)
    for name, prediction in answer.whole_picture.items():
        lines.append(f"{'     whole picture':<36}{name:<{widest}}  {in_words(prediction)}")
    return "\n".join(lines)


class DrawingNames:
    """File names for the drawings of one call: two pictures of one name get two files."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def next_for(self, picture_name: str) -> str:
        """A name that was not given yet, short enough for every file system."""
        # A file name has 255 bytes at most, of which a character may take four.
        stem = Path(picture_name).stem.encode()[:MAX_STEM_BYTES].decode(errors="ignore")
        numbered = (f"-{number}" for number in count(2))
        endings = (f"{number}.annotated.png" for number in chain([""], numbered))
        name = next(stem + ending for ending in endings if (stem + ending).casefold() not in self._taken)
        self._taken.add(name.casefold())
        return name


def _print_refusal(name: str, error: PictureError | OSError, *, as_json: bool) -> None:
    """A refusal in the JSON lines, or a sentence on standard error."""
    if isinstance(error, OSError):
        message = f"{shown_name(name)} cannot be read: {error.strerror or error}."
        error = type(error)(message)
    if as_json:
        print(json.dumps(refusal(shown_name(name), error)), flush=True)
    else:
        print(error, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
