"""Folding facts into rows in memory: what the engine, a rebuild and a check share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import msgspec

from projections.table import Cell, Key, Row, Table
from projections.view import Handler, View, key_text

if TYPE_CHECKING:
    from store.log import Entry

R = TypeVar("R", bound=Row)
NO_KEY: Key = ()
Step = tuple[Key, tuple[Handler, ...], "Entry"]
Storable = Callable[[Table, Row | Cell], None]


class Unstorable(Exception):
    """A row that its table cannot keep: says what the table said to it."""


class Parked(msgspec.Struct, frozen=True):
    """A fact that a view could not take, or that waits behind one for the same key.

    ``key`` is a JSON array, ``[]`` when the key itself could not be told from the fact.
    """

    view: str
    key: str
    position: int
    reason: str


class Change(NamedTuple, Generic[R]):
    """A changed row, its cells before and after by tally, its occurrences by kind."""

    row: R | None
    cells: list[tuple[list[Key], list[Key]]]
    made: list[list[Row]]


def plan(view: View[R], entries: Iterable[Entry]) -> tuple[list[Step], list[Parked]]:
    """Which row each fact goes to: one step a fact and key, in order."""
    steps: list[Step] = []
    lost: list[Parked] = []
    for entry in entries:
        handlers = view.handlers_for(type(entry.fact))
        if not handlers:
            continue
        try:
            keys = [handler.key(entry.fact) for handler in handlers]
        except Exception as error:
            lost.append(Parked(view.name, key_text(NO_KEY), entry.position, reason(error)))
            continue
        if keys.count(keys[0]) == len(keys):
            steps.append((keys[0], handlers, entry))
        else:
            by_key: dict[Key, list[Handler]] = {}
            for key, handler in zip(keys, handlers, strict=True):
                by_key.setdefault(key, []).append(handler)
            steps.extend((key, tuple(of_key), entry) for key, of_key in by_key.items())
    return steps, lost


def reason(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


class Folding(Generic[R]):
    """Rows of one view while facts are folded into them, and what that changed.

    ``stuck`` says from which position on a key is parked. ``storable`` tries a row on its
    table and raises Unstorable; it makes folding slow and is used to find the culprit
    after a failed write.
    """

    def __init__(
        self,
        view: View[R],
        stuck: Mapping[Key, int] | None = None,
        storable: Storable | None = None,
    ) -> None:
        self.view = view
        self.rows: dict[Key, R | None] = {}
        self.before: dict[Key, R | None] = {}
        self.cells: list[Counter[Key]] = [Counter() for _ in view.tallies]
        self.occurred: list[dict[Key, Row]] = [{} for _ in view.occurrences]
        self.parked: list[Parked] = []
        self.stuck: dict[Key, int] = dict(stuck or {})
        self.broken_promises: list[Key] = []
        self._storable = storable

    def take(self, entries: Iterable[Entry]) -> None:
        """Fold facts whose rows are all at hand (a missing row is a row that is not)."""
        steps, lost = plan(self.view, entries)
        self.parked.extend(lost)
        self.fold(steps)

    def fold(self, steps: Iterable[Step]) -> None:
        stuck = self.stuck
        for key, handlers, entry in steps:
            if key in stuck and entry.position >= stuck[key]:
                self._park(key, entry, f"behind position {stuck[key]}")
                continue
            before = row = self.rows.get(key)
            try:
                for handler in handlers:
                    if handler.fresh and row is not None:
                        self.broken_promises.append(key)
                    row = handler.fold(row, entry.fact)
                if row is before:
                    continue
                step = self._follow(before, row, entry)
            except Exception as error:
                stuck[key] = entry.position
                self._park(key, entry, reason(error))
                continue
            try:
                self._try_storing(step)
            except Unstorable as error:
                stuck[key] = entry.position
                self._park(key, entry, str(error))
                continue
            self._keep(key, before, step)

    def _follow(self, before: R | None, row: R | None, entry: Entry) -> Change[R]:
        """All that follows from a changed row; raises whatever a view's functions raise."""
        if row is not None:
            row = msgspec.structs.replace(row, position=entry.position)
        cells = [
            (
                list(tally.counts(before)) if before is not None else [],
                list(tally.counts(row)) if row is not None else [],
            )
            for tally in self.view.tallies
        ]
        made = [
            [
                msgspec.structs.replace(x, position=entry.position)
                for x in kind.made(before, row, entry.fact)
            ]
            for kind in self.view.occurrences
        ]
        return Change(row, cells, made)

    def _keep(self, key: Key, before: R | None, change: Change[R]) -> None:
        self.before.setdefault(key, before)
        self.rows[key] = change.row
        for counter, (less, more) in zip(self.cells, change.cells, strict=True):
            if less != more:
                counter.subtract(less)
                counter.update(more)
        for happened, kind, rows in zip(
            self.occurred, self.view.occurrences, change.made, strict=True
        ):
            happened.update((kind.table.key_of(x), x) for x in rows)

    def _try_storing(self, change: Change[R]) -> None:
        storable = self._storable
        if storable is None:
            return
        if change.row is not None:
            storable(self.view.table, change.row)
        for kind, rows in zip(self.view.occurrences, change.made, strict=True):
            for x in rows:
                storable(kind.table, x)
        for of_tally, (_, more) in zip(self.view.tallies, change.cells, strict=True):
            for cell in more:
                storable(of_tally.table, cell_row(of_tally.table, cell, 1))

    def _park(self, key: Key, entry: Entry, why: str) -> None:
        self.parked.append(Parked(self.view.name, key_text(key), entry.position, why))

    def forget(self) -> None:
        """Let go of rows that are final and written, for a rebuild stream by stream."""
        self.rows.clear()
        self.before.clear()
        for happened in self.occurred:
            happened.clear()

    # What came out --------------------------------------------------------------------

    def written(self) -> list[R]:
        """The changed rows that are there."""
        return [row for key in self.before if (row := self.rows[key]) is not None]

    def removed(self) -> list[Key]:
        """Rows that were there before and no longer are."""
        return [
            key
            for key, before in self.before.items()
            if before is not None and self.rows[key] is None
        ]

    def tables(self) -> dict[str, dict[Key, Any]]:
        """All rows by table and key, as the tables of the view would hold them."""
        view = self.view
        found: dict[str, dict[Key, Any]] = {
            view.name: {key: row for key, row in self.rows.items() if row is not None}
        }
        for tally, counter in zip(view.tallies, self.cells, strict=True):
            found[tally.table.name] = {
                key: cell_row(tally.table, key, n) for key, n in counter.items() if n
            }
        for kind, happened in zip(view.occurrences, self.occurred, strict=True):
            found[kind.table.name] = happened
        return found


