"""What happened: the base of every event in the log, and the envelope each one carries."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, ClassVar, Self, dataclass_transform
from uuid import UUID

from eventsourcing.domain import Aggregate, CanInitAggregate, CanMutateAggregate
from eventsourcing.utils import register_topic

UNSTAMPED = UUID(int=0)
NEVER = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts 行为人, in which post and unit, and under which role's authority."""

    person: str
    role: str
    post: str | None = None
    unit: str | None = None


NOBODY = Actor(person="", role="")
TIMEKEEPER = Actor(person="timekeeper", role="system")
"""Who acts when nobody does: time itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """One personal field in an envelope; only the key vault of the store can open it.

    ``mask`` is what may be shown without opening (``138****5678``); ``box`` is
    base64 of nonce and ciphertext; ``commitment`` binds the box to one key, so that
    no second key can open it to another text.
    """

    person: UUID
    envelope: UUID
    mask: str
    box: str
    commitment: str


@dataclass_transform(frozen_default=True, kw_only_default=True, eq_default=True)
class Fact(CanMutateAggregate[UUID]):
    """A fact is written once and never changed.

    A decision returns facts that say only what was decided; the desk stamps the
    envelope on them (stream, version, who, when, by which command). So two unstamped
    facts are equal when they say the same.

    A subclass is stored under its ``TOPIC`` (``case.dispatched``), never under its
    module path. When a field's meaning changes, raise ``class_version`` and add an
    ``upcast_v1_v2(state)`` static method (see docs/adding-a-capability.md).
    """

    TOPIC: ClassVar[str]
    class_version: ClassVar[int] = 1

    originator_id: UUID = UNSTAMPED
    originator_version: int = 0
    occurred_at: datetime = NEVER
    actor: Actor = NOBODY
    command_id: UUID = UNSTAMPED
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    policy: str | None = None

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        dataclass(frozen=True, kw_only=True)(cls)
        if topic := cls.__dict__.get("TOPIC"):
            register_topic(topic, cls)

    @property
    def timestamp(self) -> datetime:  # type: ignore[override]
        """The library's name for the business time."""
        return self.occurred_at

    def _as_dict(self) -> dict[str, Any]:
        return vars(self) | {"timestamp": self.occurred_at}

    def onto(self, stream_id: UUID) -> Self:
        """The same fact for another stream than the one spoken to (see Setting)."""
        return self.stamped(originator_id=stream_id)

    def stamped(self, **envelope: Any) -> Self:
        """The same fact with its envelope filled in."""
        return replace(self, **envelope)  # type: ignore[type-var]


dataclass(frozen=True, kw_only=True)(Fact)


class Birth(Fact, CanInitAggregate[UUID]):
    """A fact that begins a stream. ``originator_topic`` names the aggregate it begins.

    A subclass sets it without an annotation: it is the class's, not a field of the fact.
    """


class Recorded(Aggregate):
    """An aggregate whose decisions live beside it and whose state is folded from facts."""

    @classmethod
    def empty(cls, stream_id: UUID) -> Self:
        """As it stands before its first fact: version 0, nothing pending."""
        aggregate = cls.__new__(cls)
        aggregate.__base_init__(stream_id, 0, NEVER)
        aggregate.__init__()  # type: ignore[misc]
        return aggregate

    def admit(self, facts: list[Fact]) -> None:
        """Fold new facts in and hold them for saving (``Application.save`` collects)."""
        for fact in facts:
            fact.mutate(self)
            self.pending_events.append(fact)
