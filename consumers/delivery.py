"""Deliveries: messages as Kafka hands them over, and the facts that they carry."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from consumers import wire
from store.log import Entry

if TYPE_CHECKING:
    from store.log import Log

log = logging.getLogger(__name__)

TEXT_MAX = 200


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as Kafka handed it over."""

    partition: int
    offset: int
    payload: bytes
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


class Unread(NamedTuple):
    """A fact of the log whose message could not be read: its place, and why."""

    position: int
    case: UUID
    version: int
    reason: str


class Place(NamedTuple):
    """A fact, read or not, at its place in the log and in its case."""

    position: int
    case: UUID
    version: int
    said: Entry | Unread


class Foreign(NamedTuple):
    """What people may know a message by that is no fact of the log, and why it is none."""

    id: str | None
    key: str | None
    reason: str


def read(delivery: Delivery, source: Log) -> Place | Foreign:
    """The fact that a message carries.

    Of one that cannot be read its headers may tell which fact it was to carry: where the
    log has that fact of that case, its place is known all the same.
    """
    try:
        entry = wire.entry(delivery.payload)
    except wire.Unreadable as why:
        reason = str(why).replace("\0", "?")
        log.error(  # noqa: TRY400 - the message is at fault, not the program
            "partition %d, offset %d cannot be read: %s",
            *(delivery.partition, delivery.offset, reason),
        )
        told = wire.peek(delivery.headers, delivery.key)
        there = source.place(told.position) if told else None
        if told and there and there[0] == told.case:
            unread = Unread(told.position, *there, reason)
            return Place(told.position, *there, unread)
        return Foreign(
            _text(dict(delivery.headers).get("ce_id")), _text(delivery.key), reason
        )
    fact = entry.fact
    return Place(entry.position, fact.originator_id, fact.originator_version, entry)


def _text(raw: bytes | None) -> str | None:
    """What foreign bytes say, for people to look at."""
    if raw is None:
        return None
    return raw.decode(errors="replace").replace("\0", "?")[:TEXT_MAX]
