"""Building views anew, beside the ones that serve, and swapping them in."""

from __future__ import annotations

import itertools
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.sql import SQL, Identifier

from projections.engine import Engine
from projections.feeds import fold_rest
from projections.folding import Folding, cell_row
from projections.ground import (
    LOG,
    Connection,
    Standing,
    drop,
    enter,
    lock_number,
    make_ground,
    standings,
)
from projections.storing import OF_THE_DATA, copy_in, park, trial
from projections.table import Key
from projections.view import View

if TYPE_CHECKING:
    from store import Store
    from store.log import Entry, Log

log = logging.getLogger(__name__)

PAGE_FACTS = 10_000
NEAR = 1_000
PATIENCE_SECONDS = 600.0
Progress = Callable[[int], None]


class CannotRebuild(Exception):
    """The view cannot be built like that; the text says why."""


def make_ready(store: Store, views: Sequence[View[Any]]) -> list[str]:
    """Build the views that were never built, or in another shape; their names."""
    with _connected(store) as connection:
        stands = standings(connection)
    due = [v for v in views if v.name not in stands or _changed(v, stands[v.name])]
    if due:
        rebuild(store, due)
    return [view.name for view in due]


def _changed(view: View[Any], standing: Standing) -> bool:
    return standing.fingerprint != view.fingerprint


def rebuild(
    store: Store, views: Sequence[View[Any]], progress: Progress | None = None
) -> None:
    """Fold views anew from the log into a second set of tables, catch up, and swap.

    The old ones serve and are followed meanwhile. ``progress`` is told the number of
    facts folded so far. One rebuild at a time: a second one waits.
    """
    with _connected(store) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", [lock_number("views:rebuild")])
        stands = standings(connection)
        reached = [stands[v.name].position for v in views if v.name in stands]
        upto = min(reached, default=store.log.head())
        nexts = [view.next() for view in views]
        for view in nexts:
            _lay_out(connection, view)
        by_stream = [view for view in nexts if not view.log_order]
        _fill(connection, store.log, by_stream, upto, progress)
        for view in nexts:
            _finish(connection, view, 0 if view.log_order else upto)
        for view in views:
            _catch_up_and_swap(store, view)


@contextmanager
def _connected(store: Store) -> Iterator[Connection]:
    """A connection of our own; what it locks is free when it closes."""
    with psycopg.connect(store.dsn, autocommit=True) as connection:
        make_ground(connection)
        yield connection


def _lay_out(connection: Connection, view: View[Any]) -> None:
    """Empty tables for the next set; what a rebuild left that did not end goes."""
    with connection.transaction():
        left = standings(connection).get(view.name)
        drop(connection, {*(left.tables if left else ()), *(t.name for t in view.tables)})
        connection.execute("DELETE FROM views.parked WHERE view = %s", [view.name])
        connection.execute("DELETE FROM views.positions WHERE view = %s", [view.name])
        for table in view.tables:
            connection.execute(table.sql_create())


def _fill(
    connection: Connection,
    source: Log,
    views: Sequence[View[Any]],
    upto: int,
    progress: Progress | None,
) -> None:
    """Fold whole streams, a page at a time, and copy each page's final rows in."""
    if not views:
        return
    cells: dict[str, Counter[Key]] = {
        t.table.name: Counter() for v in views for t in v.tallies
    }
    done = 0
    for page in pages(source.by_stream(upto), PAGE_FACTS):
        for view in views:
            folding = _fold_page(connection, view, page)
            for tally, counter in zip(view.tallies, folding.cells, strict=True):
                cells[tally.table.name].update(counter)
        done += len(page)
        if progress:
            progress(done)
    with connection.transaction(), connection.cursor() as cursor:
        for table in (tally.table for view in views for tally in view.tallies):
            rows = [cell_row(table, key, n) for key, n in cells[table.name].items() if n]
            copy_in(cursor, table, rows)


