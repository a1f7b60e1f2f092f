"""Deliveries: messages as Kafka hands them over, and the facts that they carry."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from consumers import wire
from store.log import Entry

if TYPE_CHECKING:
    from store.log import Log

log = logging.getLogger(__name__)

# A position, or the id of a case; a phone number has more digits than any position.
OUR_ID = re.compile(r"[0-9]{1,10}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
REASON_MAX = 200


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message as Kafka handed it over."""

    partition: int
    offset: int
    payload: bytes
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


class Unread(NamedTuple):
    """A message that cannot be read, but says which fact it carries; and why."""

    position: int
    case: UUID
    reason: str


class Place(NamedTuple):
    """A fact of the log, read or not, at its place there and in its case."""

    position: int
    case: UUID
    version: int
    said: Entry | Unread


class Foreign(NamedTuple):
    """A message that is no fact of the log: how people may know it, and why it is none."""

    partition: int
    offset: int
    id: str | None
    key: str | None
    reason: str


def read(deliveries: Sequence[Delivery], source: Log) -> list[Place | Foreign]:
    """The facts that messages carry, in their order.

    Of a message that cannot be read its headers may tell which fact it is. What the log
    does not have in that place is none of ours, whatever it says of itself.
    """
    told = [_told(delivery) for delivery in deliveries]
    there = source.places({said.position for said in told if not isinstance(said, Foreign)})
    return [
        said if isinstance(said, Foreign) else _placed(delivery, said, there)
        for delivery, said in zip(deliveries, told, strict=True)
    ]


def _told(delivery: Delivery) -> Entry | Unread | Foreign:
    """What a message says of itself."""
    try:
        return wire.entry(delivery.payload)
    except wire.Unreadable as why:
        reason = str(why).replace("\0", "?")[:REASON_MAX]
        log.error(  # noqa: TRY400 - the message is at fault, not the program
            "partition %d, offset %d cannot be read: %s",
            *(delivery.partition, delivery.offset, reason),
        )
        said = wire.peek(delivery.headers, delivery.key)
        return (
            Unread(said.position, said.case, reason) if said else _foreign(delivery, reason)
        )


def _placed(
    delivery: Delivery, said: Entry | Unread, there: Mapping[int, tuple[UUID, int, str]]
) -> Place | Foreign:
    """The same with the word of the log on it."""
    case, version, topic = there.get(said.position, (None, 0, ""))
    if isinstance(said, Unread):
        same = said.case == case
    else:
        fact = said.fact
        same = (case, version, topic) == (
            *(fact.originator_id, fact.originator_version),
            fact.TOPIC,
        )
    if case is None or not same:
        reason = f"the log has no such fact at position {said.position}"
        log.error(
            "partition %d, offset %d: %s", delivery.partition, delivery.offset, reason
        )
        return _foreign(delivery, reason)
    return Place(said.position, case, version, said)


def _foreign(delivery: Delivery, reason: str) -> Foreign:
    return Foreign(
        *(delivery.partition, delivery.offset),
        *(_text(dict(delivery.headers).get("ce_id")), _text(delivery.key)),
        reason,
    )


def _text(raw: bytes | None) -> str | None:
    """An id as ours are. What anything else says may be about somebody: only its length."""
    if raw is None:
        return None
    said = raw.decode(errors="replace")
    return said if OUR_ID.fullmatch(said) else f"[{len(said)}]"
