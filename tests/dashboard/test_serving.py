"""`python -m dashboard`: what is served, and what is refused with a sentence and exit code 2."""

import shutil
from types import SimpleNamespace

import dash
import pytest

from dashboard.__main__ import main
from dashboard.app import create_app
from dashboard.context import AppContext, load_context
from dataset.duplicates import write_groups
from evaluation.runs import runs_in
from faces.errors import DataMissing, PictureExpired


@pytest.fixture
def renamed(repository, tmp_path):
    """A variant folder of another name."""
    folder = tmp_path / "model_mine"
    shutil.copytree(repository / "model_cropped", folder, ignore=shutil.ignore_patterns("predictions"))
    text = (folder / "variant.toml").read_text(encoding="utf-8")
    (folder / "variant.toml").write_text(text.replace('name = "cropped"', 'name = "mine"'), encoding="utf-8")
    return folder


def test_a_folder_that_is_no_variant_is_refused(tmp_path, capsys):
    assert main(["--variant", str(tmp_path), "--port", "0"]) == 2
    assert "has no variant.toml" in capsys.readouterr().err


def test_a_network_that_was_tampered_with_is_refused(renamed, capsys):
    (renamed / "network.onnx").write_bytes(b"something else")
    assert main(["--variant", str(renamed), "--port", "0"]) == 2
    assert "is not the network that variant.toml describes" in capsys.readouterr().err


