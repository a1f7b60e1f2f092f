"""Feeds: what brings a view its facts, the log or Kafka, and how a view changes hands.

Fed by Kafka, a view folds each case in order, and cases in any order. So it stands, a case
each, at the version in ``kafka.streams``; what the log had brought it before stands behind
its ``floor``. From the log everything that it lacks can be folded at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg

from domain.case.case import CaseFact
from projections.engine import Fenced, fitting
from projections.ground import LOG, Connection, Cursor, Standing, standings, stuck_keys
from projections.storing import OF_THE_DATA, Memory, take_batch
from projections.view import View, of_stream

if TYPE_CHECKING:
    from store import Store
    from store.log import Entry, Log

PAGE_FACTS = 10_000
TAKEN_OF = (
    "SELECT stream_id, version FROM kafka.streams WHERE feed = %s AND stream_id = ANY(%s)"
)
Lacking = Callable[[list["Entry"]], list["Entry"]]


def by_case(view: View[Any]) -> bool:
    """Whether a view is folded case by case, and so can be fed in any order of cases."""
    return not view.log_order and all(
        handler.key is of_stream and issubclass(handler.fact, CaseFact)
        for handler in view.handlers
    )


def hand_to(store: Store, views: Sequence[View[Any]], feed: str) -> None:
    """Have a Kafka feed bring these views their facts from now on.

    They are all the views of that feed: one that it had brought facts before, and that
    this program gives another feed, is left to be built anew by whoever follows it.
    Nobody may follow them from the log any more: the caller shares their locks. Raises
    Fenced for a view that another Kafka feed brings facts.
    """
    with _in_hand(store, views, feed) as (cursor, stands):
        begun = any(stands[view.name].feed == feed for view in views)
        cursor.execute(
            "UPDATE views.positions SET feed = %s, fingerprint = '', built = built + 1"
            " WHERE feed = %s AND view <> ALL(%s)",
            [LOG, feed, [view.name for view in views]],
        )
        for view in views:
            stand = stands[view.name]
            if stand.feed not in {LOG, feed}:
                raise Fenced(f"the view {view.name} is fed by {stand.feed}")
            if stand.feed == LOG:
                # Facts that this feed has taken already will not come again.
                position = store.log.head() if begun else stand.position
                fold_rest(cursor, store.log, view, stand.position, position)
                _stands(cursor, view, feed, position)


def take_back(store: Store, views: Sequence[View[Any]]) -> None:
    """Have the log bring these views their facts again, and all that they lack at once.

    No worker of a Kafka feed may be left: the caller holds their locks alone.
    """
    with _in_hand(store, views) as (cursor, stands):
        away = [view for view in views if stands[view.name].feed != LOG]
        for view in away:
            _level(cursor, store.log, view, stands[view.name], LOG)
        for table in ("offsets", "streams", "early"):
            cursor.execute(
                f"DELETE FROM kafka.{table} WHERE feed NOT IN"  # noqa: S608 - our own names
                " (SELECT feed FROM views.positions)"
            )


def level(store: Store, views: Sequence[View[Any]], feed: str) -> None:
    """Fold from the log whatever views of a Kafka feed lack, because Kafka has lost it.
    They are all the views of that feed."""
    with _in_hand(store, views) as (cursor, stands):
        for view in views:
            if stands[view.name].feed == feed:
                _level(cursor, store.log, view, stands[view.name], feed)
        # What the feed has taken of each case no longer matters: the floor is above it all.
        for table in ("streams", "early"):
            cursor.execute(f"DELETE FROM kafka.{table} WHERE feed = %s", [feed])  # noqa: S608


def fold_rest(
    cursor: Cursor,
    source: Log,
    view: View[Any],
    after: int,
    last: int,
    lacking: Lacking | None = None,
) -> None:
    """Fold the log behind ``after`` up to ``last`` into a view, of each page only what is
    ``lacking`` (by default all), in the caller's transaction."""
    memory = Memory()
    memory.stuck[view.name] = stuck_keys(cursor, view)
    while after < last:
        entries = source.read(after, min(PAGE_FACTS, last - after))
        after = entries[-1].position
        if lacking is not None:
            entries = lacking(entries)
        try:
            with cursor.connection.transaction():
                foldings = take_batch(cursor, [view], entries, memory)
        except OF_THE_DATA:
            foldings = take_batch(cursor, [view], entries, memory, carefully=True)
        for folding in foldings:
            memory.remember(folding)


def taken(cursor: Cursor | Connection, feed: str) -> dict[UUID, int]:
    """The last fact of each case that a Kafka feed has taken."""
    return dict(
        cursor.execute(
            "SELECT stream_id, version FROM kafka.streams WHERE feed = %s", [feed]
        ).fetchall()
    )


def so_far(
    stand: Standing, taken: Mapping[UUID, int], entries: Iterable[Entry]
) -> Iterator[Entry]:
    """Those facts that a view fed by Kafka has folded, as it says of itself."""
    reached = max(stand.floor, stand.position)
    return (
        entry
        for entry in entries
        if entry.position <= reached
        or entry.fact.originator_version <= taken.get(entry.fact.originator_id, 0)
    )


def _level(
    cursor: Cursor, source: Log, view: View[Any], stand: Standing, feed: str
) -> None:
    """Fold what a view lacks up to the head of the log; ``feed`` goes on from there."""

    def lacking(entries: list[Entry]) -> list[Entry]:
        cases = list({entry.fact.originator_id for entry in entries})
        last: dict[UUID, int] = dict(
            cursor.execute(TAKEN_OF, [stand.feed, cases]).fetchall()
        )
        there = {entry.position for entry in so_far(stand, last, entries)}
        return [entry for entry in entries if entry.position not in there]

    head = source.head()
    fold_rest(cursor, source, view, stand.position, head, lacking)
    _stands(cursor, view, feed, max(head, stand.position))


def _stands(cursor: Cursor, view: View[Any], feed: str, position: int) -> None:
    cursor.execute(
        "UPDATE views.positions SET feed = %s, position = %s, floor = %s, built = built + 1"
        " WHERE view = %s",
        [feed, position, position, view.name],
    )


@contextmanager
def _in_hand(
    store: Store, views: Sequence[View[Any]], feed: str = ""
) -> Iterator[tuple[Cursor, dict[str, Standing]]]:
    """One transaction in which nobody else moves these views on, nor any of the feed;
    raises NotReady."""
    with (
        psycopg.connect(store.dsn, autocommit=True) as connection,
        connection.transaction(),
        connection.cursor() as cursor,
    ):
        fed = {name for name, stand in standings(cursor).items() if stand.feed == feed}
        stands = standings(cursor, lock=fed.union(view.name for view in views))
        for view in views:
            fitting(view, stands)
        yield cursor, stands
