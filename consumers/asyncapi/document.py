"""AsyncAPI: the document that tells other systems what travels on Kafka and how to read it.

It is made from the wire's own types and the facts in the domain's catalogue, so it cannot
say anything else than what is sent; ``docs/asyncapi.yaml`` is this document, committed.
"""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from inspect import cleandoc
from types import NoneType
from typing import Any, get_args, get_type_hints

import msgspec

from consumers import wire
from consumers.asyncapi.examples import RECORDED, example, intake_example, refused_example
from consumers.brokers.topics import INTAKE, INTAKE_REFUSED, MESSAGE_BYTES_MAX
from consumers.intake import wire as intake_wire
from domain.case.case import CaseFact

SCHEMAS = "#/components/schemas/"
MOMENT = {"type": "string", "format": "date-time"}
CASE_ID = {"type": "string", "format": "uuid", "description": "The case."}
BINDING = "0.5.0"
WIDTH = 92

ABOUT = """\
Huiyin keeps every complaint as facts in a log. What happens to a case is published here,
fact by fact, for other systems to follow, and cases of other systems are taken in.

Personal texts of facts travel only as sealed envelopes: outside they cannot be opened. What
is published only grows: a reader passes over fields that it does not know. What could be
misread would come on a topic of the next version. All examples are invented."""

FACTS = """\
What happened to each case: one message a fact. The key is the case, so the facts of a case
are in one partition.

A message may come more than once, and a later fact of a case before an earlier one: then
both come again, in order. So take of each case only the next `version` and pass over all
else; `ce_source` and `ce_id` name a fact for good. When the topic is made anew, all is
published again from the log."""

TAKEN_IN = """\
Cases that other systems (billing, outage, 12345) send: each message becomes one case.

`ce_source` is the name of the sending system, `ce_id` that of the message there: the same
two sent again are the same wish, and nothing happens twice. Texts are in clear here and are
sealed as soon as they are read, so who may read this topic is for the brokers to restrict.
What cannot be taken comes back on `huiyin.intake.refused.v1`."""

REFUSED = """\
What of `huiyin.intake.v1` was refused, and why, in Chinese and English. `code` never
changes its meaning. A refusal may come more than once. Mended, a message may be sent again
under its `ce_id`. The body comes back as it was sent, so this topic holds personal data as
that one does."""


def document() -> dict[str, Any]:
    """The AsyncAPI 3.0 document, always the same for the same program."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "回音 Huiyin",
            "version": "1",
            "description": ABOUT,
            "license": {
                "name": "Apache-2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0",
            },
        },
        "defaultContentType": wire.CONTENT_TYPE,
        "servers": servers(),
        "channels": channels(),
        "operations": {
            "publishCaseFacts": operation(
                "send", "caseFacts", "Publish every fact of every case, at least once"
            ),
            "takeInCases": operation(
                "receive", "intake", "Take in cases of other systems, each message once"
            ),
            "refuseCases": operation(
                "send", "intakeRefused", "Tell the sender what was refused, and why"
            ),
        },
        "components": {
            "messages": {kind.TOPIC: fact_message(kind) for kind in published()}
            | {intake_wire.CASE_TYPE: intake_message()}
            | {intake_wire.REFUSED_TYPE: refused_message()},
            "schemas": fact_schemas() | intake_schemas(),
            "securitySchemes": {
                "scram": {"type": "scramSha512", "description": "A user of the brokers."}
            },
        },
    }


def published() -> list[type[CaseFact]]:
    """Every fact type that travels, in the order of their names."""
    known = (kind for kind in _kinds(CaseFact) if kind.__module__.startswith("domain."))
    return sorted((k for k in known if "TOPIC" in vars(k)), key=lambda kind: kind.TOPIC)


def _kinds(kind: type[CaseFact]) -> Iterator[type[CaseFact]]:
    for below in kind.__subclasses__():
        yield below
        yield from _kinds(below)


# Where it travels -----------------------------------------------------------------------


def servers() -> dict[str, Any]:
    host = {
        "host": "{broker}",
        "variables": {
            "broker": {
                "description": "One of HUIYIN_KAFKA.",
                "default": "localhost:9092",
            }
        },
    }
    return {
        "plain": {
            **host,
            "protocol": "kafka",
            "description": "Brokers that let everybody in, on a network of one's own.",
        },
        "secured": {
            **host,
            "protocol": "kafka-secure",
            "description": "Brokers that ask who it is, over TLS.",
            "security": [{"$ref": "#/components/securitySchemes/scram"}],
        },
    }


def channel(
    topic: str, title: str, description: str, names: Iterable[str]
) -> dict[str, Any]:
    """A topic; how many partitions and copies it has is the settings' to say."""
    return {
        "address": topic,
        "title": title,
        "description": description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {
            "kafka": {
                "topicConfiguration": {
                    "cleanup.policy": ["delete"],
                    "max.message.bytes": MESSAGE_BYTES_MAX,
                },
                "bindingVersion": BINDING,
            }
        },
    }


