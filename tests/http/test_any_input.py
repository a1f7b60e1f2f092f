"""Bodies nobody thought of: none breaks the door, and a valid one is never malformed."""

from __future__ import annotations

import json
import re
from datetime import UTC
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.http.examples import EXAMPLES
from api.office import desk_over
from tests.http.asking import problem, send
from tests.support.alerting import ALERT_ID, noticed
from tests.support.hotline import Hotline

# A little of everything that JSON can say, lone surrogates and NUL included.
TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=8,
)


ROLES = ["agent", "dispatcher", "handler", "leader", "admin"]


@st.composite
def requests(draw: st.DrawFn) -> tuple[str, dict[str, Any] | Any]:
    """A command's example with some of its fields replaced, dropped or added."""
    subject, action = draw(st.sampled_from(sorted(EXAMPLES)))
    body: Any = dict(EXAMPLES[subject, action])
    for field in draw(st.lists(st.sampled_from([*body, "extra"]), max_size=3)):
        if draw(st.booleans()):
            body.pop(field, None)
        else:
            body[field] = draw(VALUES)
    if draw(st.integers(0, 9)) == 0:
        body = draw(VALUES)
    paths = {
        "alert": "/alerts/{alert}/",
        "call": "/calls/{id}/",
        "case": "/cases/{id}/",
        "organisation": "/organisation/",
    }
    bare = {
        "offer": "/calls",
        "receive": "/cases",
        "publish-policy": "/policies",
        "publish-calendar": "/calendars",
    }
    return bare.get(action) or paths[subject] + action.removesuffix("-alert"), body


@pytest.fixture(scope="module")
def case_id(hotline: Hotline) -> str:
    """A case; and a focus check at the leader's unit, of which they were told."""
    with desk_over(hotline.store) as desk:
        desk.handle(noticed("surge", up=0))
    return hotline.receive()


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(asked=requests(), who=st.sampled_from(ROLES))
def test_no_body_whatever_breaks_the_door(
    hotline: Hotline, case_id: str, asked: tuple[str, Any], who: str
) -> None:
    path, body = asked
    before = hotline.store.log.head()
    raw = json.dumps(body).encode()
    answer = send(hotline, path.format(id=case_id, alert=ALERT_ID), raw, who)
    assert answer.status_code < 500, answer.text
    if answer.status_code != 201:
        assert 400 <= problem(answer)[0] < 500
        assert hotline.store.log.head() == before


def fitting(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values that a schema of the OpenAPI document calls valid."""
    if "anyOf" in schema:
        return st.one_of(*map(fitting, schema["anyOf"]))
    if schema.get("format") == "uuid":
        return st.uuids().map(str)
    if schema.get("format") == "date-time":
        return st.datetimes(timezones=st.just(UTC)).map(lambda at: at.isoformat())
    if "pattern" in schema:
        return st.from_regex(re.compile(schema["pattern"], re.ASCII)).map(str.strip)
    least, most = schema.get("minLength", 0), schema.get("maxLength", 300)
    words = st.text("ab 电é😀'\"\\", min_size=least, max_size=most).map(
        lambda t: f"x{t}"[:most]
    )
    return {
        "string": words,
        "boolean": st.booleans(),
        "integer": st.integers(schema.get("minimum"), schema.get("maximum")),
        "null": st.none(),
        "array": st.lists(st.deferred(lambda: fitting(schema["items"])), max_size=3),
        "object": st.just({"profile": {"name": "sgcc-2022"}}),
    }[schema["type"]]


@pytest.fixture(scope="module")
def schemas(hotline: Hotline) -> dict[str, Any]:
    """The schema of each command's body, by its path."""
    document = hotline.client.get("/openapi.json").json()
    return {
        path: document["components"]["schemas"][at["post"]["operationId"]]
        for path, at in document["paths"].items()
        if "post" in at
    }


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_body_that_the_document_calls_valid_is_never_called_malformed(
    hotline: Hotline, case_id: str, schemas: dict[str, Any], data: st.DataObject
) -> None:
    path = data.draw(st.sampled_from(sorted(schemas)))
    schema = schemas[path]
    needed = schema.get("required", [])
    body = data.draw(
        st.fixed_dictionaries(
            {name: fitting(schema["properties"][name]) for name in needed},
            optional={
                name: fitting(each)
                for name, each in schema["properties"].items()
                if name not in needed
            },
        )
    )
    answer = hotline.post("system", path.format(ref=case_id), body)
    assert answer.status_code in {201, 403, 404, 409}, answer.text
