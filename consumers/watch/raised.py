"""告警期 Raised: the episodes that the watch has raised, kept in ``signals.raised``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from psycopg.sql import SQL, Identifier

from domain.signals.episode import Episode

if TYPE_CHECKING:
    from consumers.watch.looking import Judged, Of
    from projections.ground import Connection

NAMES = tuple(field.name for field in fields(Episode))
COLUMNS = SQL(", ").join(Identifier("r", name) for name in NAMES)
GOING = SQL(
    "SELECT {} FROM unnest(%s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[])"
    " AS w (kind, key, since, until) JOIN signals.raised r ON r.kind = w.kind"
    " AND r.key = w.key AND r.last_at > w.since AND r.at < w.until"
).format(COLUMNS)
SAVE = SQL(
    "INSERT INTO signals.raised (id, {0})"
    " SELECT id, {0} FROM json_populate_recordset(NULL::signals.raised, %s::json) r"
    " ON CONFLICT (id) DO UPDATE SET last_at = excluded.last_at, peak = excluded.peak"
).format(SQL(", ").join(map(Identifier, NAMES)))


def going(connection: Connection, found: Iterable[Judged]) -> list[Episode]:
    """The episodes that any of these sightings may belong to."""
    spans: dict[Of, tuple[datetime, datetime]] = {}
    for sighting, rule, _ in found:
        of, quiet = (rule.code, sighting.key), timedelta(seconds=rule.quiet.seconds)
        since, until = sighting.at - quiet, sighting.at + quiet
        if of in spans:
            since, until = min(since, spans[of][0]), max(until, spans[of][1])
        spans[of] = since, until
    asked = [(*of, *span) for of, span in spans.items()]
    columns = [list(column) for column in zip(*asked, strict=True)]
    return [episode(row) for row in connection.execute(GOING, columns).fetchall()]


def save(connection: Connection, changed: Iterable[Episode]) -> None:
    """Write the episodes that are new or were seen again."""
    rows = [{"id": each.id} | asdict(each) for each in changed]
    if rows:
        connection.execute(SAVE, [msgspec.json.encode(rows).decode()])


def episode(row: Sequence[Any]) -> Episode:
    return Episode(**dict(zip(NAMES, row, strict=True)))
