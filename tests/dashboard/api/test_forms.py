"""Each limit has its own sentence; one odd name or picture neither refuses nor drops those beside it."""

import base64
import json

import pytest

from dashboard.api.base64_text import LONG_CHARACTERS
from dashboard.api.file_names import decoded
from dashboard.api.forms import MAX_PARTS, MAX_TEXT_BYTES
from dashboard.api.limits import MAX_FIELDS, MAX_PICTURES, MAX_REQUEST_BYTES

PREDICT = "/api/v1/predict"


def part(data: bytes, disposition: bytes, content_type: bytes = b"image/jpeg") -> bytes:
    """One part of a form, as the bytes of a client that writes it in its own way."""
    lines = [b"--X", b"Content-Disposition: form-data; " + disposition]
    lines += [b"Content-Type: " + content_type] if content_type else []
    return b"\r\n".join([*lines, b"", data, b""])


def send(client, *parts: bytes, end: bytes = b"--X--\r\n"):
    return client.post(PREDICT, data=b"".join(parts) + end, content_type="multipart/form-data; boundary=X")


def names_of(response) -> list[str]:
    assert response.status_code == 200
    return [answer["picture"] for answer in response.get_json()]


def sentence(response, status: int = 400) -> str:
    assert response.status_code == status
    return response.get_json()["error"]["message"]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Zoë.jpg".encode("latin-1"), "Zoë.jpg"),
        ("Müller.jpg".encode("latin-1"), "Müller.jpg"),
        ("née.jpg".encode("latin-1"), "née.jpg"),
        ("père noël.jpg".encode("cp1252"), "père noël.jpg"),
        ("照片.jpg".encode("gbk"), "照片.jpg"),
        ("毕业典礼.jpg".encode("gbk"), "毕业典礼.jpg"),
        ("写真.jpg".encode("shift_jis"), "写真.jpg"),
        ("家族の写真.jpg".encode("cp932"), "家族の写真.jpg"),
        ("表示.jpg".encode("cp932"), "表示.jpg"),  # its second byte is a backslash
        ("照片.jpg".encode("big5"), "照片.jpg"),
        ("写真.jpg".encode(), "写真.jpg"),
        ("Åse.jpg".encode(), "Åse.jpg"),  # 85, its second byte, ends a line of text
        ("Zoe\u0308.jpg".encode(), "Zoe\u0308.jpg"),
        (rb"C:\Users\me\new.png", "new.png"),
        (rb"C:\\Users\\me\\new.png", "new.png"),
        (rb"\\server\share\table.png", "table.png"),
        (b"/home/me/new.png", "new.png"),
        (rb"C:\Users/me\mixed/new.png", "new.png"),
        (rb"say \"cheese\".png", 'say "cheese".png'),
        (b"say %22cheese%22.png", 'say "cheese".png'),
        (b"=?utf-8?B?WsO2ZS5qcGc=?=", "Zöe.jpg"),
        (b"50% off.jpg", "50% off.jpg"),
        (b"\xff\xfe\x81.jpg", "ÿþ\ufffd.jpg"),
    ],
)
def test_a_name_is_decoded_whatever_wrote_it_and_the_pictures_beside_it_are_answered(
    client, astronaut, written, name
):
    odd = part(astronaut, b'name="p"; filename="' + written + b'"')
    good = part(astronaut, b'name="p"; filename="good.jpg"')
    response = send(client, good, odd, good)
    assert names_of(response) == ["good.jpg", name, "good.jpg"]
    assert all(answer["faces"] for answer in response.get_json())


def test_the_multipart_of_a_windows_client_is_answered_under_its_last_component(client):
    small = b"\x89PNG\r\n\x1a\n"
    response = send(client, part(small, rb'name="p"; filename="C:\Users\me\new.png"', b"image/png"))
    assert names_of(response) == ["new.png"]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        (b"name=\"p\"; filename*=UTF-8''Zo%C3%AB.jpg", "Zoë.jpg"),
        (b'name="p"; filename="x.jpg"; filename*=utf-8\'\'%E5%86%99.jpg', "写.jpg"),
        (b"name=\"p\"; filename*=nonsense''a%20b.jpg", "a b.jpg"),
        (b'name="p"; filename=bare.jpg', "bare.jpg"),
        (b'name="p"', "p"),
        (b'name="p"; filename=""', "p"),
        (b'filename="nameless.jpg"', "nameless.jpg"),
        (b"", "picture"),
    ],
)
def test_a_part_with_an_odd_or_no_name_is_a_picture_all_the_same(client, astronaut, disposition, name):
    good = part(astronaut, b'name="p"; filename="good.jpg"')
    assert names_of(send(client, good, part(astronaut, disposition))) == ["good.jpg", name]


