"""One batch of facts into the tables of views, through one transaction."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg

from projections.folding import (
    Folding,
    Parked,
    Storable,
    Unstorable,
    cell_row,
    reason,
)
from projections.ground import Connection, Cursor
from projections.table import Cell, Key, Row, Table
from projections.view import View, key_text

if TYPE_CHECKING:
    from store.log import Entry

ROWS_REMEMBERED_MAX = 50_000
# What goes wrong when a row does not fit its table, and not because of the database.
OF_THE_DATA = (
    psycopg.DataError,
    psycopg.IntegrityError,
    msgspec.MsgspecError,
    ValueError,
    TypeError,
)


class Memory:
    """What the owner of some views remembers between batches: recent rows, parked keys."""

    def __init__(self, rows_max: int = ROWS_REMEMBERED_MAX) -> None:
        self._rows_max = rows_max
        self._rows: dict[str, OrderedDict[Key, Any]] = {}
        self.stuck: dict[str, dict[Key, int]] = {}

    def rows(self, view: View[Any]) -> OrderedDict[Key, Any]:
        """Rows by key (None: there is no such row), the longest untouched first."""
        return self._rows.setdefault(view.name, OrderedDict())

    def remember(self, folding: Folding[Any]) -> None:
        """After the commit, and not before: what a failed batch made was never true."""
        rows = self.rows(folding.view)
        for key, slot in folding.slots.items():
            rows[key] = slot.row
            rows.move_to_end(key)
        while len(rows) > self._rows_max:
            rows.popitem(last=False)
        self.stuck[folding.view.name] = folding.stuck

    def forget(self) -> None:
        self._rows.clear()
        self.stuck.clear()


def take_batch(
    cursor: Cursor,
    views: Iterable[View[Any]],
    entries: Sequence[Entry],
    memory: Memory,
    *,
    carefully: bool = False,
) -> list[Folding[Any]]:
    """Fold a batch and write what came out; the caller commits, then has it remembered.

    ``carefully`` tries every row on its table and parks the fact whose row it refuses:
    slow, for when a batch could not be written.
    """
    foldings = []
    for view in views:
        storable = trial(cursor) if carefully else None
        folding = Folding(view, memory.stuck.get(view.name), storable)
        steps = folding.plan(entries)
        load(cursor, folding, memory.rows(view))
        folding.fold(steps)
        write(cursor, folding)
        foldings.append(folding)
    return foldings


def load(cursor: Cursor, folding: Folding[Any], held: Mapping[Key, Any]) -> None:
    """Bring the rows that were planned for: from memory, else all in one SELECT."""
    table, slots = folding.view.table, folding.slots
    missing: list[Key] = []
    for key, slot in slots.items():
        if key in held:
            slot.row = held[key]
        elif not slot.fresh:
            missing.append(key)
    if not missing:
        return
    found = cursor.execute(table.sql_load, sideways(missing, len(table.key)))
    for (text,) in found.fetchall():
        row = table.decoder.decode(text)
        slots[table.key_of(row)].row = row


def write(cursor: Cursor, folding: Folding[Any]) -> None:
    """Write changed rows, differences of cells, occurrences, parked facts."""
    view = folding.view
    _put(cursor, view.table, folding.written())
    if gone := folding.removed():
        cursor.execute(view.table.sql_delete, sideways(gone, len(view.table.key)))
    for tally, counter in zip(view.tallies, folding.cells, strict=True):
        table = tally.table
        # In one order for all: two workers of a Kafka feed add to the same cells.
        order = sorted((key for key, n in counter.items() if n), key=key_text)
        changed = {key: counter[key] for key in order}
        if changed:
            cells = [cell_row(table, key, n) for key, n in changed.items()]
            cursor.execute(table.sql_add, [as_json(cells)])
        if less := [key for key, n in changed.items() if n < 0]:
            cursor.execute(table.sql_sweep, sideways(less, len(table.key)))
    for kind, happened in zip(view.occurrences, folding.occurred, strict=True):
        _put(cursor, kind.table, list(happened.values()))
    park(cursor, folding.parked)


def park(cursor: Cursor, parked: Sequence[Parked]) -> None:
    if parked:
        cursor.executemany(
            "INSERT INTO views.parked (view, key, position, reason)"
            " VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [(p.view, p.key, p.position, p.reason.replace("\0", "?")) for p in parked],
        )


def _put(cursor: Cursor, table: Table, rows: Sequence[Row]) -> None:
    if rows:
        cursor.execute(table.sql_upsert, [as_json(rows)])


def trial(cursor: Cursor) -> Storable:
    """Try a row on its table without keeping it; raises Unstorable.

    A lost connection or a missing table is not the row's fault, and raises what it is.
    """
    connection: Connection = cursor.connection

    def storable(table: Table, row: Row | Cell) -> None:
        try:
            with connection.transaction():
                text = cursor.execute(table.sql_trial, [as_json([row])]).fetchone()
            table.decoder.decode(text[0] if text else "")
        except OF_THE_DATA as error:
            raise Unstorable(reason(error)) from error

    return storable


def copy_in(cursor: Cursor, table: Table, rows: Sequence[Row | Cell]) -> None:
    """COPY rows that are new into a table."""
    names = [c.name for c in table.columns]
    as_text = [c.sql_type == "jsonb" for c in table.columns]
    encode = msgspec.json.encode
    with cursor.copy(table.sql_copy) as copy:
        for row in rows:
            copy.write_row(
                [
                    encode(value).decode() if text and value is not None else value
                    for text, value in zip(
                        as_text, (getattr(row, name) for name in names), strict=True
                    )
                ]
            )


def as_json(rows: Sequence[Row | Cell]) -> str:
    return msgspec.json.encode(rows).decode()


def sideways(keys: list[Key], width: int) -> list[list[Any]]:
    """Keys as one array a key column."""
    return [[key[n] for key in keys] for n in range(width)]
