"""What travels on Kafka: facts of cases as other systems may read them, and back again.

The wire is a schema of its own, not the classes of the domain: an envelope of fixed fields
and, in ``body``, what the fact says by field name, every field written out. It only grows;
a change that a reader could misread makes a topic of the next version. Sealed fields
travel as the envelopes they are.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import msgspec
from eventsourcing.utils import TopicError

import domain.catalogue  # noqa: F401 - registers every fact
from domain.case.case import CaseFact
from domain.fact import Actor, Fact
from store.log import Entry
from store.mapper import decode_fact, fact_class

CASE_FACTS = "huiyin.case.facts.v1"
SOURCE = "/huiyin/log"
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


class Unreadable(Exception):
    """A message that is no fact of a case as this program knows them; says why."""


class ActorV1(msgspec.Struct, frozen=True, kw_only=True):
    """Who acted, in which post and unit, under which role's authority."""

    person: str
    role: str
    post: str | None = None
    unit: str | None = None


class CaseFactV1(msgspec.Struct, frozen=True, kw_only=True):
    """One message of ``huiyin.case.facts.v1``.

    ``position`` is the fact's place in the log and ``version`` its place in its case,
    both from 1 and without gaps. ``type`` is the stored name (``case.dispatched``) and
    ``type_version`` says how ``body`` is to be read. ``stage`` is the state of the case
    after it, and ``terminal`` whether that is an end. Times are UTC; ``occurred_at`` is
    business time.
    """

    position: int
    case: UUID
    version: int
    type: str
    type_version: int
    occurred_at: datetime
    recorded_at: datetime
    actor: ActorV1
    command: UUID
    correlation: UUID | None = None
    causation: UUID | None = None
    policy: str | None = None
    stage: str
    terminal: bool
    body: dict[str, Any]


ENCODER = msgspec.json.Encoder()
DECODER = msgspec.json.Decoder(CaseFactV1)


def travels(fact: Fact) -> bool:
    """Whether a fact is published: it is one about a case."""
    return isinstance(fact, CaseFact)


def key(entry: Entry) -> bytes:
    """All facts of a case go to one partition, and so stay in order."""
    return str(entry.fact.originator_id).encode()


def headers(entry: Entry) -> list[tuple[str, bytes]]:
    """CloudEvents 1.0, binary mode. ``ce_source`` and ``ce_id`` name the fact for good."""
    fact = entry.fact
    said = {
        "ce_specversion": "1.0",
        "ce_id": str(entry.position),
        "ce_source": SOURCE,
        "ce_type": fact.TOPIC,
        "ce_subject": str(fact.originator_id),
        "ce_time": fact.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "content-type": "application/json",
    }
    return [(name, value.encode()) for name, value in said.items()]


def payload(entry: Entry) -> bytes:
    """The message of a fact that travels. Raises TypeError for any other."""
    fact = entry.fact
    if not isinstance(fact, CaseFact):
        raise TypeError(f"{fact.TOPIC} is not about a case")
    who = fact.actor
    message = CaseFactV1(
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
        body={name: said for name, said in vars(fact).items() if name not in ENVELOPE},
    )
    return ENCODER.encode(message)


def entry(message: bytes) -> Entry:
    """The fact that a message carries, at its place in the log. Raises Unreadable.

    An older ``type_version`` is upcast as a stored fact of that version would be.
    """
    try:
        told = DECODER.decode(message)
        kind = fact_class(told.type)
        if not issubclass(kind, CaseFact):
            raise Unreadable(f"{told.type} is not about a case")
        state = told.body | {
            "class_version": told.type_version,
            "occurred_at": told.occurred_at,
            "actor": Actor(
                person=told.actor.person,
                role=told.actor.role,
                post=told.actor.post,
                unit=told.actor.unit,
            ),
            "command_id": told.command,
            "correlation_id": told.correlation,
            "causation_id": told.causation,
            "policy": told.policy,
            "stage": told.stage,
            "terminal": told.terminal,
        }
        fact = decode_fact(kind, told.case, told.version, ENCODER.encode(state))
    except (msgspec.MsgspecError, TopicError, KeyError, TypeError, ValueError) as problem:
        raise Unreadable(str(problem)) from problem
    return Entry(told.position, told.recorded_at, fact)
