"""What every test may ask for, and what is asked of it: its marker, and of a quick one five CPU seconds."""

import os
from importlib.util import find_spec
from itertools import combinations
from pathlib import Path

import pytest
from _pytest.mark.expression import Expression

from faces.predictions import AGE, GENDER, OUTPUTS
from faces.variants import Variant
from tests.builders import REPOSITORY
from tests.small_networks import exported

TESTS = REPOSITORY / "tests"

# Markers come from where a test lies and from what it asks for; only `slow` is written at the test.
MARKER_OF_FOLDER = {"training": "training", "benchmarks": "training", "browser": "browser"}
NEEDS = {"training": "tensorflow", "browser": "selenium"}
MARKER_OF_FIXTURE = {"data_dir": "data", "small_variants": "training"}

NOT_QUICK = ("training", "browser", "data", "slow")  # what `make check` leaves out
BUDGET_CPU_S = 5.0
SHOWN_FROM_CPU_S = 2.0
NOT_COUNTED = pytest.StashKey[float]()  # CPU seconds before the test, and of the fixtures that it shares


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out the folders whose tests are not asked for: TensorFlow's import alone takes 7 CPU seconds.

    In the environment of `make check`, which holds neither TensorFlow nor Selenium, they are never asked for.
    """
    marker = MARKER_OF_FOLDER.get(collection_path.name)
    if collection_path.parent != TESTS or not marker:
        return None
    return None if _may_select(config.option.markexpr, marker) and find_spec(NEEDS[marker]) else True


def _may_select(markexpr: str, marker: str) -> bool:
    """Return whether `-m` selects any test with this marker, whatever other markers it has."""
    if not markexpr:
        return True
    expression, others = Expression.compile(markexpr), ["data", "slow", *{*NEEDS} - {marker}]
    sets = [(marker, *few) for count in range(len(others) + 1) for few in combinations(others, count)]
    return any(expression.evaluate(lambda name, /, markers=markers, **_: name in markers) for markers in sets)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark by folder and by fixture, before `-m` selects."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        markers = {MARKER_OF_FOLDER.get(folder)}
        markers |= {MARKER_OF_FIXTURE.get(name) for name in getattr(item, "fixturenames", ())}
        for marker in filter(None, markers):
            item.add_marker(marker)


def cpu_seconds() -> float:
    """CPU seconds of this process, its threads, and its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item):
    item.config.stash[NOT_COUNTED] = cpu_seconds()
    return (yield)


class SharedFixtures:
    """Count no fixture that a test shares with others, though it asks for it first.

    A plugin and no plain hook: pytest does not ask a conftest below its root about fixtures of the session.
    """

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef, request: pytest.FixtureRequest):
        started_at = cpu_seconds()
        try:
            return (yield)
        finally:
            if fixturedef.scope != "function":
                request.config.stash[NOT_COUNTED] += cpu_seconds() - started_at


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(SharedFixtures(), "shared-fixtures")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo):
    """Fail a test of `make check` that passed over its budget."""
    report = yield
    if call.when == "call":
        used = cpu_seconds() - item.config.stash[NOT_COUNTED]
        report.user_properties.append(("cpu_s", used))
        quick = not any(map(item.get_closest_marker, NOT_QUICK))
        if report.passed and used > BUDGET_CPU_S and quick:
            report.outcome = "failed"
            report.longrepr = (
                f"It took {used:.1f} CPU seconds; {BUDGET_CPU_S:.0f} are allowed without the marker `slow`, "
                "which keeps a test out of `make check`."
            )
    return report


def pytest_terminal_summary(terminalreporter) -> None:
    """List the tests that take the most CPU seconds."""
    used = [
        (cpu_s, report.nodeid)
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, cpu_s in getattr(report, "user_properties", ())
        if name == "cpu_s" and cpu_s >= SHOWN_FROM_CPU_S
    ]
    if used:
        terminalreporter.section(f"tests of {SHOWN_FROM_CPU_S:.0f} CPU seconds and more, children included")
    for cpu_s, nodeid in sorted(set(used), reverse=True):
        terminalreporter.write_line(f"{cpu_s:7.1f}  {nodeid}")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds faces/, model_full/ and the rest."""
    return REPOSITORY


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder of data sets; a test that asks for it is skipped, with the reason, where there is none."""
    named = os.environ.get("AGE_GENDER_DATA")
    if not named:
        pytest.skip("needs the data sets: AGE_GENDER_DATA is not set")
    folder = Path(named)
    if not (folder / "utkface").is_dir():
        pytest.skip(f"needs the data sets: no utkface folder in AGE_GENDER_DATA={named}")
    return folder


@pytest.fixture(scope="session")
def small_variants(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Variant]:
    """By name: `ages` and `genders`, networks of one task with equal inputs, and `both`, one of two tasks."""
    folder = tmp_path_factory.mktemp("variants")
    outputs_of: dict[str, tuple[str, ...]] = {"ages": (AGE,), "genders": (GENDER,), "both": OUTPUTS}
    return {
        name: exported(folder, name, outputs, seed) for seed, (name, outputs) in enumerate(outputs_of.items())
    }


@pytest.fixture(scope="session")
def composite_folder(small_variants: dict[str, Variant]) -> Path:
    """`ages` and `genders` as one variant is called by its two folders."""
    return Path(f"{small_variants['ages'].folder}+{small_variants['genders'].folder}")
