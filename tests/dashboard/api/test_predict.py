"""Programs get the answers of the page, and its refusals."""

import io

import pytest

from dashboard.api.limits import MAX_PICTURES, MAX_REQUEST_BYTES
from faces.pictures import MAX_BYTES


def post(client, *pictures, path="/api/v1/predict"):
    files = [(io.BytesIO(data), name) for name, data in pictures]
    return client.post(path, data={"picture": files}, content_type="multipart/form-data")


def test_healthz_says_that_the_networks_are_ready(client):
    assert client.get("/healthz").get_json() == {"ready": True}


def test_a_picture_is_answered_as_the_command_line_does(client, context, astronaut):
    (answer,) = post(client, ("astronaut.jpg", astronaut)).get_json()
    expected = context.workbench.answered(astronaut, "astronaut.jpg").answer.as_dict()
    assert answer | {"timings_ms": None} == expected | {"timings_ms": None}
    assert (answer["width"], answer["height"]) == (512, 512)
    (face,) = answer["faces"]
    assert set(face["answers"]) == {"cropped"}
    prediction = face["answers"]["cropped"]
    assert prediction["age_low"] <= prediction["age_years"] <= prediction["age_high"]
    assert set(answer["whole_picture"]) == {"full"}
    assert set(answer["timings_ms"]) == {"decode", "detect", "crop", "network"}


def test_a_broken_picture_does_not_keep_the_others_from_being_answered(client, astronaut):
    good, half, text, empty = post(
        client,
        ("good.jpg", astronaut),
        ("half.jpg", astronaut[: len(astronaut) // 2]),
        ("letter.jpg", b"Dear all"),
        ("nothing.jpg", b""),
    ).get_json()
    assert good["faces"]
    assert half["error"]["name"] == "PictureTruncated"
    assert text["error"]["name"] == "PictureNotRecognised"
    assert empty["error"]["name"] == "PictureEmpty"
    assert "half.jpg" in half["error"]["message"]


def test_a_picture_over_the_limit_is_refused_and_the_next_one_answered(client, astronaut):
    large, good = post(
        client, ("large.jpg", astronaut + bytes(MAX_BYTES)), ("good.jpg", astronaut)
    ).get_json()
    assert large["error"]["name"] == "PictureTooLarge"
    assert good["faces"]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [(b"", "multipart/form-data"), (b"abc", "text/plain"), (b"{}", "application/json")],
    ids=["an empty form", "a text", "a JSON object"],
)
def test_a_wrong_call_is_refused_in_json(client, body, content_type):
    response = client.post("/api/v1/predict", data=body, content_type=content_type)
    assert response.status_code == 400
    assert response.get_json()["error"]["name"] == "WrongCall"


def test_a_wrong_method_is_refused_in_json(client):
    response = client.get("/api/v1/predict")
    assert response.status_code == 405


def test_too_many_pictures_in_one_call_are_refused(client):
    response = post(client, *((f"{i}.jpg", b"x") for i in range(MAX_PICTURES + 1)))
    assert response.status_code == 400
    assert str(MAX_PICTURES) in response.get_json()["error"]["message"]


def test_a_call_with_too_many_bytes_is_refused_before_it_is_read(client):
    response = client.post(
        "/api/v1/predict",
        data=b"",
        content_type="multipart/form-data; boundary=x",
        environ_overrides={"CONTENT_LENGTH": str(MAX_REQUEST_BYTES + 1)},
    )
    assert response.status_code == 413
    assert response.get_json()["error"]["name"] == "WrongCall"


def test_a_large_upload_never_touches_the_disk(client, astronaut, monkeypatch):
    def refuse(*_arguments, **_named):
        raise AssertionError("a picture was about to be written to a temporary file")

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    monkeypatch.setattr("tempfile.SpooledTemporaryFile", refuse)
    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", refuse, raising=False)
    (answer,) = post(client, ("large.jpg", astronaut + bytes(5_000_000))).get_json()
    assert "faces" in answer


def test_names_of_pictures_are_in_no_log(client, astronaut, caplog, capfd):
    caplog.set_level("DEBUG")
    post(client, ("wedding of Ada.jpg", astronaut), ("divorce of Ada.jpg", astronaut[:9000]))
    assert "Ada" not in caplog.text
    assert "Ada" not in "".join(capfd.readouterr())
