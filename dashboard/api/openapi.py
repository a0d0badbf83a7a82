"""The API's own types -> its OpenAPI 3.1 document, so that neither can drift from the other."""

from typing import Any

from pydantic import TypeAdapter

from dashboard.api.access import KEY_HEADER
from dashboard.api.calls import FORM, JSON, PredictCall
from dashboard.api.limits import MAX_FIELDS, MAX_PICTURES, MAX_REQUEST_BYTES
from dashboard.api.objects import AnswerObject, ErrorAnswer, HealthObject, RefusalObject, VariantObject
from dashboard.context import AppContext
from dashboard.errors import NAMES
from faces.pictures import FORMATS, MAX_BYTES, MAX_PIXELS

VERSION = "1.0.0"  # of the API, not of the workbench
COMPONENT = "#/components/schemas/{model}"


ANSWERS = {
    "HealthObject": HealthObject,
    "Variants": list[VariantObject],
    "Answers": list[AnswerObject | RefusalObject],
    "ErrorAnswer": ErrorAnswer,
    "PredictCall": PredictCall,
}


def variant_objects(context: AppContext) -> list[VariantObject]:
    """The served variants; `in_answers` are those with which /api/v1/predict answers."""
    given = context.workbench.given
    return [
        {
            "name": variant.name,
            "input_mode": variant.input_mode,
            "input_px": variant.input_px,
            "parameters": variant.parameters,
            "network_sha256": variant.network_sha256,
            "in_answers": variant.name in given,
        }
        for variant in context.variants.values()
    ]


def openapi_document(url_prefix: str = "", *, needs_key: bool = False) -> dict[str, Any]:
    """The document of an API under `url_prefix`, which asks for a key or does not."""
    definitions, components = TypeAdapter.json_schemas(
        [(name, "serialization", TypeAdapter(type_)) for name, type_ in ANSWERS.items()],
        ref_template=COMPONENT,
    )
    schemas = components.get("$defs", {}) | {
        name: schema for (name, _), schema in definitions.items() if "$ref" not in schema
    }
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Age and gender workbench",
            "version": VERSION,
            "description": "Predicts age and gender from photographs. An apparent age is a guess with an "
            "interval of many years; no decision about a person may rest on it.",
            "license": {"name": "AGPL-3.0", "identifier": "AGPL-3.0-only"},
        },
        "servers": [{"url": url_prefix or "/"}],
        "paths": {
            "/api/v1/predict": {"post": _predict()},
            "/api/v1/variants": {"get": _get("variants", "List the served variants", "Variants", 401, 429)},
            "/api/v1/openapi.json": {"get": _get("openapi", "Describe this API", None, 429)},
            "/healthz": {"get": _get("health", "Say whether the networks are loaded", "HealthObject")},
        },
        "components": {"schemas": schemas},
    }
    if needs_key:
        document["components"]["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer"},
            "header": {"type": "apiKey", "in": "header", "name": KEY_HEADER},
        }
        for path in ("/api/v1/predict", "/api/v1/variants"):
            for operation in document["paths"][path].values():
                operation["security"] = [{"bearer": []}, {"header": []}]
    return document


def _predict() -> dict[str, Any]:
    summary = "Predict age and gender of everybody in pictures"
    operation = _get("predict", summary, "Answers", 400, 401, 413, 429)
    files = {"type": "array", "minItems": 1, "items": {"type": "string", "format": "binary"}}
    operation["description"] = (
        f"Answers a list with one object a picture, in the order of the call; a refused one has an error. "
        f"Pictures are {FORMATS} of at most {MAX_BYTES // 1_000_000} MB and "
        f"{MAX_PIXELS // 1_000_000} megapixels; a call has at most {MAX_PICTURES} pictures, {MAX_FIELDS} "
        f"text fields and {MAX_REQUEST_BYTES // 1_000_000} MB. "
        "A form's fields may have any name, and hold a file or base64."
    )
    operation["requestBody"] = {
        "required": True,
        "content": {
            JSON: {"schema": {"$ref": COMPONENT.format(model="PredictCall")}},
            FORM: {"schema": {"type": "object", "required": ["picture"], "properties": {"picture": files}}},
        },
    }
    return operation


def _get(operation_id: str, summary: str, answer: str | None, *refusals: int) -> dict[str, Any]:
    """An operation that answers with the schema `answer`, or any object, and refuses with these statuses."""
    schema = {"$ref": COMPONENT.format(model=answer)} if answer else {"type": "object"}
    responses = {"200": {"description": summary, "content": {JSON: {"schema": schema}}}}
    responses |= {str(status): _refusal(status) for status in refusals}
    return {"operationId": operation_id, "summary": summary, "responses": responses}


def _refusal(status: int) -> dict[str, Any]:
    response: dict[str, Any] = {
        "description": f"{NAMES[status]}, with a sentence",
        "content": {JSON: {"schema": {"$ref": COMPONENT.format(model="ErrorAnswer")}}},
    }
    if status == 429:
        seconds = {"type": "integer", "minimum": 1}
        response["headers"] = {"Retry-After": {"description": "Seconds to wait", "schema": seconds}}
    return response
