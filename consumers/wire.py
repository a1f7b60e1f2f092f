"""What travels on Kafka: facts of cases as other systems may read them, and back again.

The wire is a schema of its own, not the classes of the domain: an envelope of fixed fields
and, in ``body``, what the fact says by field name, every field written out. It only grows;
a change that a reader could misread makes a topic of the next version. Sealed fields
travel as the envelopes they are. ``asyncapi/`` writes it down for other systems.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, NamedTuple, get_type_hints
from uuid import UUID

import msgspec
from eventsourcing.utils import TopicError
from msgspec.structs import asdict

import domain.catalogue  # noqa: F401 - registers every fact
from domain.case.case import CaseFact
from domain.fact import Actor, Fact
from store.log import Entry
from store.mapper import decode_fact, fact_class

CASE_FACTS = "huiyin.case.facts.v1"
SOURCE = "/huiyin/log"
CONTENT_TYPE = "application/json"
# What the fixed fields of a message say. All else that a fact says is in its body.
ENVELOPE = frozenset(
    {
        "originator_id",
        "originator_version",
        "occurred_at",
        "actor",
        "command_id",
        "correlation_id",
        "causation_id",
        "policy",
        "stage",
        "terminal",
    }
)
PLACE_MAX = 2**63 - 1  # a bigint of PostgreSQL

Place = Annotated[int, msgspec.Meta(ge=1, le=PLACE_MAX)]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]
# All that can be wrong with a message; RecursionError: it is nested without end.
# What anything else says may be about somebody, and is repeated nowhere.
TYPE_NAME = re.compile(r"[a-z_]{1,40}(\.[a-z_]{1,40}){1,3}", re.ASCII)
FAULTS = (
    msgspec.MsgspecError,
    TopicError,
    KeyError,
    TypeError,
    ValueError,
    RecursionError,
)


class Unreadable(Exception):
    """A message that is no fact of a case as this program knows them; says why."""


class ActorV1(msgspec.Struct, frozen=True, kw_only=True):
    """Who acted, in which post and unit, under which role's authority."""

    person: str
    role: str
    post: str | None = None
    unit: str | None = None


class CaseFactV1(msgspec.Struct, frozen=True, kw_only=True):
    """The fixed fields of every message of ``huiyin.case.facts.v1``; beside them, ``body``.

    ``position`` is the fact's place in the log and ``version`` its place in its case,
    both from 1; versions have no gap, positions leave out facts that are about no case.
    ``type`` is the stored name (``case.dispatched``) and ``type_version`` says how ``body``
    is to be read. ``stage`` is the state of the case after it, and ``terminal`` whether
    that is an end. Times are UTC; ``occurred_at`` is business time.
    """

    position: Place
    case: UUID
    version: Place
    type: str
    type_version: Place
    occurred_at: Moment
    recorded_at: Moment
    actor: ActorV1
    command: UUID
    correlation: UUID | None = None
    causation: UUID | None = None
    policy: str | None = None
    stage: str
    terminal: bool


class Said(CaseFactV1, frozen=True, kw_only=True):
    """A message as it is sent."""

    body: dict[str, Any]


class Told(CaseFactV1, frozen=True, kw_only=True):
    """A message as it came: its ``type`` says how the body is to be read."""

    body: msgspec.Raw


class Peek(NamedTuple):
    """What is known of a message without reading it."""

    position: int
    type: str
    case: UUID


class Form(NamedTuple):
    """How a fact type travels: what its body says, and what reads that."""

    kind: type[CaseFact]
    said: tuple[str, ...]
    body: type[msgspec.Struct]
    decoder: msgspec.json.Decoder[Any]


ENCODER = msgspec.json.Encoder()
DECODER = msgspec.json.Decoder(Told)


def travels(fact: Fact) -> bool:
    """Whether a fact is published: it is one about a case."""
    return isinstance(fact, CaseFact)


# Sending ---------------------------------------------------------------------------------


def key(entry: Entry) -> bytes:
    """All facts of a case go to one partition, and so stay in order."""
    return str(entry.fact.originator_id).encode()


def headers(entry: Entry) -> list[tuple[str, bytes]]:
    """CloudEvents 1.0, binary mode. ``ce_source`` and ``ce_id`` name the fact for good."""
    fact = entry.fact
    happened = fact.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return [
        ("ce_specversion", b"1.0"),
        ("ce_id", b"%d" % entry.position),
        ("ce_source", SOURCE.encode()),
        ("ce_type", fact.TOPIC.encode()),
        ("ce_subject", str(fact.originator_id).encode()),
        ("ce_time", happened.encode()),
        ("content-type", CONTENT_TYPE.encode()),
    ]


