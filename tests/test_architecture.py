"""The house keeps its rules: who may import whom, and that the server never loads a training library."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]
ROOMS = ("faces", "dataset", "recipes", "training", "evaluation", "dashboard", "benchmarks", "tests")
MAY_IMPORT = {
    "faces": set(),
    "dataset": {"faces"},
    "recipes": {"dataset", "faces"},
    "training": {"recipes", "dataset", "faces"},
    "evaluation": {"recipes", "dataset", "faces"},
    "dashboard": {"evaluation", "recipes", "dataset", "faces"},
    "benchmarks": set(ROOMS),
    "tests": set(ROOMS),
}
TRAINING_LIBRARIES = ("tensorflow", "keras", "tf_keras_vis", "tf2onnx", "torch", "torchvision", "ultralytics")
NETWORK_LIBRARIES = ("onnxruntime", "cv2")
NOT_OF_METRICS = ("evaluation.inference", "evaluation.reports")
WATCHED_LIBRARIES = TRAINING_LIBRARIES + NETWORK_LIBRARIES + NOT_OF_METRICS
SERVED_ROOMS = ("faces", "dataset", "recipes", "evaluation", "dashboard")
# A Dash page registers itself when it is imported, and needs an app for that.
BEFORE_IMPORT = {"dashboard": "import dash; dash.Dash('pages', use_pages=True, pages_folder='')"}
PAGES = sorted(
    path.name for path in (REPOSITORY / "dashboard" / "pages").iterdir() if (path / "page.py").is_file()
)
PAGE_MAY_IMPORT = {
    "metrics": ("dashboard.pages.training.curves.",),
    "inspect": ("dashboard.pages.metrics.",),
}
# getElementById("…"), set_props("…", …), {type: "…", section: …}
ID_IN_SCRIPT = re.compile(
    r"""(?:(?:getElementById|set_props|publish|fileInput)\(\s*|querySelector(?:All)?\(\s*(?=.#)|\btype:\s*)"""
    r"""["'`]#?([\w-]+)["'`]"""
)
# Classes that Dash, Mantine and Plotly give.
LIBRARY_CLASSES = ("mantine-", "_dash-", "dash-")
MAY_IMPORT_TRAINING_LIBRARIES = ("training", "benchmarks", "tests")
ARTEFACT_FOLDERS = ("model_detector", "model_full", "model_cropped")


def modules_of(room: str) -> list[Path]:
    return sorted((REPOSITORY / room).rglob("*.py"))


def imported_names(module: Path) -> Iterator[str]:
    """Dotted names that a module imports, wherever in the file the import stands."""
    package = module.relative_to(REPOSITORY).parent.parts
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            yield ".".join((*above, node.module or ""))


def dotted(module: Path) -> str:
    return ".".join(module.relative_to(REPOSITORY).with_suffix("").parts)


METRICS = "evaluation/metrics"
IMPORTED_IN_TURN = {METRICS: [*map(dotted, modules_of(METRICS))]} | {
    room: [room, *map(dotted, modules_of(room))] for room in SERVED_ROOMS
}


def named(module: Path) -> str:
    return str(module.relative_to(REPOSITORY))


def scripts_of(kind: str) -> list[Path]:
    return sorted((REPOSITORY / "dashboard" / "assets").rglob(f"*.{kind}"))


def component_ids() -> set[str]:
    """The texts that the ids.py of the shell and of the pages hold."""
    trees = [
        ast.parse(module.read_text("utf-8")) for module in modules_of("dashboard") if module.name == "ids.py"
    ]
    assigned = [node.value for tree in trees for node in tree.body if isinstance(node, ast.Assign)]
    return {str(value.value) for value in assigned if isinstance(value, ast.Constant)}


def sources_with_classes() -> str:
    """All text in which a class may be given to an element."""
    return "\n".join(
        path.read_text(encoding="utf-8")
        for path in (*modules_of("dashboard"), *scripts_of("js"), REPOSITORY / "dashboard" / "index.html")
    )


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_imports_only_the_rooms_that_it_may(room):
    offences = [
        f"{named(module)} imports {name}"
        for module in modules_of(room)
        for name in imported_names(module)
        if (other := name.split(".")[0]) in ROOMS and other != room and other not in MAY_IMPORT[room]
    ]
    assert not offences, "\n".join(offences)


@pytest.mark.parametrize("room", [room for room in ROOMS if room not in MAY_IMPORT_TRAINING_LIBRARIES])
def test_a_served_room_never_names_a_training_library(room):
    offences = [
        f"{named(module)} imports {name}"
        for module in modules_of(room)
        for name in imported_names(module)
        if name.split(".")[0] in TRAINING_LIBRARIES
    ]
    assert not offences, "\n".join(offences)


@pytest.fixture(scope="module")
def libraries_loaded() -> dict[str, list[str]]:
    """Library names in memory after each import, in one fresh interpreter: metrics alone, then room by room.

    Each room imports those before it, so they share the interpreter: five of them would cost 18 CPU seconds.
    """
    program = ["import importlib, sys"]
    for key, modules in IMPORTED_IN_TURN.items():
        program += [BEFORE_IMPORT.get(key, "")]
        program += [f"importlib.import_module({name!r})" for name in modules]
        program += [f"print({key!r}, *[name for name in {WATCHED_LIBRARIES!r} if name in sys.modules])"]
    ran = subprocess.run(
        [sys.executable, "-c", "\n".join(program)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert ran.returncode == 0, ran.stderr
    return {key: loaded for key, *loaded in map(str.split, ran.stdout.splitlines())}


@pytest.mark.parametrize("room", SERVED_ROOMS)
def test_importing_every_module_of_a_served_room_loads_no_training_library(libraries_loaded, room):
    loaded = set(libraries_loaded[room]) & set(TRAINING_LIBRARIES)
    assert not loaded, f"importing {room} loaded {loaded}"


@pytest.mark.parametrize("name", [*NETWORK_LIBRARIES, *NOT_OF_METRICS])
def test_metrics_run_where_no_network_is(libraries_loaded, name):
    assert name not in libraries_loaded[METRICS]


@pytest.mark.parametrize("name", [*NETWORK_LIBRARIES, *NOT_OF_METRICS])
def test_no_module_of_metrics_imports_networks_or_pictures(name):
    offences = [
        f"{named(module)} imports {imported}"
        for module in modules_of(METRICS)
        for imported in imported_names(module)
        if f"{imported}.".startswith(f"{name}.")
    ]
    assert not offences, "\n".join(offences)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_imports_no_other_page_but_those_that_it_may(page):
    offences = [
        f"{named(module)} imports {name}"
        for module in modules_of(f"dashboard/pages/{page}")
        for name in imported_names(module)
        if f"{name}.".startswith("dashboard.pages.")
        and not f"{name}.".startswith((f"dashboard.pages.{page}.", *PAGE_MAY_IMPORT.get(page, ())))
    ]
    assert not offences, "\n".join(offences)


@pytest.mark.parametrize("folder", ["shared", "pictures"])
def test_what_pages_share_imports_no_page(folder):
    offences = [
        f"{named(module)} imports {name}"
        for module in modules_of(f"dashboard/{folder}")
        for name in imported_names(module)
        if f"{name}.".startswith("dashboard.pages.")
    ]
    assert not offences, "\n".join(offences)


@pytest.mark.parametrize("script", scripts_of("js"), ids=lambda script: script.name)
def test_every_id_in_a_script_is_that_of_a_component(script):
    missing = set(ID_IN_SCRIPT.findall(script.read_text(encoding="utf-8"))) - component_ids()
    assert not missing, f"{named(script)} names {missing}, which no ids.py holds"


def test_the_ids_in_scripts_are_found():
    found = {id_ for script in scripts_of("js") for id_ in ID_IN_SCRIPT.findall(script.read_text("utf-8"))}
    assert {"filmstrip", "upload-area", "choose-pictures", "metrics-section-near", "saliency-view"} <= found


@pytest.mark.parametrize("style", scripts_of("css"), ids=lambda style: f"{style.parent.name}/{style.name}")
def test_every_id_and_class_in_a_style_sheet_is_given_somewhere(style):
    selectors = re.sub(r"/\*.*?\*/|\{[^{}]*\}", " ", style.read_text(encoding="utf-8"), flags=re.DOTALL)
    missing_ids = set(re.findall(r"#([a-zA-Z][\w-]*)", selectors)) - component_ids()
    assert not missing_ids, f"{named(style)} names {missing_ids}, which no ids.py holds"
    given = sources_with_classes()
    missing = [
        name
        for name in sorted(set(re.findall(r"\.([a-zA-Z][\w-]*)", selectors)))
        if not name.startswith(LIBRARY_CLASSES)
        and not re.search(rf"(?<![\w-]){name}(?![\w-])", given)
        and f"{name.rpartition('-')[0]}-{{" not in given  # f"grid-{columns}"
    ]
    assert not missing, f"{named(style)} styles {missing}, which nothing wears"


@pytest.mark.parametrize("room", ROOMS)
def test_an_init_file_holds_a_docstring_and_nothing_else(room):
    offences = []
    for module in modules_of(room):
        if module.name == "__init__.py":
            tree = ast.parse(module.read_text(encoding="utf-8"))
            if len(tree.body) != 1 or not ast.get_docstring(tree):
                offences.append(named(module))
    assert not offences, f"more or less than a docstring in {offences}"


@pytest.mark.parametrize("folder", ARTEFACT_FOLDERS)
def test_a_model_folder_holds_no_code(folder):
    assert not list((REPOSITORY / folder).rglob("*.py"))


def test_every_python_file_lies_in_a_room():
    strays = [path.name for path in REPOSITORY.glob("*.py")]
    assert not strays, f"Python files at the root: {strays}"