def test_a_picture_without_name_and_type_is_told_from_a_text_by_its_bytes(client, astronaut):
    nameless = part(astronaut, b'name="p"', b"")
    note = part(b"my holidays", b'name="note"', b"")
    assert names_of(send(client, note, nameless)) == ["p"]


def test_a_name_that_nothing_decodes_is_shown_with_signs_of_replacement():
    assert decoded(b"a\x81\xff.jpg").startswith("a")
    assert "\ufffd" in decoded(b"a\x81\xff.jpg")


@pytest.fixture(scope="module")
def encoded(astronaut) -> str:
    return base64.b64encode(astronaut).decode()


@pytest.mark.parametrize("head", ["", "data:image/jpeg;base64,", "DATA:;name=a;BASE64,"])
def test_base64_in_a_text_field_is_answered(client, encoded, head):
    assert len(encoded) > LONG_CHARACTERS
    response = send(client, part((head + encoded).encode(), b'name="img"', b""))
    (answer,) = response.get_json()
    assert (answer["picture"], len(answer["faces"])) == ("img", 1)


def test_a_base64_text_of_more_than_half_a_megabyte_is_answered(client, astronaut):
    text = base64.b64encode(astronaut + bytes(600_000))
    assert send(client, part(text, b'name="img"', b"")).get_json()[0]["faces"]


def test_base64_in_a_url_encoded_form_is_answered(client, encoded):
    (answer,) = client.post(PREDICT, data={"img": f"data:image/jpeg;base64,{encoded}"}).get_json()
    assert len(answer["faces"]) == 1
    escaped_badly = f"img=data:image/jpeg;base64,{encoded}".encode()  # + arrives as a blank
    response = client.post(PREDICT, data=escaped_badly, content_type="application/x-www-form-urlencoded")
    assert len(response.get_json()[0]["faces"]) == 1


def test_json_is_answered_as_multipart_is(client, astronaut, encoded):
    half = base64.b64encode(astronaut[: len(astronaut) // 2]).decode()
    images = [f"data:image/jpeg;base64,{encoded}", half, encoded, "no base64!", "https://a.example/b.jpg", ""]
    first, truncated, bare, broken, address, empty = client.post(PREDICT, json={"images": images}).get_json()
    file = part(astronaut, b'name="p"; filename="image 1"')
    (expected,) = send(client, file).get_json()
    assert first | {"timings_ms": None} == expected | {"timings_ms": None}
    assert [one["picture"] for one in (first, bare)] == ["image 1", "image 3"]
    assert bare["faces"] == first["faces"]
    assert truncated["error"]["name"] == "PictureTruncated"
    assert broken["error"]["message"] == (
        "image 4 is not base64. Send the bytes of a picture in base64: data:image/jpeg;base64,…. "
        "Received: 'no base64!' (10 characters)."
    )
    assert "nothing is fetched" in address["error"]["message"]
    assert empty["error"]["name"] == "PictureEmpty"


@pytest.mark.parametrize("change", [str.lower, lambda text: text[:-2]], ids=["another alphabet", "cut"])
def test_url_safe_base64_broken_lines_and_missing_padding_are_read(client, encoded, change):
    lines = "\r\n".join(encoded[start : start + 76] for start in range(0, len(encoded), 76))
    tame = encoded.replace("+", "-").replace("/", "_").rstrip("=")
    for text in (lines, tame):
        (answer,) = client.post(PREDICT, json={"images": [text]}).get_json()
        assert len(answer["faces"]) == 1
    (answer,) = client.post(PREDICT, json={"images": [change(encoded)]}).get_json()
    assert answer["picture"] == "image 1"  # another picture, or none: named, and no 500


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "images: Field required"),
        ({"images": []}, "images: List should have at least 1 item"),
        ({"images": "x"}, "images: Input should be a valid list"),
        ({"images": [1]}, "images.0: Input should be a valid string"),
        ({"images": ["x"], "image": 1}, "image: Extra inputs are not permitted"),
        ([], "The body: Input should be a valid dictionary"),
    ],
)
def test_a_wrong_json_call_is_told_what_is_wrong_and_how_to_call(client, body, message):
    told = sentence(client.post(PREDICT, json=body))
    assert message in told
    assert "curl -F" in told