def pages(entries: Iterable[Entry], facts: int) -> Iterator[list[Entry]]:
    """Entries in pages of about so many, without breaking a stream in two."""
    page: list[Entry] = []
    for _, stream in itertools.groupby(entries, key=lambda e: e.fact.originator_id):
        page.extend(stream)
        if len(page) >= facts:
            yield page
            page = []
    if page:
        yield page


def _fold_page(connection: Connection, view: View[Any], page: list[Entry]) -> Folding[Any]:
    """Fold a page; when a table refuses a row, again with every row tried, to park it."""
    for carefully in (False, True):
        try:
            with connection.transaction(), connection.cursor() as cursor:
                folding = Folding(view, storable=trial(cursor) if carefully else None)
                folding.take(page)
                copy_in(cursor, view.table, folding.written())
                for kind, happened in zip(view.occurrences, folding.occurred, strict=True):
                    copy_in(cursor, kind.table, list(happened.values()))
                park(cursor, folding.parked)
                return folding
        except OF_THE_DATA:
            if carefully:
                raise
            log.exception("a page of %s could not be written", view.name)
    raise AssertionError("two attempts either return or raise")


def _finish(connection: Connection, view: View[Any], position: int) -> None:
    with connection.transaction():
        for table in view.tables:
            try:
                for statement in table.sql_finish():
                    connection.execute(statement)
            except psycopg.errors.UniqueViolation as error:
                raise CannotRebuild(
                    f"{table.name}: facts of two streams go to one row, or a row made "
                    f"fresh was there already; the view must declare log_order ({error})"
                ) from error
        enter(connection, view, position, built=0)


def _catch_up_and_swap(store: Store, view: View[Any]) -> None:
    """Follow the log with the next set up to where the live view stands, then take over."""
    following = Engine(store, [view.next()])
    deadline = monotonic() + PATIENCE_SECONDS
    try:
        while True:
            live = standings(following.connect()).get(view.name)
            target = live.position if live else store.log.head()
            while target - following.position > NEAR and following.step(upto=target):
                pass
            try:
                return _swap(following.connect(), store.log, view)
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                # Somebody reads the old tables (a check, an export): they go first.
                if monotonic() > deadline:
                    raise
                following.close()
                sleep(0.2)
    finally:
        following.close()


def _swap(connection: Connection, source: Log, view: View[Any]) -> None:
    """In one transaction: stop the live view, fold what is left, rename.

    Whoever follows the live view waits at the fence meanwhile; after it ``built`` has
    risen, so it forgets the rows it remembers.
    """
    following = view.next()
    with connection.transaction(), connection.cursor() as cursor:
        # Longer than a batch takes, so that a busy follower lets us in.
        cursor.execute("SET LOCAL lock_timeout = '10s'")
        stands = standings(cursor, lock=[view.name, following.name])
        live, mine = stands.get(view.name), stands[following.name]
        last = live.position if live else mine.position
        if live and live.feed != LOG:
            last = source.head()  # it has folded some cases further than others
        if last < mine.position:
            raise CannotRebuild(f"{view.name} went back to {last} meanwhile")
        fold_rest(cursor, source, following, mine.position, last)
        # From here on readers queue up behind us: rather try again than make them wait.
        cursor.execute("SET LOCAL lock_timeout = '500ms'")
        drop(cursor, {*(live.tables if live else ()), *(t.name for t in view.tables)})
        for old, new in zip(following.tables, view.tables, strict=True):
            cursor.execute(
                SQL("ALTER TABLE {} RENAME TO {}").format(old.ident, Identifier(new.name))
            )
        cursor.execute("DELETE FROM views.parked WHERE view = %s", [view.name])
        cursor.execute(
            "UPDATE views.parked SET view = %s WHERE view = %s", [view.name, following.name]
        )
        cursor.execute("DELETE FROM views.positions WHERE view = %s", [following.name])
        enter(cursor, view, last, built=live.built + 1 if live else 1)
