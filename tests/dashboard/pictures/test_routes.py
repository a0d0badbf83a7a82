"""HTTP routes of pictures: uploads, views and downloads."""

import csv
import io

import pytest

from dashboard.pictures.routes import SHOWN_SIDE_PX
from faces.pictures import decode


def upload(client, name, data):
    form = {"picture": (io.BytesIO(data), name)}
    return client.post("/pictures", data=form, content_type="multipart/form-data").get_json()


@pytest.fixture(scope="module")
def key(client, astronaut):
    return upload(client, "astronaut.jpg", astronaut)["key"]


def test_an_upload_is_answered_and_remembered(client, context, astronaut):
    entry = upload(client, "astronaut.jpg", astronaut)
    assert (entry["state"], entry["name"], entry["faces"]) == ("answered", "astronaut.jpg", 1)
    assert context.pictures.uploads.get(entry["key"]).width == 512


def test_a_refused_upload_says_which_file_why_and_what_to_do(client, astronaut):
    entry = upload(client, "holiday.jpg", astronaut[:20_000])
    assert entry["state"] == "refused"
    assert entry["message"].startswith("holiday.jpg ends in the middle of the picture data. Please")


def test_a_name_that_is_markup_stays_a_text(client, astronaut):
    entry = upload(client, "<img src=x onerror=alert(1)>.jpg", astronaut)
    assert entry["name"] == "<img src=x onerror=alert(1)>.jpg"  # React escapes what it shows


@pytest.mark.parametrize("view", ["picture.jpg", "thumbnail.jpg", "face/0.jpg", "annotated.jpg"])
def test_a_view_is_a_picture_and_is_kept_out_of_caches(client, key, view):
    response = client.get(f"/pictures/{key}/{view}")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    picture = decode(response.data, view)
    assert max(picture.width, picture.height) <= SHOWN_SIDE_PX


def test_a_face_that_is_not_there_is_not_found(client, key):
    assert client.get(f"/pictures/{key}/face/7.jpg").status_code == 404


def test_the_json_download_is_the_answer(client, context, key):
    response = client.get(f"/pictures/{key}/answer.json")
    assert response.get_json() == context.pictures.upload(key).answer.as_dict()
    assert "astronaut_answer.json" in response.headers["Content-Disposition"]


def test_the_csv_download_has_a_row_for_every_prediction(client, key):
    rows = list(csv.DictReader(io.StringIO(client.get(f"/pictures/{key}/answer.csv").text)))
    assert [(row["face"], row["variant"]) for row in rows] == [("1", "cropped"), ("", "full")]
    assert 0 < float(rows[0]["age_years"]) < 100


def test_a_file_name_cannot_become_a_formula_in_the_csv(client, astronaut):
    entry = upload(client, "=cmd.jpg", astronaut)
    rows = list(csv.DictReader(io.StringIO(client.get(f"/pictures/{entry['key']}/answer.csv").text)))
    assert rows[0]["picture"] == "'=cmd.jpg"


def test_a_picture_of_a_visitor_who_left_is_gone_and_says_so(client, astronaut):
    entry = upload(client, "astronaut.jpg", astronaut)
    assert client.post("/pictures/forget", json=[entry["key"], "unknown"]).status_code == 204
    response = client.get(f"/pictures/{entry['key']}/picture.jpg")
    assert response.status_code == 410
    assert response.get_json()["error"]["name"] == "PictureExpired"


@pytest.mark.parametrize("body", ["", "{", "7", '{"a": 1}', "[[1]]"])
def test_nonsense_about_leaving_is_ignored(client, body):
    assert client.post("/pictures/forget", data=body).status_code == 204


def test_every_sample_is_answered_and_has_a_thumbnail(client, context):
    for file, sample in context.pictures.samples.items():
        entry = client.post(f"/pictures/sample/{file}").get_json()
        assert entry["state"] == "answered"
        assert entry["faces"] >= 1
        assert client.get(f"/pictures/sample/{file}/thumbnail.jpg").status_code == 200
        assert sample.credit


def test_a_sample_that_is_not_there_is_refused_by_name(client):
    assert client.post("/pictures/sample/..%2Fapp.py").status_code == 404
    entry = client.post("/pictures/sample/mona_lisa.jpg").get_json()
    assert entry["state"] == "refused"
    assert "mona_lisa.jpg" in entry["message"]