def payload(entry: Entry) -> bytes:
    """The message of a fact that travels. Raises TypeError for any other."""
    fact = entry.fact
    if not isinstance(fact, CaseFact):
        raise TypeError(f"{fact.TOPIC} is not about a case")
    kind: Any = type(fact)
    who, fields = fact.actor, vars(fact)
    message = Said(
        position=entry.position,
        case=fact.originator_id,
        version=fact.originator_version,
        type=fact.TOPIC,
        type_version=fact.class_version,
        occurred_at=fact.occurred_at,
        recorded_at=entry.recorded_at,
        actor=ActorV1(person=who.person, role=who.role, post=who.post, unit=who.unit),
        command=fact.command_id,
        correlation=fact.correlation_id,
        causation=fact.causation_id,
        policy=fact.policy,
        stage=fact.stage,
        terminal=fact.terminal,
        body={name: fields[name] for name in form(kind).said},
    )
    return ENCODER.encode(message)


# Reading ---------------------------------------------------------------------------------


def peek(headers: Iterable[tuple[str, bytes | None]], key: bytes | None) -> Peek | None:
    """Which fact a message says it carries, by headers and key alone; None: it says not.

    For a message that cannot be read: its payload is not looked at. The case is that of
    the key, which chose the partition, and without a key that of the headers.
    """
    said = dict(headers)
    place, kind = said.get("ce_id") or b"", said.get("ce_type")
    case = key or said.get("ce_subject") or b""
    if said.get("ce_source") != SOURCE.encode() or not place.isdigit() or not kind:
        return None
    try:
        position = int(place)
        told = Peek(position, kind.decode(), UUID(case.decode()))
    except ValueError:
        return None
    return told if 1 <= position <= PLACE_MAX else None


def entry(message: bytes) -> Entry:
    """The fact that a message carries, at its place in the log. Raises Unreadable.

    An older ``type_version`` is upcast as a stored fact of that version would be.
    """
    try:
        told = DECODER.decode(message)
        if not TYPE_NAME.fullmatch(told.type):
            raise Unreadable("its type is no name of a fact")
        known = _form_of(told.type)
        today = told.type_version == known.kind.class_version
        fact = _read(told, known) if today else _upcast(told, known)
    except FAULTS as problem:
        raise Unreadable(str(problem)) from problem
    return Entry(told.position, told.recorded_at, fact)


def _read(told: Told, known: Form) -> Fact:
    # Everything has been checked by its type; the constructor of a frozen class would
    # take as long again as all the rest.
    fact = object.__new__(known.kind)
    vars(fact).update(
        asdict(known.decoder.decode(told.body)),
        originator_id=told.case,
        originator_version=told.version,
        **_envelope(told),
    )
    return fact


def _upcast(told: Told, known: Form) -> Fact:
    """As the log would read it: there, ``class_version`` comes first."""
    body = msgspec.json.decode(told.body, type=dict[str, Any])
    state = {"class_version": told.type_version} | body | _envelope(told)
    return decode_fact(known.kind, told.case, told.version, ENCODER.encode(state))


def _envelope(told: Told) -> dict[str, Any]:
    who = told.actor
    return {
        "occurred_at": told.occurred_at,
        "actor": Actor(person=who.person, role=who.role, post=who.post, unit=who.unit),
        "command_id": told.command,
        "correlation_id": told.correlation,
        "causation_id": told.causation,
        "policy": told.policy,
        "stage": told.stage,
        "terminal": told.terminal,
    }


# Forms -----------------------------------------------------------------------------------


@cache
def form(kind: Any) -> Form:
    """How facts of a type travel in its version of today (``CaseReceivedV1``)."""
    hints = get_type_hints(kind)
    fields: list[Any] = []
    for each in dataclasses.fields(kind):
        if each.name in ENVELOPE:
            continue
        if each.default_factory is not dataclasses.MISSING:
            made = msgspec.field(default_factory=each.default_factory)
            fields.append((each.name, hints[each.name], made))
        elif each.default is not dataclasses.MISSING:
            fields.append((each.name, hints[each.name], each.default))
        else:
            fields.append((each.name, hints[each.name]))
    body = msgspec.defstruct(
        f"{kind.__name__}V{kind.class_version}",
        fields,
        namespace={"__doc__": kind.__doc__},
        frozen=True,
        kw_only=True,
    )
    said = tuple(name for name, *_ in fields)
    return Form(kind, said, body, msgspec.json.Decoder(body))


@cache
def _form_of(topic: str) -> Form:
    kind: Any = fact_class(topic)
    if not issubclass(kind, CaseFact):
        raise Unreadable(f"{topic} is not about a case")
    return form(kind)