def test_each_limit_has_its_own_sentence(client, encoded):
    jpeg = b'name="p"; filename="a.jpg"'
    pictures = sentence(send(client, *[part(b"x", jpeg)] * (MAX_PICTURES + 9)))
    assert pictures == f"At most {MAX_PICTURES} pictures in one call. Received: {MAX_PICTURES + 9}."
    images = sentence(client.post(PREDICT, json={"images": [encoded] * (MAX_PICTURES + 1)}))
    assert images == f"At most {MAX_PICTURES} pictures in one call. Received: {MAX_PICTURES + 1}."
    fields = sentence(send(client, *[part(b"x", b'name="f"', b"")] * (MAX_FIELDS + 8)))
    assert fields == f"At most {MAX_FIELDS} text fields in one call. Received: {MAX_FIELDS + 8}."
    parts = sentence(send(client, *[part(b"", jpeg)] * (MAX_PARTS + 1)), 413)
    assert parts == f"A form may have at most {MAX_PARTS:,} parts. Received: more."
    size = {"CONTENT_LENGTH": str(MAX_REQUEST_BYTES + 1_000_000)}
    too_long = client.post(PREDICT, content_type="multipart/form-data; boundary=X", environ_overrides=size)
    assert sentence(too_long, 413) == "All pictures of one call together may have 160 MB. Received: 161.0 MB."


def test_a_text_field_beyond_its_limit_is_refused_by_name_and_the_others_are_answered(client, astronaut):
    long = part(b"A" * (MAX_TEXT_BYTES + 1), b'name="img"', b"")
    good = part(astronaut, b'name="p"; filename="good.jpg"')
    refused, answered = send(client, long, good).get_json()
    assert refused["error"]["message"].startswith("The text field img has more than 26.7 MB")
    assert answered["faces"]


def test_forty_texts_and_a_call_without_a_picture_are_told_how_to_send_one(client):
    told = sentence(send(client, part(b"@a.jpg", b'name="picture"', b"")))
    assert "curl -F picture=@a.jpg" in told
    assert told.endswith("Received: text in 'picture', which is no picture.")
    assert "Received: nothing." in sentence(send(client))


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (b'--X\r\nContent-Disposition: form-data; name="p"; filename="a"\r\n\r\nabc', "; boundary=X"),
        (b"--X\r\nContent-Type: image/png\r\n\r\nabc\r\n--X--", "; boundary=X"),
        (b"no form at all", "; boundary=X"),
        (b"--X--", ""),
        (b"--X--", '; boundary="é"'),
    ],
    ids=["cut", "no disposition", "no form", "no boundary", "an impossible boundary"],
)
def test_a_form_that_cannot_be_read_says_so(client, data, content_type):
    response = client.post(PREDICT, data=data, content_type=f"multipart/form-data{content_type}")
    assert "cannot be read" in sentence(response)


def test_json_with_the_wrong_content_type_is_told_how_to_send_it(client, encoded):
    body = json.dumps({"images": [encoded]})
    told = sentence(client.post(PREDICT, data=body, content_type="text/plain"))
    assert "Received: text/plain." in told


def test_the_page_decodes_names_alike(client, astronaut):
    body = part(astronaut, b'name="picture"; filename="' + "写真.jpg".encode("cp932") + b'"') + b"--X--\r\n"
    entry = client.post("/pictures", data=body, content_type="multipart/form-data; boundary=X").get_json()
    assert (entry["state"], entry["name"]) == ("answered", "写真.jpg")
