"""Facts to bytes and back: JSON without defaults, typed decoding, upcasting."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
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
from store.snapshots import decode_snapshot, encode_snapshot, is_snapshot, snapshot_topic

COMPRESS_ABOVE_BYTES = 1_000
# Sealed texts are base64 of noise: that saves a quarter, and is not worth the time.
COMPRESSED_SHARE_MAX = 0.7
# What the columns of the log say already.
IN_COLUMNS = frozenset({"originator_id", "originator_version"})
VERSION_MARK = b'{"class_version":'


class UnknownFact(TopicError):
    """No fact of this program has that topic; a later version's may."""


@dataclass(frozen=True)
class StoredFact(StoredEvent):
    """A stored event that also says when it happened, for the column of that name."""

    occurred_at: datetime | None = None


class WhereItPays(Compressor):
    """zlib for long states. JSON begins with ``{`` and zlib with ``x``: one sees which."""

    def compress(self, data: bytes) -> bytes:
        if len(data) <= COMPRESS_ABOVE_BYTES:
            return data
        packed = zlib.compress(data)
        return packed if len(packed) < len(data) * COMPRESSED_SHARE_MAX else data

    def decompress(self, data: bytes) -> bytes:
        return zlib.decompress(data) if data[:1] == b"x" else data


class FactMapper(Mapper[UUID]):
    """The library's mapper for facts and snapshots.

    A state holds only what differs from the defaults of the fact's class. So a default
    is part of what is stored: changing one is a change of meaning, and needs a new
    ``class_version`` with an upcaster that fills in the old default.
    """

    def __init__(self) -> None:
        # No transcoder: msgspec knows the types from the facts' own annotations.
        super().__init__(transcoder=cast("Any", None), compressor=WhereItPays())

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
                originator_id=domain_event.originator_id,
                originator_version=domain_event.originator_version,
                topic=snapshot_topic(domain_event.topic),
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

    def decode(
        self,
        stream_id: UUID,
        version: int,
        topic: str,
        state: bytes,
        position: int | None = None,
    ) -> Any:
        """The fact or snapshot of one row; raises MapperDeserialisationError."""
        try:
            if is_snapshot(topic):
                return decode_snapshot(stream_id, version, topic, self._unpack(state))
            return decode_fact(fact_class(topic), stream_id, version, self._unpack(state))
        except UnknownFact as unknown:
            place = f"stream {stream_id}, version {version}"
            told = f"{place}: {unknown}" if position is None else ""
            raise MapperDeserialisationError(
                told or f"position {position}: {unknown}; {place}"
            ) from unknown
        except Exception as problem:
            where = f"position {position}, " if position is not None else ""
            raise MapperDeserialisationError(
                f"cannot read the fact at {where}stream {stream_id}, version {version}, "
                f"topic {topic}: {problem}"
            ) from problem

    def _pack(self, state: bytes) -> bytes:
        return self.compressor.compress(state) if self.compressor else state

    def _unpack(self, state: bytes) -> bytes:
        return self.compressor.decompress(state) if self.compressor else state


def encode_fact(fact: Fact) -> bytes:
    """JSON of what differs from the defaults."""
    kind: Any = type(fact)
    defaults = _unsaid(kind)
    said = {
        name: value
        for name, value in vars(fact).items()
        if name not in IN_COLUMNS and (name not in defaults or defaults[name] != value)
    }
    if kind.class_version > 1:
        said = {"class_version": kind.class_version, **said}
    return msgspec.json.encode(said)


def decode_fact(cls: type[Fact], stream_id: UUID, version: int, state: bytes) -> Fact:
    """The fact as it was said, upcast to today's class version, with its envelope."""
    kind: Any = cls
    fact: Fact
    written = _written_version(state)
    if written == kind.class_version:
        fact = _decoder(kind).decode(state)
    elif written < kind.class_version:
        raw = msgspec.json.decode(state)
        raw.pop("class_version", None)
        for step in range(written, kind.class_version):
            getattr(kind, f"upcast_v{step}_v{step + 1}")(raw)
        fact = msgspec.convert(raw, kind, str_keys=True)
    else:
        raise ValueError(f"written by a newer program, as version {written} of its class")
    # A fact that was read is no different from one that was made: vars() has every field.
    fields = _defaults(kind) | vars(fact)
    fields["originator_id"], fields["originator_version"] = stream_id, version
    object.__setattr__(fact, "__dict__", fields)
    return fact


def _written_version(state: bytes) -> int:
    if not state.startswith(VERSION_MARK):
        return 1
    return int(msgspec.json.decode(state, type=dict[str, Any])["class_version"])


@cache
def fact_class(topic: str) -> type[Fact]:
    """The fact registered under a topic; raises UnknownFact when there is none."""
    # The library takes a topic that nobody registered for a module, and imports it.
    if all(topic != kind.__dict__.get("TOPIC") for kind in _kinds(Fact)):
        raise UnknownFact(
            f"this version of the program knows no fact type {topic}"
            " (written by a later version?)"
        )
    found: type[Fact] = resolve_topic(topic)
    return found


def _kinds(kind: type[Fact]) -> Iterator[type[Fact]]:
    for below in kind.__subclasses__():
        yield below
        yield from _kinds(below)


@cache
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)


@cache
def _defaults(kind: Any) -> dict[str, Any]:
    return {
        each.name: each.default
        for each in dataclasses.fields(kind)
        if each.default is not dataclasses.MISSING
    }


@cache
def _unsaid(kind: Any) -> dict[str, Any]:
    """What need not be written: the defaults, made ones (an empty list) included."""
    return _defaults(kind) | {
        each.name: each.default_factory()
        for each in dataclasses.fields(kind)
        if each.default_factory is not dataclasses.MISSING
    }
