"""docs/api.md says what the API does: its calls, its limits, its names of errors."""

import base64
import io
import re
import shlex

import pytest

from dashboard.api.limits import MAX_FIELDS, MAX_PICTURES, MAX_REQUEST_BYTES
from dashboard.errors import NAMES
from faces.pictures import MAX_BYTES
from tests.builders import REPOSITORY

PAGE = (REPOSITORY / "docs" / "api.md").read_text(encoding="utf-8")
CALLS = re.findall(r"^curl .*$", PAGE, re.MULTILINE)


@pytest.mark.parametrize("line", CALLS)
def test_a_call_of_the_page_is_answered(client, astronaut, line):
    words = shlex.split(line)
    path = words[-1].removeprefix("http://127.0.0.1:8050")
    if "-F" in words:
        names = [word.partition("@")[2] for word in words if "@" in word]
        data = {"picture": [(io.BytesIO(astronaut), name) for name in names]}
        response = client.post(path, data=data)
        assert [answer["picture"] for answer in response.get_json()] == names
    elif "-d" in words:
        body = words[words.index("-d") + 1].replace("…", base64.b64encode(astronaut).decode())
        response = client.post(path, data=body, content_type="application/json")
        assert response.get_json()[0]["faces"]
    else:
        response = client.get(path)
    assert response.status_code == 200


def test_the_page_has_every_address_of_the_document(client):
    paths = client.get("/api/v1/openapi.json").get_json()["paths"]
    assert {line.rpartition(":8050")[2] for line in CALLS} == set(paths)


def test_the_limits_and_names_of_the_page_are_those_of_the_code():
    cells = dict(re.findall(r"^\| ([a-z ]+) \| ([\d MB]+) \|$", PAGE, re.MULTILINE))
    assert cells == {
        "pictures": str(MAX_PICTURES),
        "text fields": str(MAX_FIELDS),
        "all bytes": f"{MAX_REQUEST_BYTES // 1_000_000} MB",
        "bytes of a picture": f"{MAX_BYTES // 1_000_000} MB",
    }
    rows = dict(re.findall(r"^\| (\d{3}) \| `(\w+)` \|", PAGE, re.MULTILINE))
    assert rows and all(NAMES[int(status)] == name for status, name in rows.items())
