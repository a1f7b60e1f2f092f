"""The OpenAPI 3.1 document: every command with its body, an example and its refusals."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.http.commands import CommandRoute
from api.http.examples import EXAMPLES
from api.http.questions import QUESTIONS

_PROBLEM = "application/problem+json"

_SCHEMAS: dict[str, Any] = {
    "Answer": {
        "type": "object",
        "description": "Where a command left things. Read with after=position to see it.",
        "required": ["id", "version", "position"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "version": {"type": "integer", "minimum": 1},
            "position": {"type": "integer", "minimum": 1},
        },
    },
    "Problem": {
        "type": "object",
        "description": "RFC 9457. The code is stable; zh and en say why to a person.",
        "required": ["type", "title", "status", "detail", "code", "zh", "en"],
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "code": {"type": "string"},
            "zh": {"type": "string"},
            "en": {"type": "string"},
            "errors": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["field", "code", "zh", "en"],
                    "properties": {
                        name: {"type": "string"} for name in ("field", "code", "zh", "en")
                    },
                },
            },
        },
    },
}

_REFUSALS = {
    "400": "the request cannot be read, or the body does not fit",
    "401": "no valid token",
    "403": "the role, post or unit does not give this authority",
    "404": "no such thing, or not for these eyes",
    "409": "refused by the business",
    "412": "decided on a version that is no longer the latest",
    "413": "the body is too large",
    "422": "the Idempotency-Key was used for another request",
    "503": "the store cannot be reached; retry with the same Idempotency-Key",
}

_HEADERS: list[dict[str, Any]] = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The same key and body answer the same, and are done once.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    },
    {
        "name": "If-Match",
        "in": "header",
        "description": 'The version the caller decided on, for example "7".',
        "schema": {"type": "string"},
    },
]

_REF = {
    "name": "ref",
    "in": "path",
    "required": True,
    "description": "A UUID; a case also by its number or SOURCE:ID.",
    "schema": {"type": "string", "maxLength": 200},
}


def describe(app: FastAPI, commands: list[CommandRoute]) -> dict[str, Any]:
    """The document. FastAPI lists the routes; bodies and answers are filled in here."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas.update(_SCHEMAS)
    for command in commands:
        name = command.kind.__name__
        schemas[name] = command.model.model_json_schema()
        document["paths"][command.path]["post"] = _operation(command)
    _tell_views(document["paths"]["/views/{name}"]["get"])
    document["components"]["securitySchemes"] = {
        "token": {"type": "http", "scheme": "bearer"}
    }
    document["security"] = [{"token": []}]
    for path in document["paths"].values():
        if "get" in path:
            path["get"]["responses"].pop("422", None)
            path["get"]["responses"]["default"] = _problem("not told; says why")
    return document


def _tell_views(operation: dict[str, Any]) -> None:
    """Which views there are, and by which columns each can be asked."""
    name = next(p for p in operation["parameters"] if p["name"] == "name")
    name["schema"] = {"type": "string", "enum": list(QUESTIONS)}
    asked = [
        f"- `{view}`: {question.view.docs}. By {', '.join(sorted(question.columns))}."
        for view, question in QUESTIONS.items()
    ]
    operation["description"] += "\n\n" + "\n".join(asked)


def _operation(command: CommandRoute) -> dict[str, Any]:
    name, action = command.kind.__name__, command.kind.ACTION
    body = {
        "schema": {"$ref": f"#/components/schemas/{name}"},
        "examples": {action: {"value": EXAMPLES[command.subject, action]}},
    }
    return {
        "tags": [command.subject],
        "operationId": name,
        "summary": (command.kind.__doc__ or action).strip().splitlines()[0],
        "parameters": ([_REF] if "{ref}" in command.path else []) + _HEADERS,
        "requestBody": {
            "required": bool(command.model.model_json_schema().get("required")),
            "content": {"application/json": body},
        },
        "responses": {"201": _ANSWERED}
        | {status: _problem(why) for status, why in _REFUSALS.items()},
    }


_ANSWERED: dict[str, Any] = {
    "description": "on record",
    "headers": {
        "ETag": {"description": "the version", "schema": {"type": "string"}},
        "Location": {"schema": {"type": "string"}},
    },
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Answer"}}},
}


def _problem(why: str) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": why, "content": {_PROBLEM: {"schema": schema}}}
