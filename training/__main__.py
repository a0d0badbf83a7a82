"""python -m training run | detector | recipes"""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from dataset.paths import add_path_options, data_dir_of
from faces.command import exit_code

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
# In TensorFlow 2.21 oneDNN's gradient of a 1 × 1 convolution of stride 2 with 8 channels corrupts memory.
CRASHES_WITH_ONEDNN = ("residual_cnn",)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m training", description="Train networks by recipes.")
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="train a recipe and export the network")
    run.add_argument("recipe", help="a folder with a recipe.toml (model_full), a recipe's name, or a path")
    add_path_options(run)
    run.add_argument("--out", type=Path, help="run folder (default: runs/NAME)")
    run.add_argument("--resume", action="store_true", help="continue the killed run in --out")
    run.add_argument("--limit", type=int, help="about so many pictures a set, for a quick trial")
    listed = commands.add_parser("recipes", help="list the recipes")
    listed.add_argument("--schema", action="store_true", help="print the JSON schema of a recipe instead")
    from training.detector import train as detector

    detector.add_arguments(commands.add_parser("detector", help="fine-tune the face detector and export it"))
    parsed = parser.parse_args(arguments)
    commands_by_name: dict[str, Callable[[], int | None]] = {
        "run": lambda: _run(parsed),
        "detector": lambda: detector.run(parsed),
        "recipes": lambda: _list_recipes(schema=parsed.schema),
    }
    return exit_code(commands_by_name[parsed.command], stopped="Stopped; --resume continues a run.")


def _run(parsed: argparse.Namespace) -> int:
    from recipes.recipe import read_recipe, recipe_path

    recipe = read_recipe(recipe_path(parsed.recipe))
    data_dir = data_dir_of(parsed)
    if recipe.network.architecture in CRASHES_WITH_ONEDNN:
        os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")  # read once, when TensorFlow is imported
    from training.run import run

    out = parsed.out or Path("runs") / recipe.name
    variant = run(recipe, data_dir, parsed.cache_dir, out, resume=parsed.resume, limit=parsed.limit)
    print(f"{variant.name}: {variant.parameters:,} parameters, written to {variant.folder}")
    return 0


def _list_recipes(*, schema: bool) -> int:
    from recipes.recipe import RECIPES, read_recipe, schema_json

    if schema:
        print(schema_json(), end="")
        return 0
    paths = sorted(Path().glob("model_*/recipe.toml")) + sorted(RECIPES.glob("*.toml"))
    for recipe in map(read_recipe, paths):
        fractions = ", ".join(f"{fraction:.0%} {name}" for name, fraction in recipe.mix.fractions.items())
        phases = ", ".join(f"{phase.epochs} {phase.name}" for phase in recipe.phases)
        print(
            f"{recipe.name:<24} {recipe.network.architecture} from {recipe.network.weights}, "
            f"{recipe.input.input_mode}, {recipe.input.input_px} px; epochs: {phases}; {fractions}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
