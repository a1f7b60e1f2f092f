"""The OpenAPI document says what the door takes, and its examples are true."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from api.http.bodies import body_model, parse
from api.http.commands import PLACES
from api.http.examples import EXAMPLES
from api.http.questions import QUESTIONS
from api.policies import shipped
from domain.catalogue import SUBJECTS
from domain.policy.policy import Policy
from tests.support.hotline import Hotline

COMMANDS = {
    (subject, action): kind
    for subject in PLACES
    for action, kind in SUBJECTS[subject].commands().items()
    if kind in SUBJECTS[subject].goes_on or action == PLACES[subject].bare
}


@pytest.fixture(scope="module")
def document(hotline: Hotline) -> dict[str, Any]:
    answer = hotline.client.get("/openapi.json")
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def posts(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {path: at["post"] for path, at in document["paths"].items() if "post" in at}


def test_every_command_has_an_example() -> None:
    assert set(EXAMPLES) == set(COMMANDS)


@pytest.mark.parametrize(("subject", "action"), sorted(EXAMPLES))
def test_an_example_fits_its_command(subject: str, action: str) -> None:
    raw = msgspec.json.encode(EXAMPLES[subject, action])
    body = parse(body_model(COMMANDS[subject, action]), raw)
    assert body.model_dump(exclude_unset=True).keys() == EXAMPLES[subject, action].keys()


def test_the_document_is_openapi_3_1_with_a_route_a_command(
    document: dict[str, Any],
) -> None:
    assert document["openapi"].startswith("3.1")
    assert len(posts(document)) == len(COMMANDS)
    shown = {
        name: example["value"]
        for operation in posts(document).values()
        for name, example in operation["requestBody"]["content"]["application/json"][
            "examples"
        ].items()
    }
    assert shown == {action: body for (_, action), body in EXAMPLES.items()}


def test_every_reference_in_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    def references(part: Any) -> set[str]:
        if isinstance(part, dict):
            own = {part["$ref"]} if "$ref" in part else set()
            return own.union(*map(references, part.values()))
        return set().union(*map(references, part)) if isinstance(part, list) else set()

    schemas = document["components"]["schemas"]
    assert {ref.rsplit("/", 1)[1] for ref in references(document)} <= schemas.keys()
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"


def test_every_operation_names_its_problems_and_its_headers(
    document: dict[str, Any],
) -> None:
    for path, operation in posts(document).items():
        named = {parameter["name"] for parameter in operation["parameters"]}
        assert named >= {"Idempotency-Key", "If-Match"}
        assert ("ref" in named) == ("{ref}" in path)
        assert operation["responses"].keys() >= {"201", "400", "401", "403", "404", "409"}


def test_a_body_schema_keeps_the_edge_fields_to_the_edge(document: dict[str, Any]) -> None:
    schema = document["components"]["schemas"]["ReceiveCase"]
    assert schema["additionalProperties"] is False
    assert "customer" not in schema["properties"]
    assert schema["properties"]["phone"]["anyOf"][0]["type"] == "string"


def test_the_views_are_those_that_the_policies_speak_of() -> None:
    doors = {"casefile", "facts", "refusals", "kpi"}
    for profile in shipped().values():
        roles = Policy.from_document(profile).roles.values()
        assert {view for role in roles for view in role.views} - doors <= QUESTIONS.keys()


def test_no_page_is_fetched_from_elsewhere(hotline: Hotline) -> None:
    for path in ("/docs", "/redoc", "/docs/oauth2-redirect"):
        assert hotline.client.get(path).status_code == 404