def test_a_data_folder_that_is_not_there_is_refused(tmp_path, capsys):
    assert main(["--data-dir", str(tmp_path / "nowhere"), "--port", "0"]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_a_detector_that_is_none_is_refused(tmp_path, capsys):
    assert main(["--detector", str(tmp_path / "cats.onnx"), "--port", "0"]) == 2
    assert "cats.onnx" in capsys.readouterr().err


def test_prepared_data_are_found_under_the_cache_dir_that_is_named(tmp_path, monkeypatch, capsys):
    write_groups(["a.jpg", "b.jpg"], [[0, 1]], tmp_path)
    served = []

    def refused(context, _deployment):
        served.append(context)
        raise DataMissing("nothing is served in this test")

    monkeypatch.setattr("dashboard.__main__.create_app", refused)
    assert main(["--cache-dir", str(tmp_path), "--port", "0"]) == 2
    (context,) = served
    assert context.pictures.utkface.duplicate_groups == [["a.jpg", "b.jpg"]]


@pytest.fixture
def runs(repository, tmp_path):
    """A folder of runs: a copy of `cropped` that kept its name, one that was never exported, a broken one."""
    folder = tmp_path / "runs"
    shutil.copytree(repository / "model_cropped", folder / "again", ignore=shutil.ignore_patterns("*.keras"))
    (folder / "young").mkdir()
    (folder / "young" / "history.csv").write_text("epoch,seconds\n1,60\n", encoding="utf-8")
    shutil.copytree(folder / "again", folder / "broken", ignore=shutil.ignore_patterns("predictions"))
    (folder / "broken" / "network.onnx").write_bytes(b"something else")
    return folder


def test_of_two_variants_with_one_name_the_later_is_named_after_its_folder(repository, runs):
    context = load_context([repository / "model_full", repository / "model_cropped", runs / "again"])
    assert list(context.variants) == ["full", "cropped", "again"]
    assert set(context.tables.predictions.variant) <= {"full", "cropped", "again"}


def test_tables_of_two_variants_with_one_name_are_kept_apart(repository, runs):
    context = load_context([repository / "model_cropped", runs / "again"])
    for table in (context.tables.predictions, context.tables.robustness):
        rows = table.variant.value_counts()
        assert rows["cropped"] == rows["again"] > 0


def test_a_folder_that_is_given_twice_is_served_once(repository):
    context = load_context([repository / "model_full", repository / "model_full"])
    assert list(context.variants) == ["full"]


def test_complete_runs_are_served_and_what_cannot_be_loaded_is_named_and_left_out(repository, runs, caplog):
    shipped = [repository / "model_full", repository / "model_cropped"]
    context = load_context(shipped, runs_folder=runs, serve_runs=True)
    assert list(context.variants) == ["full", "cropped", "again"]
    assert (context.workbench.given, set(context.workbench.run_names)) == (["full", "cropped"], {"again"})
    assert "broken is not served" in caplog.text
    assert [run.name for run in context.tables.runs()] == ["full", "cropped", "again", "broken", "young"]


def test_runs_are_left_alone_where_variants_are_named(repository, runs):
    context = load_context([repository / "model_full"], runs_folder=runs)
    assert list(context.variants) == ["full"]


def test_a_third_network_is_loaded_when_it_is_first_asked_for(repository, runs):
    shipped = [repository / "model_full", repository / "model_cropped"]
    context = load_context(shipped, runs_folder=runs, serve_runs=True)
    assert set(context.workbench.predictor.networks) == {"full", "cropped"}
    answer = context.pictures.upload("sample:astronaut.jpg", ["again", "cropped"]).answer
    (face,) = answer.faces
    assert list(face.answers) == ["again", "cropped"]
    assert face.answers["again"] == face.answers["cropped"]
    assert not answer.whole_picture
    assert "again" in context.workbench.predictor.networks
    assert context.workbench.ms_a_picture["again"] > 0


@pytest.mark.parametrize("folder", ["model_full", "model_cropped"])
def test_one_variant_alone_is_served(repository, folder):
    context = load_context([repository / folder])
    client = create_app(context).server.test_client()
    (name,) = context.variants
    answer = context.pictures.upload("sample:astronaut.jpg").answer.as_dict()
    predictions = answer["faces"][0]["answers"] | answer["whole_picture"]
    assert set(predictions) == {name}
    assert client.get("/_dash-layout").status_code == 200


def test_a_variant_of_another_name_is_served_beside_the_others(repository, renamed):
    context = load_context([repository / "model_full", repository / "model_cropped", renamed])
    answer = context.pictures.upload("sample:astronaut.jpg").answer  # of all that were given
    (face,) = answer.faces
    assert set(face.answers) == {"cropped", "mine"}
    assert face.answers["mine"].age_years == pytest.approx(face.answers["cropped"].age_years)


def test_pages_are_served_before_the_networks_are_ready(repository):
    context = load_context([repository / "model_full", repository / "model_cropped"])
    client = create_app(context).server.test_client()
    assert client.get("/").status_code == 200  # no network is asked for
    assert set(client.get("/healthz").get_json()) == {"ready"}
    context.workbench.predictor.warm_up()
    assert client.get("/healthz").get_json() == {"ready": True}


def test_an_app_shows_the_small_fakes_that_it_is_handed(context, runs):
    workbench = SimpleNamespace(variants=context.variants, ready=False, ms_a_picture={})
    tables = SimpleNamespace(runs=lambda: runs_in([runs]))
    app = create_app(AppContext(workbench, tables, pictures=None))  # type: ignore[arg-type]
    assert app.server.test_client().get("/healthz").get_json() == {"ready": False}
    (training,) = [page for page in dash.page_registry.values() if page["path"] == "/training"]
    with app.server.test_request_context("/training"):
        assert "again" in str(training["layout"]())


def test_a_picture_without_a_key_of_ours_has_expired(context):
    with pytest.raises(PictureExpired, match="no longer in the server's memory"):
        context.pictures.upload("never-seen")
    with pytest.raises(PictureExpired, match="no sample picture"):
        context.pictures.upload("sample:../app.py")


def test_the_security_policy_lets_the_browser_load_nothing_from_elsewhere(client):
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy


def test_a_visitor_gets_the_colour_scheme_of_the_cookie(client):
    client.set_cookie("scheme", "dark")
    layout = client.get("/_dash-layout").get_json()
    assert layout["props"]["forceColorScheme"] == "dark"
    client.set_cookie("scheme", "<script>")
    assert client.get("/_dash-layout").get_json()["props"]["forceColorScheme"] == "light"
    client.delete_cookie("scheme")
