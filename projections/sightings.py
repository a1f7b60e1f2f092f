"""所见 Sightings: what was seen of cases that only counts together with others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, LiteralString, NamedTuple
from uuid import UUID

from domain.case.case import CaseFact
from domain.case.receive import CaseReceived
from domain.case.witness import CaseWitnessed, StepWitnessed
from domain.promise.climb import SignalRaised
from domain.promise.coming import STALL
from projections.ground import Connection
from projections.table import Row, Table
from projections.view import Occurrences, key_text

if TYPE_CHECKING:
    from projections.matters import MatterRow
    from store.database import Pool

PLACED, TOPIC, CALLER = "placed", "topic", "caller"
SENT_BACK, STALLED, ACTED = "sent_back", "stalled", "acted"
SEEN_BY = {
    "surge": PLACED,
    "topic_surge": TOPIC,
    "repeat_caller": CALLER,
    "ping_pong": SENT_BACK,
    "stall": STALLED,
    "silence": STALLED,
}
"""What each alert counts."""


class SightingRow(Row, frozen=True, kw_only=True):
    """The ``n``-th thing (from 1) that the fact ``version`` of a case let see, ``at`` a
    time in UTC.

    ``kind`` and the ``key`` that it counts for: ``placed`` (region and category, at the
    time of receipt), ``topic`` (of the text), ``caller`` (the customer), ``sent_back`` (the
    pair of units, whichever sent it), ``stalled`` and ``acted`` (the unit). ``unit`` sent
    it back to ``other_unit``, or has it, or acted. ``category``: the business type stands
    in where a case has none.
    """

    case_id: UUID
    version: int
    n: int
    kind: str
    key: str
    at: datetime
    unit: str | None = None
    other_unit: str | None = None
    category: str | None = None
    customer: UUID | None = None


class Seen(NamedTuple):
    """A sighting before it is numbered: kind, key, time, and what it says besides."""

    kind: str
    key: str
    at: datetime
    says: dict[str, Any]


def sightings(
    before: MatterRow | None, after: MatterRow | None, fact: CaseFact
) -> Iterator[SightingRow]:
    """What a step of a matter lets see. History of another system shows nothing: whoever
    looks at it now cannot do anything about it."""
    if after is None or isinstance(fact, CaseWitnessed | StepWitnessed):
        return
    for n, seen in enumerate(of_step(before, after, fact), start=1):
        yield SightingRow(
            case_id=after.case_id,
            version=fact.originator_version,
            n=n,
            kind=seen.kind,
            key=seen.key,
            at=seen.at,
            **seen.says,
        )


def of_step(before: MatterRow | None, after: MatterRow, fact: CaseFact) -> Iterable[Seen]:
    """In the order in which they are numbered."""
    if isinstance(fact, CaseReceived):
        for topic in dict.fromkeys(fact.topics):
            yield Seen(TOPIC, topic, after.received_at, {})
    customer = after.customer
    if customer is not None and (before is None or before.customer != customer):
        yield Seen(CALLER, str(customer), after.received_at, {"customer": customer})
    if before is not None and after.placed is not None and after.placed != before.placed:
        category = after.category or after.business_type
        says = {"unit": after.placed, "category": category}
        yield Seen(PLACED, of_region(after.placed, category), after.received_at, says)
    if before is not None and after.pingpong > before.pingpong:
        says = {"unit": before.unit, "other_unit": after.unit}
        pair = of_pair(before.unit, after.unit)
        yield Seen(SENT_BACK, pair, fact.occurred_at, says)
    if isinstance(fact, SignalRaised) and fact.signal == STALL:
        yield Seen(STALLED, after.unit, fact.since, {"unit": after.unit})
    unit = fact.actor.unit
    if unit is not None and (before is None or after.voiced != before.voiced):
        yield Seen(ACTED, unit, fact.occurred_at, {"unit": unit})


def of_region(unit: str, category: str) -> str:
    """The key of what counts by unit and category."""
    return key_text((unit, category))


def of_pair(unit: str, other_unit: str) -> str:
    """The key of what counts between two units, in either direction."""
    return key_text(tuple(sorted((unit, other_unit))))


SIGHTINGS: Occurrences[MatterRow] = Occurrences(
    Table(
        "sightings",
        SightingRow,
        key=("case_id", "version", "n"),
        indexes=(("kind", "key", "at", "position"), ("position",)),
    ),
    sightings,
)

# What is asked of it ---------------------------------------------------------------------

Span = tuple[datetime, datetime]
Wanted = Mapping[str, Sequence[Span]]
"""By key, the spans [since, until) of event time that somebody wants to look at."""

OF_KEY: LiteralString = """
SELECT case_id FROM views.sightings
WHERE kind = %s AND key = %s AND at >= %s AND at < %s
GROUP BY case_id ORDER BY min(at), case_id"""

# Acts are only asked for when cases of their unit stall.
NEW: LiteralString = """
SELECT row_to_json(t)::text FROM views.sightings t
WHERE position > %s AND position <= %s AND kind <> 'acted'
ORDER BY position, n LIMIT %s"""
OF_FACTS: LiteralString = """
SELECT row_to_json(t)::text FROM views.sightings t
WHERE position = ANY(%s) AND kind <> 'acted' ORDER BY position, n"""

KNOWN: LiteralString = """
FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[]) AS w (key, since, until)
JOIN views.sightings s
  ON s.kind = %s AND s.key = w.key AND s.at >= w.since AND s.at < w.until
