"""Facts to bytes and back: JSON without defaults, typed decoding, upcasting, compression."""

from __future__ import annotations

import dataclasses
import zlib
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

import msgspec
from eventsourcing.domain import CanSnapshotAggregate, DomainEventProtocol
from eventsourcing.persistence import (
    Compressor,
    Mapper,
    MapperDeserialisationError,
    Notification,
    StoredEvent,
)
from eventsourcing.utils import TopicError, resolve_topic

from domain.fact import Fact
from store.snapshots import SNAPSHOT_TOPIC, decode_snapshot, encode_snapshot

COMPRESS_ABOVE_BYTES = 1_000
# What the columns of the log say already.
IN_COLUMNS = frozenset({"originator_id", "originator_version"})


@dataclass(frozen=True)
class StoredFact(StoredEvent):
    """A stored event that also says when it happened, for the column of that name."""

    occurred_at: datetime | None = None


class WhereItPays(Compressor):
    """zlib for long states. JSON begins with ``{`` and zlib with ``x``: that is the marker."""

    def compress(self, data: bytes) -> bytes:
        if len(data) <= COMPRESS_ABOVE_BYTES:
            return data
        packed = zlib.compress(data, 3)
        return packed if len(packed) < len(data) * 0.8 else data

    def decompress(self, data: bytes) -> bytes:
        return zlib.decompress(data) if data[:1] == b"\x78" else data


class _Versioned(msgspec.Struct):
    class_version: int = 1


class FactMapper(Mapper[UUID]):
    """The library's mapper for facts and snapshots.

    A state holds only what differs from the defaults of the fact's class. So a default
    is part of what is stored: changing one is a change of meaning, and needs a new
    ``class_version`` with an upcaster that fills in the old default.
    """

    def __init__(self, compressor: Compressor | None = None) -> None:
        super().__init__(
            transcoder=cast("Any", None), compressor=compressor or WhereItPays()
        )

    def to_stored_event(self, domain_event: DomainEventProtocol[UUID]) -> StoredEvent:
        """Encode a fact or a snapshot; raises TypeError for what JSON cannot hold."""
        if isinstance(domain_event, Fact):
            return StoredFact(
                originator_id=domain_event.originator_id,
                originator_version=domain_event.originator_version,
                topic=domain_event.TOPIC,
                state=self._pack(encode_fact(domain_event)),
                occurred_at=domain_event.occurred_at,
            )
        if isinstance(domain_event, CanSnapshotAggregate):
            return StoredEvent(
                originator_id=cast("UUID", domain_event.originator_id),
                originator_version=domain_event.originator_version,
                topic=SNAPSHOT_TOPIC,
                state=self._pack(encode_snapshot(domain_event)),
            )
        raise TypeError(f"{type(domain_event).__name__} is neither a fact nor a snapshot")

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        """Decode; raises MapperDeserialisationError naming position, stream and topic."""
        return self.decode(
            cast("UUID", stored_event.originator_id),
            stored_event.originator_version,
            stored_event.topic,
            stored_event.state,
            stored_event.id if isinstance(stored_event, Notification) else None,
        )

    def decode(  # noqa: PLR0913, PLR0917 - one row of the log
        self,
        stream_id: UUID,
        version: int,
        topic: str,
        state: bytes,
        position: int | None = None,
    ) -> Any:
        """The fact or snapshot of one row."""
        try:
            if topic == SNAPSHOT_TOPIC:
                return decode_snapshot(stream_id, version, self._unpack(state))
            return decode_fact(fact_class(topic), stream_id, version, self._unpack(state))
        except (
            TopicError,
            msgspec.MsgspecError,
            zlib.error,
            KeyError,
            TypeError,
        ) as problem:
            raise MapperDeserialisationError(
                f"cannot read the fact at position {position or 'unknown'} (stream "
                f"{stream_id}, version {version}, topic {topic}): {problem}"
            ) from problem

    def _pack(self, state: bytes) -> bytes:
        return self.compressor.compress(state) if self.compressor else state

    def _unpack(self, state: bytes) -> bytes:
        return self.compressor.decompress(state) if self.compressor else state


def encode_fact(fact: Fact) -> bytes:
    """JSON of what differs from the defaults."""
    defaults = _defaults(type(fact))
    state: dict[str, Any] = {}
    if (version := type(fact).class_version) > 1:
        state["class_version"] = version
    for name, value in vars(fact).items():
        if name not in IN_COLUMNS and (name not in defaults or defaults[name] != value):
            state[name] = value
    return msgspec.json.encode(state)


def decode_fact(cls: type[Fact], stream_id: UUID, version: int, state: bytes) -> Fact:
    """The fact as it was: upcast to today's class version, typed, with its envelope."""
    if cls.class_version > 1:
        written = msgspec.json.decode(state, type=_Versioned).class_version
        if written < cls.class_version:
            raw = msgspec.json.decode(state)
            for step in range(written, cls.class_version):
                getattr(cls, f"upcast_v{step}_v{step + 1}")(raw)
            state = msgspec.json.encode(raw)
    fact = _decoder(cls).decode(state)
    # A fact that was read is no different from one that was made: vars() has every field.
    said = _defaults(cls) | vars(fact)
    said["originator_id"], said["originator_version"] = stream_id, version
    object.__setattr__(fact, "__dict__", said)
    return fact


@lru_cache(maxsize=None)
def fact_class(topic: str) -> type[Fact]:
    """The fact registered under a topic; raises TopicError when there is none."""
    found = resolve_topic(topic)
    if not (isinstance(found, type) and issubclass(found, Fact)):
        raise TopicError(f"the topic {topic} is not that of a fact")
    return found


@lru_cache(maxsize=None)
def _decoder(cls: type[Fact]) -> msgspec.json.Decoder[Fact]:
    return msgspec.json.Decoder(cls)


@lru_cache(maxsize=None)
def _defaults(cls: type[Fact]) -> dict[str, Any]:
    return {
        each.name: each.default
        for each in dataclasses.fields(cast("Any", cls))
        if each.default is not dataclasses.MISSING
    }
