"""The engine: follows the log for a group of views, a batch and a transaction at a time."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg

from projections.ground import (
    LOG,
    Connection,
    Standing,
    lock_of,
    make_ground,
    standings,
    stuck_keys,
)
from projections.positions import Positions
from projections.storing import (
    OF_THE_DATA,
    ROWS_REMEMBERED_MAX,
    Memory,
    take_batch,
)
from projections.view import View

if TYPE_CHECKING:
    from store import Store
    from store.log import Entry

log = logging.getLogger(__name__)
BATCH_MAX = 20_000


class Fenced(Exception):
    """Somebody else moved these views on, or rebuilt one; begin again from the stored."""


class Replaced(Fenced):
    """Another version of this program has these views: this one has to end."""


class NotReady(Exception):
    """A view was never built, or was built in another shape than this program knows."""


class Engine:
    """Folds the log into the tables of ``views``.

    One process owns a view (an advisory lock that goes with its connection); should there
    ever be two, the positions fence one of them off. Whom Kafka feeds is left alone. All
    methods are for one thread.
    """

    def __init__(
        self,
        store: Store,
        views: Sequence[View[Any]],
        *,
        positions: Positions | None = None,
        batch_max: int = BATCH_MAX,
        rows_max: int = ROWS_REMEMBERED_MAX,
    ) -> None:
        self.views = tuple(views)
        self.positions = positions or Positions(store.pool)
        self._store = store
        self._batch_max = batch_max
        self._memory = Memory(rows_max)
        self._standings: dict[str, Standing] | None = None
        self._connection: Connection | None = None

    # Ownership ------------------------------------------------------------------------

    def own(self) -> bool:
        """Connect and become the owner of all the views; False while anybody feeds one."""
        connection = self.connect()
        for view in self.views:
            found = connection.execute(
                "SELECT pg_try_advisory_lock(%s)", [lock_of(view.name)]
            ).fetchone()
            if not (found and found[0]):
                self.close()
                return False
        return True

    def connect(self) -> Connection:
        """The one connection all writing goes through; the ground is there after it."""
        if self._connection is None:
            connection: Connection = psycopg.connect(
                self._store.dsn, autocommit=True, connect_timeout=10
            )
            make_ground(connection)
            self._connection = connection
        return self._connection

    def close(self) -> None:
        """Give up the connection, and with it the ownership."""
        self._begin_again()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _begin_again(self) -> None:
        self._standings = None
        self._memory.forget()

    # Following ------------------------------------------------------------------------

    @property
    def fed_by_kafka(self) -> bool:
        """Whether Kafka feeds some of the views: they have to be taken back first."""
        return any(standing.feed != LOG for standing in self._stand().values())

    def look_again(self) -> None:
        """Forget where the views stood: they were moved on by somebody else."""
        self._begin_again()

    @property
    def position(self) -> int:
        """Up to where every view is folded; raises NotReady."""
        return min(standing.position for standing in self._stand().values())

    def step(self, upto: int | None = None) -> int:
        """Fold one batch and commit it; the number of facts read, 0 when there were none.

        Views that lag behind the others are brought up to them first. ``upto`` is the
        last position to fold. After any failure the next step starts from what is stored.
        """
        try:
            views, after, last = self._whose_turn(upto)
            if last is not None and last <= after:
                return 0
            limit = self._batch_max if last is None else min(self._batch_max, last - after)
            entries = self._store.log.read(after, limit)
            if entries:
                self._take(views, after, entries)
        except BaseException:
            self._begin_again()
            raise
        return len(entries)

    def _whose_turn(self, upto: int | None) -> tuple[list[View[Any]], int, int | None]:
        """The views that are furthest behind, where they stand, and how far they may go."""
        stands = self._stand()
        after = min(standing.position for standing in stands.values())
        views = [view for view in self.views if stands[view.name].position == after]
        ahead = [s.position for s in stands.values() if s.position > after]
        return views, after, min([*ahead, *([] if upto is None else [upto])], default=None)

    def _stand(self) -> dict[str, Standing]:
        """Where our views stand, as stored when they were last looked at."""
        if self._standings is None:
            connection = self.connect()
            with connection.transaction():
                stored = standings(connection)
                self._standings = {v.name: fitting(v, stored) for v in self.views}
                self._memory.stuck = {v.name: stuck_keys(connection, v) for v in self.views}
        return self._standings

    def _take(self, views: list[View[Any]], after: int, entries: list[Entry]) -> None:
        try:
            self._take_batch(views, after, entries, carefully=False)
        except OF_THE_DATA:
            # Something in the batch does not fit its table. Find out what, and park it.
            log.exception("a batch after position %d could not be written", after)
            self._take_batch(views, after, entries, carefully=True)

    def _take_batch(
        self, views: list[View[Any]], after: int, entries: list[Entry], *, carefully: bool
    ) -> None:
        stands, last = self._stand(), entries[-1].position
        with self.connect().transaction(), self.connect().cursor() as cursor:
            # The fence comes first: from here to the commit nobody swaps a table away.
            cursor.execute(
                "UPDATE views.positions p SET position = %s"
                " FROM unnest(%s::text[], %s::bigint[]) AS mine (view, built)"
                " WHERE p.view = mine.view AND p.built = mine.built AND p.position = %s"
                " AND p.feed = %s",
                [
                    last,
                    [v.name for v in views],
                    [stands[v.name].built for v in views],
                    after,
                    LOG,
                ],
            )
            if cursor.rowcount != len(views):
                raise Fenced(f"the views no longer stand at {after}, or Kafka feeds them")
            foldings = take_batch(cursor, views, entries, self._memory, carefully=carefully)
        for folding in foldings:
            self._memory.remember(folding)
        for view in views:
            stands[view.name] = msgspec.structs.replace(stands[view.name], position=last)
        self.positions.moved()


def fitting(view: View[Any], stored: dict[str, Standing]) -> Standing:
    """Where a view stands as this program knows it. Raises NotReady."""
    found = stored.get(view.name)
    if found is None:
        raise NotReady(f"the view {view.name} was never built")
    if found.fingerprint != view.fingerprint:
        raise NotReady(f"the view {view.name} was built in another shape")
    return found
