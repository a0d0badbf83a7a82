"""HTTP routes of the Saliency page: a map, and the input crop that it explains. Computed anew, never kept.

A URL names picture (its key), face (an index), variant, and for a map output, method, engine and visit (a
random name of the open page). What cannot be answered is an answer too: {"error": sentence} with status 200,
for the page to show in its place.
"""

import base64
import time
from dataclasses import replace

import cv2
import flask
import numpy as np

from dashboard.context import current_context
from dashboard.pages.saliency.reference_engine import ReferenceEngine, is_offered
from dashboard.pages.saliency.rows import SaliencyRow, existing_face, rows_of
from dashboard.pictures.routes import keep_out_of_caches
from dashboard.pictures.uploads import Upload
from dashboard.shares import visitor_of
from faces.errors import PictureExpired, ProjectError, ReferenceEngineError
from faces.input_crops import upright_pixels
from faces.predictions import OUTPUTS
from faces.saliency.explain import METHODS, saliency_map
from faces.saliency.maps import SaliencyMap

ONNX_RUNTIME, TF_KERAS_VIS = "onnx", "tf-keras-vis"
_STEPS = 65535  # values travel as 16-bit numbers

blueprint = flask.Blueprint("saliency", __name__, url_prefix="/saliency")
blueprint.after_request(keep_out_of_caches)
reference_engine = ReferenceEngine()


@blueprint.get("/map")
def saliency_values() -> flask.Response:
    """One map as JSON: px, values (base64 of px * px little-endian 16-bit numbers), fraction in the face.

    `face_area` is that fraction by chance: the face's share of what the network attends.
    """
    query = flask.request.args
    try:
        upload, row = _requested_row()
        method, output = query.get("method", "vanilla"), query.get("output", "age")
        if method not in METHODS or output not in OUTPUTS:
            return flask.jsonify(error=f"There is no map of {output} by {method}.")
        started = time.perf_counter()
        computed = _computed(upload, row, method, output, query.get("engine", ONNX_RUNTIME))
    except ProjectError as error:
        return flask.jsonify(error=str(error))
    computed = replace(computed, values=_as_it_lies(computed.values, row))
    box = row.face.box_xyxy if row.face and not computed.is_empty else None
    return flask.jsonify(
        px=len(computed.values),
        values=base64.b64encode(np.round(computed.values * _STEPS).astype("<u2").tobytes()).decode(),
        fraction_in_face=round(computed.fraction_inside(box), 4) if box else None,
        face_area=round(computed.area_inside(box, row.prediction.attended_xyxy), 4) if box else None,
        empty=computed.is_empty,
        ms=round((time.perf_counter() - started) * 1000, 1),
    )


@blueprint.get("/input.png")
def input_crop() -> flask.Response:
    """What a variant receives, pixel for pixel, as it lies in the picture."""
    try:
        upload, row = _requested_row()
    except ProjectError:
        return flask.Response(status=410)
    _, encoded = cv2.imencode(".png", _as_it_lies(_crop(upload, row), row)[..., ::-1])
    return flask.Response(encoded.tobytes(), mimetype="image/png")


def _requested_row() -> tuple[Upload, SaliencyRow]:
    """The picture and the row of the page that the URL names. Raises PictureExpired where there is none."""
    context, query = current_context(), flask.request.args
    name = query.get("variant", "")
    upload = context.pictures.upload(query.get("key", ""), [name] if name in context.variants else [])
    if name not in context.variants:
        raise PictureExpired(f"No variant '{name[:40]}' is served here.")
    face_index = existing_face(upload, query.get("face", 0, int))
    (row,) = rows_of([context.variants[name]], upload, face_index)
    return upload, row


def _crop(upload: Upload, row: SaliencyRow) -> np.ndarray:
    variant = row.variant
    return upright_pixels(upload.picture, row.square, row.turned_degrees, variant.input_px, variant.pad_rgb)


def _as_it_lies(upright: np.ndarray, row: SaliencyRow) -> np.ndarray:
    """(px, px, ...) of an upright input -> as it lies in the picture, which may be turned."""
    return np.rot90(upright, -row.turned_degrees // 90)


def _computed(upload: Upload, row: SaliencyRow, method: str, output: str, engine: str) -> SaliencyMap:
    pixels = _crop(upload, row)
    network = current_context().workbench.network(row.variant.name)
    if engine != TF_KERAS_VIS:
        return saliency_map(network, pixels, row.square, method, output)
    if not is_offered([row.variant]):
        raise ReferenceEngineError("tf-keras-vis is not installed on this server.")
    network.graph(output)  # refuses an output without a head
    _, female = network.outputs(pixels[None])
    part = row.variant.part_with_head(output)
    visit = flask.request.args.get("visit", "")[:64]
    visitor = f"{visitor_of(flask.request).address} {visit}"
    panel = (visitor, row.variant.name, output) if visit else None
    values = reference_engine.map_values(part, pixels, method, output, float(female[0]), panel)
    return SaliencyMap(values, row.square)
