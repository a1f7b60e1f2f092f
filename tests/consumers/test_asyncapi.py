"""The AsyncAPI document says what really travels: every message fits it, and no other."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from referencing import Registry
from referencing.jsonschema import DRAFT7

from consumers import wire
from consumers.asyncapi.document import as_yaml, document
from consumers.asyncapi.examples import example, intake_example, refused_example
from consumers.brokers.topics import TOPICS
from consumers.intake import wire as intake_wire
from domain.fact import Fact
from store.log import Entry
from store.mapper import decode_fact
from tests.golden.making import FOLDER, WIRE, entry, travelling

ROOT = Path(__file__).parents[2]
DOCUMENT = json.loads(json.dumps(document()))
MESSAGES: dict[str, Any] = DOCUMENT["components"]["messages"]
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
REGISTRY: Registry[Any] = Registry().with_resource(
    "urn:huiyin", DRAFT7.create_resource(DOCUMENT)
)
FORMATS = jsonschema.FormatChecker(["uuid"])


def has_a_zone(said: object) -> bool:
    return not isinstance(said, str) or datetime.fromisoformat(said).tzinfo is not None


FORMATS.checks("date-time", raises=ValueError)(has_a_zone)


def check(message: str, part: str, said: Any) -> None:
    """Whether the headers or the payload of a message are as the document has them."""
    jsonschema.Draft7Validator(
        {"$ref": f"urn:huiyin#/components/messages/{message}/{part}"},
        registry=REGISTRY,
        format_checker=FORMATS,
    ).validate(said)


def text(headers: list[tuple[str, bytes]]) -> dict[str, str]:
    return {name: value.decode() for name, value in headers}


def refs(part: Any) -> Iterator[str]:
    inner = part.values() if isinstance(part, dict) else part
    if isinstance(part, dict) and isinstance(part.get("$ref"), str):
        yield part["$ref"]
    if isinstance(part, dict | list):
        for each in inner:
            yield from refs(each)


def resolved(ref: str) -> Any:
    found: Any = DOCUMENT
    for name in ref.removeprefix("#/").split("/"):
        found = found[name]
    return found


def test_the_committed_document_is_what_this_program_says() -> None:
    committed = (ROOT / "docs" / "asyncapi.yaml").read_text(encoding="utf-8")
    assert committed == as_yaml(), "run: make asyncapi"


def test_the_document_reads_as_it_was_made() -> None:
    assert msgspec.yaml.decode(as_yaml()) == DOCUMENT


def test_all_that_the_document_refers_to_is_in_it() -> None:
    found = list(refs(DOCUMENT))
    assert len(found) > 300
    assert all(resolved(ref) for ref in found)


def test_every_topic_is_a_channel() -> None:
    channels = DOCUMENT["channels"].values()
    assert {each["address"] for each in channels} == {rule.name for rule in TOPICS}


def test_every_channel_says_what_huiyin_does_there() -> None:
    spoken_to = {each["channel"]["$ref"] for each in DOCUMENT["operations"].values()}
    assert spoken_to == {f"#/channels/{name}" for name in DOCUMENT["channels"]}
    actions = {n: each["action"] for n, each in DOCUMENT["operations"].items()}
    assert actions == {
        "publishCaseFacts": "send",
        "takeInCases": "receive",
        "refuseCases": "send",
    }


def test_every_fact_that_travels_is_a_message_and_nothing_else_is() -> None:
    facts = {kind.TOPIC for kind in travelling()}
    assert DOCUMENT["channels"]["caseFacts"]["messages"].keys() == facts
    assert MESSAGES.keys() == facts | {intake_wire.CASE_TYPE, intake_wire.REFUSED_TYPE}


def test_no_schema_is_there_for_nobody() -> None:
    named = {ref.rsplit("/", 1)[1] for ref in refs(DOCUMENT)}
    assert SCHEMAS.keys() <= named


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_one(name: str) -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["title"] == name
    assert SCHEMAS[name]["description"]


@pytest.mark.parametrize("name", MESSAGES)
def test_every_example_is_as_the_document_has_it(name: str) -> None:
    [shown] = MESSAGES[name]["examples"]
    check(name, "headers", shown["headers"])
    check(name, "payload", shown["payload"])


@pytest.mark.parametrize("kind", travelling(), ids=lambda kind: kind.TOPIC)
def test_every_example_of_a_fact_can_be_read(kind: Any) -> None:
    [shown] = MESSAGES[kind.TOPIC]["examples"]
    assert wire.entry(json.dumps(shown["payload"]).encode()) == example(kind)


def test_the_example_of_the_intake_is_taken() -> None:
    headers, case = intake_example()
    [shown] = MESSAGES[intake_wire.CASE_TYPE]["examples"]
    body = json.dumps(shown["payload"]).encode()

    sent = intake_wire.read(intake_wire.Message(0, 0, headers, body))

    assert text(headers) == shown["headers"]
    assert sent.case == case


@pytest.mark.parametrize("kind", travelling(), ids=lambda kind: kind.TOPIC)
def test_what_is_sent_of_every_golden_fact_is_as_the_document_has_it(
    kind: type[Fact],
) -> None:
    made = entry(kind)
    for file in FOLDER.glob(f"{kind.TOPIC}.v*.json"):
        fact = decode_fact(kind, made.fact.originator_id, 1, file.read_bytes())
        sent = Entry(made.position, made.recorded_at, fact)
        check(kind.TOPIC, "headers", text(wire.headers(sent)))
        check(kind.TOPIC, "payload", json.loads(wire.payload(sent)))


@pytest.mark.parametrize("kind", travelling(), ids=lambda kind: kind.TOPIC)
def test_a_golden_message_of_the_version_of_today_is_as_the_document_has_it(
    kind: type[Fact],
) -> None:
    golden = WIRE / f"{kind.TOPIC}.v{kind.class_version}.json"
    check(kind.TOPIC, "payload", json.loads(golden.read_bytes()))


@pytest.mark.parametrize(
    "headers",
    [[], [("ce_id", b"7"), ("ce_source", b"billing")]],
    ids=["nothing can be read", "only who sent it"],
)
def test_a_refusal_is_as_the_document_has_it(headers: list[tuple[str, bytes]]) -> None:
    message = intake_wire.Message(0, 0, headers, None)
    refused = intake_wire.refusal(message, "malformed_json", "…", "…")
    shown = intake_wire.refusal_headers(
        refused, datetime.fromisoformat("2027-03-02T00:00Z")
    )

    check(intake_wire.REFUSED_TYPE, "headers", text(shown))
    check(
        intake_wire.REFUSED_TYPE, "payload", json.loads(intake_wire.refusal_body(refused))
    )
    assert refused_example().code == "bad_header"


def without(*path: str) -> Any:
    """A received case whose message lacks something."""
    said = copy.deepcopy(MESSAGES["case.received"]["examples"][0]["payload"])
    within = said
    for name in path[:-1]:
        within = within[name]
    del within[path[-1]]
    return said


def altered(value: Any, *path: str) -> Any:
    """A received case whose message says something else in one place."""
    said = copy.deepcopy(MESSAGES["case.received"]["examples"][0]["payload"])
    within = said
    for name in path[:-1]:
        within = within[name]
    within[path[-1]] = value
    return said


@pytest.mark.parametrize(
    "said",
    [
        without("position"),
        without("body"),
        without("body", "number"),
        without("body", "content", "box"),
        altered("case.closed", "type"),
        altered(2, "type_version"),
        altered(0, "position"),
        altered("17", "version"),
        altered("no case", "case"),
        altered("2027-03-02T01:04:05", "occurred_at"),
        altered("tomorrow", "body", "coming", "at"),
        altered("停电三小时", "body", "content"),
        altered("yes", "body", "secret"),
        altered(7, "actor", "person"),
    ],
)
def test_a_message_that_says_something_else_is_not_as_the_document_has_it(
    said: Any,
) -> None:
    with pytest.raises(jsonschema.ValidationError):
        check("case.received", "payload", said)


def test_a_field_that_comes_later_fits_readers_of_today() -> None:
    check("case.received", "payload", altered("calm", "body", "mood"))


def test_a_case_sent_in_with_a_field_that_nobody_reads_is_not_as_the_document_has_it() -> (
    None
):
    [shown] = MESSAGES[intake_wire.CASE_TYPE]["examples"]
    with pytest.raises(jsonschema.ValidationError):
        check(intake_wire.CASE_TYPE, "payload", shown["payload"] | {"mood": "calm"})


def test_every_time_says_that_it_is_one() -> None:
    moved = SCHEMAS["DeadlineMovedV1"]["properties"]
    moment = {"type": "string", "format": "date-time"}
    assert moved["from_due"] == moment
    assert moved["warn_at"]["items"] == moment
    assert SCHEMAS["Pause"]["properties"] == {"since": moment, "until": moment}
    assert SCHEMAS["Coming"]["properties"]["due"]["anyOf"][0] == moment
    assert SCHEMAS["CaseFactV1"]["properties"]["occurred_at"] == moment