def cell_row(table: Table, key: Key, n: int) -> Cell:
    of_cell: Any = table.row
    cell: Cell = of_cell(**dict(zip(table.key, key, strict=True)), n=n)
    return cell


class Folded:
    """Views folded in memory: ``folded["boards"][key]``, by the name of any table."""

    def __init__(self, foldings: Iterable[Folding[Any]], position: int) -> None:
        self.position = position
        self.parked: list[Parked] = []
        self.broken_promises: list[tuple[str, Key]] = []
        self._tables: dict[str, dict[Key, Any]] = {}
        for folding in foldings:
            self.parked.extend(folding.parked)
            self.broken_promises += [
                (folding.view.name, k) for k in folding.broken_promises
            ]
            self._tables.update(folding.tables())

    def __getitem__(self, table: str) -> dict[Key, Any]:
        return self._tables[table]


CHUNK = 10_000


def fold_in_memory(
    views: Iterable[View[Any]],
    entries: Iterable[Entry],
    stuck: Mapping[str, Mapping[Key, int]] | None = None,
) -> Folded:
    """Fold entries, in the order given, into views that start empty."""
    foldings = [Folding(view, (stuck or {}).get(view.name)) for view in views]
    position = 0
    chunk: list[Entry] = []

    def flush() -> None:
        for folding in foldings:
            folding.take(chunk)
        chunk.clear()

    for entry in entries:
        position = max(position, entry.position)
        chunk.append(entry)
        if len(chunk) >= CHUNK:
            flush()
    flush()
    return Folded(foldings, position)