WHERE s.position <= %s"""
COUNTS: LiteralString = (
    f"SELECT s.key, date_bin(%s, s.at, 'epoch'), count(*) {KNOWN} GROUP BY 1, 2"
)
TIMES: LiteralString = f"SELECT s.key, s.at, s.position {KNOWN}"


def key_of(
    kind: str,
    *,
    unit: str | None = None,
    other_unit: str | None = None,
    category: str | None = None,
    topic: str | None = None,
    customer: UUID | None = None,
) -> str:
    """The key of an alert of this kind, from what it says."""
    if kind == "surge":
        return of_region(unit or "", category or "")
    if kind == "ping_pong":
        return of_pair(unit or "", other_unit or "")
    said = {"topic_surge": topic, "repeat_caller": customer}.get(kind, unit)
    return str(said)


def cases_of(
    pool: Pool, kind: str, key: str, since: datetime, until: datetime
) -> list[UUID]:
    """The cases that an alert of this kind and key counts from ``since`` on and before
    ``until``, in the order of time. They may be more by now than when it was raised."""
    with pool.connection() as connection:
        found = connection.execute(OF_KEY, [SEEN_BY[kind], key, since, until])
        return [case_id for (case_id,) in found.fetchall()]


def new(connection: Connection, after: int, upto: int, limit: int) -> list[SightingRow]:
    """What facts behind position ``after`` up to one let see, but acts, in order."""
    found = connection.execute(NEW, [after, upto, limit]).fetchall()
    return [SIGHTINGS.table.decoder.decode(text) for (text,) in found]


def of_facts(connection: Connection, positions: Sequence[int]) -> list[SightingRow]:
    """What the facts at these positions let see, but acts, in order."""
    found = connection.execute(OF_FACTS, [list(positions)]).fetchall()
    return [SIGHTINGS.table.decoder.decode(text) for (text,) in found]


def counts(
    connection: Connection, kind: str, wanted: Wanted, grain: timedelta, upto: int
) -> list[tuple[str, datetime, int]]:
    """Key, beginning of a bin of the length ``grain``, and how many sightings of this kind
    fell into it, as known at position ``upto``. The spans of a key must not overlap."""
    arguments = [grain, *_sideways(wanted), kind, upto]
    return connection.execute(COUNTS, arguments).fetchall()


def times(
    connection: Connection, kind: str, wanted: Wanted, upto: int
) -> list[tuple[str, datetime, int]]:
    """Key, time and position of each sighting of this kind, as known at ``upto``."""
    return connection.execute(TIMES, [*_sideways(wanted), kind, upto]).fetchall()


def _sideways(wanted: Wanted) -> tuple[list[str], list[datetime], list[datetime]]:
    rows = [(key, *span) for key, spans in wanted.items() for span in spans]
    return [r[0] for r in rows], [r[1] for r in rows], [r[2] for r in rows]
