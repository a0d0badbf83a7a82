"""The addresses behind the Data page: a picture of UTKFace in small, and an augmented frame. None is kept.

What cannot be shown answers 404; the page says why before it asks.
"""

import cv2
import flask
import numpy as np

from dashboard.context import current_context
from dashboard.pages.data.augmentation import sampled_crop, unchanged_crop
from dashboard.pages.data.augmentation_samples import recipe_folders
from dashboard.pictures.routes import keep_out_of_caches
from faces.errors import ProjectError
from faces.pictures import decode
from recipes.recipe import read_recipe

THUMBNAIL_PX = 160
_JPEG_QUALITY = 88

blueprint = flask.Blueprint("data", __name__, url_prefix="/data")
blueprint.after_request(keep_out_of_caches)


@blueprint.get("/utkface/<file>")
def thumbnail(file: str) -> flask.Response:
    """A picture of the committed split, (160, 160) at most."""
    try:
        path = current_context().data_pictures.path(file)
        rgb = decode(path.read_bytes(), file).rgb
    except (ProjectError, OSError):
        return flask.Response(status=404)
    scale = min(THUMBNAIL_PX / max(rgb.shape[:2]), 1.0)
    size = max(round(rgb.shape[1] * scale), 1), max(round(rgb.shape[0] * scale), 1)
    return _jpeg(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))


@blueprint.get("/frame.jpg")
def crop() -> flask.Response:
    """A frame of the picture `picture` under the recipe of the run `recipe`, as it is or as draw `draw`.

    A draw is one of the part `part` of the recipe under the seed `seed`.
    """
    asked = flask.request.args
    context = current_context()
    try:
        upload = context.upload(asked.get("picture", ""), ())
        folder = recipe_folders(context)[asked.get("recipe", "")]
        recipe = read_recipe(folder / "recipe.toml")
        draw = asked.get("draw", type=int)
        if draw is None:
            return _jpeg(unchanged_crop(upload, recipe))
        seed = asked.get("seed", 0, int)
        return _jpeg(sampled_crop(upload, recipe, asked.get("part", ""), abs(seed), abs(draw)))
    except (ProjectError, KeyError):
        return flask.Response(status=404)


def _jpeg(rgb: np.ndarray) -> flask.Response:
    _, encoded = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return flask.Response(encoded.tobytes(), mimetype="image/jpeg")