def channels() -> dict[str, Any]:
    facts = [kind.TOPIC for kind in published()]
    sent, back = intake_wire.CASE_TYPE, intake_wire.REFUSED_TYPE
    return {
        "caseFacts": channel(wire.CASE_FACTS, "Facts of cases", FACTS, facts),
        "intake": channel(INTAKE, "Cases of other systems", TAKEN_IN, [sent]),
        "intakeRefused": channel(INTAKE_REFUSED, "Refused", REFUSED, [back]),
    }


def operation(action: str, name: str, title: str) -> dict[str, Any]:
    """What Huiyin itself does there: who talks with it does the other."""
    return {"action": action, "channel": {"$ref": f"#/channels/{name}"}, "title": title}


# What travels ---------------------------------------------------------------------------


def fact_message(kind: type[CaseFact]) -> dict[str, Any]:
    """One fact type: its headers and payload as all have them, and what is its own."""
    topic, version = kind.TOPIC, kind.class_version
    entry = example(kind)
    return {
        "name": topic,
        "title": spaced(kind.__name__),
        "description": cleandoc(kind.__doc__ or ""),
        "contentType": wire.CONTENT_TYPE,
        "correlationId": {"location": "$message.payload#/correlation"},
        "headers": {
            "allOf": [
                {"$ref": f"{SCHEMAS}CaseFactHeaders"},
                {"type": "object", "properties": {"ce_type": {"const": topic}}},
            ]
        },
        "payload": {
            "allOf": [
                {"$ref": f"{SCHEMAS}CaseFactV1"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": topic},
                        "type_version": {"const": version},
                        "body": {"$ref": f"{SCHEMAS}{kind.__name__}V{version}"},
                    },
                    "required": ["body"],
                },
            ]
        },
        "bindings": keyed(CASE_ID),
        "examples": [shown(wire.headers(entry), wire.payload(entry))],
    }


def shown(headers: Iterable[tuple[str, bytes]], payload: bytes) -> dict[str, Any]:
    """An example, as it goes over the line."""
    said = {name: value.decode() for name, value in headers}
    return {"headers": said, "payload": json.loads(payload)}


def keyed(key: dict[str, Any]) -> dict[str, Any]:
    return {"kafka": {"key": key, "bindingVersion": BINDING}}


def fact_schemas() -> dict[str, Any]:
    kinds: list[Any] = published()
    bodies = [wire.form(kind).body for kind in kinds]
    return {"CaseFactHeaders": fact_headers()} | schemas([wire.CaseFactV1, *bodies])


def fact_headers() -> dict[str, Any]:
    """As ``wire.headers`` writes them."""
    position = {"type": "string", "pattern": "^[1-9][0-9]*$"}
    return cloud_event(
        "CaseFactHeaders",
        ce_id=position | {"description": "The fact's position in the log."},
        ce_source={"const": wire.SOURCE},
        ce_type={"type": "string", "description": "What happened."},
        ce_subject=CASE_ID,
        ce_time=MOMENT | {"description": "When it happened: business time."},
    )


def cloud_event(title: str, **own: Any) -> dict[str, Any]:
    """Headers of a CloudEvent 1.0 in binary mode, all of which must be there."""
    said = {
        "ce_specversion": {"const": "1.0"},
        **own,
        "content-type": {"const": wire.CONTENT_TYPE},
    }
    return {
        "title": title,
        "description": "CloudEvents 1.0, binary mode.",
        "type": "object",
        "properties": said,
        "required": list(said),
    }


# What comes in, and goes back -----------------------------------------------------------


