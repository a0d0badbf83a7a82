"""HTTP route of the Data page: the input crop of a picture under a recipe, as it is or augmented.

What cannot be shown answers 404; the page says why before it asks.
"""

import flask

from dashboard.context import current_context
from dashboard.pages.data.augmentation import sampled_crop, unchanged_crop
from dashboard.pages.data.augmentation_samples import recipe_folders
from dashboard.pictures.routes import jpeg, keep_out_of_caches
from faces.errors import ProjectError
from recipes.recipe import read_recipe

blueprint = flask.Blueprint("data", __name__, url_prefix="/data")
blueprint.after_request(keep_out_of_caches)


@blueprint.get("/input.jpg")
def crop() -> flask.Response:
    """The input of the picture `picture` under the recipe of the run `recipe`, as it is or sample `sample`.

    A sample is one of the part `part` of the recipe under the seed `seed`.
    """
    params = flask.request.args
    context = current_context()
    try:
        upload = context.pictures.upload(params.get("picture", ""), ())
        folder = recipe_folders(context)[params.get("recipe", "")]
        recipe = read_recipe(folder / "recipe.toml")
        sample = params.get("sample", type=int)
        if sample is None:
            return jpeg(unchanged_crop(upload, recipe))
        seed = params.get("seed", 0, int)
        return jpeg(sampled_crop(upload, recipe, params.get("part", ""), abs(seed), abs(sample)))
    except (ProjectError, KeyError):
        return flask.Response(status=404)
