"""A small stream of facts with many kinds of fields, for tests that need no business."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID, uuid4

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate
from eventsourcing.persistence import InfrastructureFactory
from eventsourcing.utils import Environment

from domain.desk import Voiced
from domain.fact import Actor, Birth, Fact, Recorded, Sealed
from store import Store
from store.mapper import StoredFact

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
WRITER = Actor(person="dan", role="agent", unit="95598")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    name: str
    seen_at: datetime
    marks: tuple[int, ...] = ()


class Diary(Recorded):
    """Remembers what was noted, in every shape that an aggregate may keep."""

    TOPIC: ClassVar[str] = "diary"

    class Created(Aggregate.Created):
        TOPIC: ClassVar[str] = "diary.created"

    def __init__(self) -> None:
        self.owner: UUID | None = None
        self.last: str = ""
        self.notes: list[str] = []
        self.places: dict[str, Place] = {}
        self.by_person: dict[UUID, list[datetime]] = {}
        self.pairs: dict[tuple[str, int], Decimal] = {}
        self.tags: frozenset[str] = frozenset()
        self.worth: Decimal = Decimal(0)
        self.secret: Sealed | None = None
        self.waited: timedelta = timedelta(0)
        self.raw: bytes = b""


class DiaryBegun(Birth):
    TOPIC: ClassVar[str] = "diary.begun"
    originator_topic = "diary"

    owner: UUID

    def apply(self, aggregate: Diary) -> None:
        aggregate.owner = self.owner


class NoteWritten(Fact):
    TOPIC: ClassVar[str] = "diary.note_written"

    text: str
    place: Place | None = None
    tags: tuple[str, ...] = ()
    worth: Decimal = Decimal(0)
    waited: timedelta = timedelta(0)
    secret: Sealed | None = None
    raw: bytes = b""
    extra: dict[str, list[int]] = field(default_factory=dict)

    def apply(self, aggregate: Diary) -> None:
        aggregate.last = self.text
        aggregate.notes.append(self.text)
        aggregate.tags |= set(self.tags)
        aggregate.worth += self.worth
        aggregate.waited += self.waited
        aggregate.secret = self.secret or aggregate.secret
        aggregate.raw += self.raw
        if self.place is not None:
            aggregate.places[self.place.name] = self.place
            aggregate.pairs[self.place.name, len(self.tags)] = self.worth
        if self.secret is not None:
            aggregate.by_person.setdefault(self.secret.person, []).append(self.occurred_at)


class Diaries(Application[UUID]):
    """Keeps diaries, with a snapshot at every tenth version."""

    snapshotting_intervals: ClassVar[dict[Any, int]] = {Diary: 10}

    def __init__(self, store: Store) -> None:
        self._store = store
        super().__init__({})

    def construct_factory(self, env: Environment) -> InfrastructureFactory[Any]:
        return self._store.factory


def begun(stream: UUID, owner: UUID) -> DiaryBegun:
    """The stamped first fact of a diary."""
    return DiaryBegun(owner=owner).stamped(originator_id=stream, originator_version=1)


def note(stream: UUID, version: int, text: str = "x", **fields: Any) -> NoteWritten:
    """A stamped note; by default it happened ``version`` minutes past noon."""
    envelope: dict[str, Any] = {
        "originator_id": stream,
        "originator_version": version,
        "occurred_at": NOON + timedelta(minutes=version),
        "actor": WRITER,
        "command_id": uuid4(),
    }
    return NoteWritten(text=text, **{**envelope, **fields})


def stored(fact: Fact, store: Store) -> StoredFact:
    """The fact as the recorder takes it."""
    encoded = store.mapper.to_stored_event(fact)
    assert isinstance(encoded, StoredFact)
    return encoded


def write(store: Store, *facts: Fact, command: UUID | None = None) -> list[int]:
    """Append facts in one request, perhaps with the command that led to them."""
    voiced = [Voiced(command, b"body")] if command else []
    events = [stored(fact, store) for fact in facts]
    return list(store.recorder.insert_events(events, commands=voiced))


def positions(store: Store) -> list[int]:
    """Every position in the log, in order."""
    return [entry.position for entry in store.log.scan()]