def intake_message() -> dict[str, Any]:
    headers, body = intake_example()
    key = "What keeps in order what must stay so: the sender's own number of the matter."
    return {
        "name": intake_wire.CASE_TYPE,
        "title": "Case of another system",
        "description": cleandoc(intake_wire.IntakeV1.__doc__ or ""),
        "contentType": wire.CONTENT_TYPE,
        "headers": {"$ref": f"{SCHEMAS}IntakeHeaders"},
        "payload": {"$ref": f"{SCHEMAS}IntakeV1"},
        "bindings": keyed({"type": "string", "description": key}),
        "examples": [shown(headers, msgspec.json.encode(body))],
    }


def refused_message() -> dict[str, Any]:
    refused = refused_example()
    headers = intake_wire.refusal_headers(refused, RECORDED)
    return {
        "name": intake_wire.REFUSED_TYPE,
        "title": "Refusal",
        "description": cleandoc(intake_wire.RefusedV1.__doc__ or ""),
        "contentType": wire.CONTENT_TYPE,
        "headers": {"$ref": f"{SCHEMAS}RefusedHeaders"},
        "payload": {"$ref": f"{SCHEMAS}RefusedV1"},
        "bindings": keyed({"type": "string", "description": "The sending system."}),
        "examples": [shown(headers, intake_wire.refusal_body(refused))],
    }


def intake_schemas() -> dict[str, Any]:
    name = {"type": "string", "minLength": 1, "maxLength": intake_wire.NAME_LENGTH_MAX}
    sent = cloud_event(
        "IntakeHeaders",
        ce_id=name | {"description": "The message's own name at the sender."},
        ce_source=name | {"pattern": "^[^:]+$", "description": "The sending system."},
        ce_type={"const": intake_wire.CASE_TYPE},
        ce_time=MOMENT | {"description": "When the case was received there."},
    )
    back = cloud_event(
        "RefusedHeaders",
        ce_id={"type": "string", "description": "That of the message, or its place."},
        ce_source={"type": "string", "description": "That of the message, or Huiyin."},
        ce_type={"const": intake_wire.REFUSED_TYPE},
        ce_time=MOMENT,
        reason_code={"type": "string", "description": "The code of the refusal."},
    )
    told = schemas([intake_wire.IntakeV1, intake_wire.RefusedV1])
    return {"IntakeHeaders": sent, "RefusedHeaders": back} | told


# Schemas --------------------------------------------------------------------------------


def schemas(types: Iterable[type[msgspec.Struct]]) -> dict[str, Any]:
    """JSON Schemas of message types and of all that is in them, by name."""
    types = list(types)
    _, found = msgspec.json.schema_components(types, ref_template=SCHEMAS + "{name}")
    for kind in types:
        _tell_times(kind, found)
    for schema in found.values():
        if "description" in schema:
            schema["description"] = cleandoc(schema["description"])
    return dict(sorted(found.items()))


def _tell_times(kind: Any, found: dict[str, Any]) -> None:
    """Say of each time that it is one: msgspec does so only where it asks for a zone."""
    said = found[kind.__name__]["properties"]
    for name, hint in get_type_hints(kind).items():
        if name in said:
            _tell_time(hint, said[name], found)


def _tell_time(hint: Any, schema: dict[str, Any], found: dict[str, Any]) -> None:
    inner = [each for each in get_args(hint) if each not in (NoneType, ...)]
    if hint is datetime:
        schema["format"] = MOMENT["format"]
    elif dataclasses.is_dataclass(hint):
        _tell_times(hint, found)
    elif len(inner) == 1:
        within = schema["anyOf"][0] if "anyOf" in schema else schema["items"]
        _tell_time(inner[0], within, found)


def spaced(name: str) -> str:
    """``CaseReceived`` as people write it: Case received."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).capitalize()


def as_yaml() -> str:
    """The document as it is committed. Raises ImportError without PyYAML."""
    yaml = importlib.import_module("yaml")

    class Dumper(yaml.SafeDumper):  # type: ignore[misc, name-defined]
        """Texts of several lines as they are; nothing by reference to what stands above."""

        def represent_str(self, text: str) -> Any:
            style = "|" if "\n" in text else None
            return self.represent_scalar("tag:yaml.org,2002:str", text, style=style)

        def ignore_aliases(self, _data: Any) -> bool:
            return True

    Dumper.add_representer(str, Dumper.represent_str)
    return str(
        yaml.dump(
            document(), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=WIDTH
        )
    )
