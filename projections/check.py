"""Checking views: fold the log again and name every row that differs from the stored."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
from psycopg.sql import SQL

from projections.engine import NotReady
from projections.feeds import so_far, taken
from projections.folding import Parked, fold_in_memory
from projections.ground import (
    LOG,
    Connection,
    Standing,
    parked_facts,
    standings,
    stuck_keys,
)
from projections.table import Key, Table
from projections.view import View, key_text

if TYPE_CHECKING:
    from store import Store

# Above so many facts, views are folded one after the other, to spare memory.
TOGETHER_MAX = 500_000
DIFFERENCES_MAX = 1_000


class Difference(msgspec.Struct, frozen=True):
    """A row that is not what the facts say. ``table`` is the view's or one that it owns.

    ``stored`` or ``folded`` is None when the row is missing on that side; ``stored`` is a
    plain dict when it is no row of this view at all.
    """

    table: str
    key: str
    stored: Any
    folded: Any


class Report(msgspec.Struct, frozen=True):
    """What a check found. ``rows`` were compared, each view as far as it is folded: to its
    position, and where Kafka feeds it, of each case as far as it has taken it.

    ``differences`` names at most 1,000 rows, ``differing`` counts them all. ``parked``
    are facts that wait; their keys are compared up to where they got stuck.
    ``broken_promises`` are keys (table, key) that a handler declared fresh and were not.
    """

    positions: dict[str, int]
    rows: int
    differing: int
    differences: list[Difference]
    parked: list[Parked]
    broken_promises: list[tuple[str, str]]

    @property
    def sound(self) -> bool:
        return not (self.differing or self.parked or self.broken_promises)


def check(store: Store, views: Sequence[View[Any]]) -> Report:
    """Compare every row of these views with the log folded again to the same position.

    Works while facts come in: everything stored is read in one snapshot. Raises NotReady
    when a view was never built, or in another shape.
    """
    rows = differing = 0
    differences: list[Difference] = []
    positions: dict[str, int] = {}
    broken: list[tuple[str, str]] = []
    with _snapshot(store, views) as connection:
        stands = standings(connection)
        parked = parked_facts(connection, views)
        for group in _groups(views, stands, store.log.head()):
            first = stands[group[0].name]
            positions |= {view.name: stands[view.name].position for view in group}
            stuck = {view.name: stuck_keys(connection, view) for view in group}
            entries = store.log.scan(first.position if first.feed == LOG else None)
            if first.feed != LOG:
                entries = so_far(first, taken(connection, first.feed), entries)
            folded = fold_in_memory(group, entries, stuck)
            broken += [(name, key_text(key)) for name, key in folded.broken_promises]
            for table in (table for view in group for table in view.tables):
                seen = _compare(connection, table, folded[table.name])
                for found in seen:
                    rows += 1
                    if found is not None:
                        differing += 1
                        if differing <= DIFFERENCES_MAX:
                            differences.append(found)
    return Report(positions, rows, differing, differences, parked, broken)


@contextmanager
def _snapshot(store: Store, views: Sequence[View[Any]]) -> Iterator[Connection]:
    """One moment of all the views. The locks come first, so that no swap falls between."""
    with psycopg.connect(store.dsn) as connection:
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = True
        with connection.transaction():
            tables = SQL(", ").join(table.ident for view in views for table in view.tables)
            try:
                connection.execute(
                    SQL(
                        "LOCK TABLE views.positions, views.parked, {} IN ACCESS SHARE MODE"
                    ).format(tables)
                )
            except psycopg.errors.UndefinedTable as error:
                raise NotReady(f"a view was never built: {error}") from None
            stands = standings(connection)
            for view in views:
                if stands[view.name].fingerprint != view.fingerprint:
                    raise NotReady(f"the view {view.name} was built in another shape")
            yield connection


def _groups(
    views: Sequence[View[Any]], stands: dict[str, Standing], head: int
) -> Iterator[list[View[Any]]]:
    """Views to fold in one go: those that stand alike, unless there is too much."""
    alike: dict[tuple[str, int], list[View[Any]]] = {}
    for view in views:
        stand = stands[view.name]
        at = stand.position if stand.feed == LOG else stand.floor
        alike.setdefault((stand.feed, at), []).append(view)
    for (feed, position), group in sorted(alike.items(), key=itemgetter(0)):
        if (position if feed == LOG else head) <= TOGETHER_MAX:
            yield group
        else:
            yield from ([view] for view in group)


def _compare(
    connection: Connection, table: Table, folded: dict[Key, Any]
) -> Iterator[Difference | None]:
    """One result a row of either side: None when both say the same."""
    missing = dict(folded)
    with connection.cursor(name="check") as cursor:
        cursor.itersize = 5_000
        cursor.execute(SQL("SELECT row_to_json(t)::text FROM {} t").format(table.ident))
        for (text,) in cursor:
            key, stored = _read(table, text)
            ours = missing.pop(key, None)
            same = ours is not None and (ours == stored or _as_kept(table, ours) == stored)
            yield None if same else Difference(table.name, key_text(key), stored, ours)
    for key, ours in missing.items():
        yield Difference(table.name, key_text(key), None, ours)


def _read(table: Table, text: str) -> tuple[Key, Any]:
    """A stored row and its key; the row as plain values when it is no row of the view."""
    try:
        row = table.decoder.decode(text)
    except msgspec.ValidationError:
        plain = msgspec.json.decode(text)
        key = msgspec.json.encode([plain[name] for name in table.key]).decode()
        return table.values_from_text(key, table.key), plain
    return table.key_of(row), row


def _as_kept(table: Table, row: Any) -> Any:
    """A row as it comes back from its table."""
    return table.decoder.decode(msgspec.json.encode(row))
