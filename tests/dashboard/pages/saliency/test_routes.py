"""The HTTP routes of the Saliency page, query without a browser."""

import base64

import cv2
import numpy as np
import pytest

from faces.input_crops import crop_for, square_for
from faces.predictions import OUTPUTS
from faces.saliency.explain import saliency_map

QUERY = {"key": "sample:astronaut.jpg", "face": "0"}


def attended_xyxy_of(upload, variant):
    """What a shipped network attends to, of the picture's first face or of the whole picture."""
    answer = upload.answer
    prediction = (answer.whole_picture if variant == "full" else answer.faces[0].answers)[variant]
    return prediction.attended_xyxy


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("variant", ["full", "cropped"])
def test_a_map_travels_as_it_was_computed(client, context, variant, output):
    query = QUERY | {"variant": variant, "output": output, "method": "gradcam"}
    answer = client.get("/saliency/map", query_string=query).json
    upload = context.pictures.upload("sample:astronaut.jpg")
    face = upload.answer.faces[0].face
    network = context.workbench.predictor.networks[variant]
    crop = crop_for(network.variant, upload.picture, face)
    square = square_for(network.variant, upload.picture, face)
    expected = saliency_map(network, crop, square, "gradcam", output)
    sent = np.frombuffer(base64.b64decode(answer["values"]), "<u2")
    values = sent.reshape(answer["px"], answer["px"]) / 65535
    np.testing.assert_allclose(values, expected.values, atol=2e-5)
    assert answer["fraction_in_face"] == pytest.approx(expected.fraction_inside(face.box_xyxy), abs=0.02)
    # By chance: of the attended square, for nothing else of the input reaches the network.
    (x0, y0, x1, y1), (ax0, ay0, ax1, ay1) = face.box_xyxy, attended_xyxy_of(upload, variant)
    width, height = min(x1, ax1) - max(x0, ax0), min(y1, ay1) - max(y0, ay0)
    by_chance = width * height / ((ax1 - ax0) * (ay1 - ay0))
    assert answer["face_area"] == pytest.approx(by_chance, abs=0.05)
    assert not answer["empty"]


def test_the_input_is_sent_pixel_for_pixel(client, context):
    response = client.get("/saliency/input.png", query_string=QUERY | {"variant": "cropped"})
    upload = context.pictures.upload("sample:astronaut.jpg")
    sent = cv2.imdecode(np.frombuffer(response.data, np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
    expected = crop_for(context.variants["cropped"], upload.picture, upload.answer.faces[0].face)
    np.testing.assert_array_equal(sent, expected)
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("query", "words"),
    [
        pytest.param({"key": "forgotten"}, "no longer in the server's memory", id="a forgotten picture"),
        pytest.param(
            {"key": "set:chips/nobody.jpg"}, "no labelled picture 'chips/nobody.jpg'", id="no such picture"
        ),
        pytest.param({"variant": "huge"}, "No variant 'huge'", id="no such variant"),
        pytest.param({"method": "tea leaves"}, "no map of age by tea leaves", id="no such method"),
        pytest.param({"engine": "tf-keras-vis"}, "tf-keras-vis is not installed", id="no such engine"),
        pytest.param({"output": "height"}, "no map of height", id="no such output"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(client, query, words, monkeypatch):
    monkeypatch.setattr("dashboard.pages.saliency.routes.is_offered", lambda _variants: False)
    whole = QUERY | {"variant": "full", "output": "age", "method": "vanilla"} | query
    response = client.get("/saliency/map", query_string=whole)
    assert response.status_code == 200
    assert words in response.json["error"]


def test_a_face_that_is_not_there_stands_for_the_last_one(client):
    query = QUERY | {"variant": "cropped", "output": "age", "method": "gradcam"}
    last, beyond = (client.get("/saliency/map", query_string=query | {"face": face}).json for face in "07")
    assert last["values"] == beyond["values"]


@pytest.mark.parametrize("variant", ["full", "cropped"])
def test_maps_and_input_of_a_turned_picture_lie_on_it_as_it_came(client, context, variant, tmp_path):
    upright = context.pictures.picture("sample:portrait_C000537.jpg").rgb
    path = tmp_path / "upside_down.png"
    cv2.imwrite(str(path), upright[::-1, ::-1, ::-1])
    with path.open("rb") as file:
        key = client.post("/pictures", data={"picture": (file, path.name)}).get_json()["key"]
    assert context.pictures.upload(key).answer.turned_degrees == 180
    query = {"face": "0", "variant": variant, "output": "age", "method": "gradcam"}
    keys = (key, "sample:portrait_C000537.jpg")
    came, before = (client.get("/saliency/map", query_string=query | {"key": one}).json for one in keys)
    maps = [
        np.frombuffer(base64.b64decode(answer["values"]), "<u2").reshape(answer["px"], -1) / 65535
        for answer in (came, before)
    ]
    assert np.corrcoef(maps[0][::-1, ::-1].ravel(), maps[1].ravel())[0, 1] > 0.95
    assert came["fraction_in_face"] == pytest.approx(before["fraction_in_face"], abs=0.05)
    inputs = [
        cv2.imdecode(
            np.frombuffer(
                client.get("/saliency/input.png", query_string=query | {"key": one}).data, np.uint8
            ),
            1,
        )
        for one in keys
    ]
    assert cv2.PSNR(np.ascontiguousarray(inputs[0][::-1, ::-1]), inputs[1]) > 25
    crop = client.get(f"/pictures/{key}/face/0.jpg").data, client.get(f"/pictures/{keys[1]}/face/0.jpg").data
    shown = [cv2.imdecode(np.frombuffer(data, np.uint8), 1) for data in crop]
    assert cv2.PSNR(*shown) > 25, "a card shows the face upright"
    table = client.get(f"/pictures/{key}/answer.csv").text.splitlines()
    assert table[0].endswith(",turned_degrees")
    assert all(line.endswith(",180") for line in table[1:])
