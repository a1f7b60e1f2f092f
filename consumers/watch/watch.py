"""值守 Watch: looks at what is seen of all cases, and raises what is too much of it.

It looks in the order of the log, as of each position, in event time, with the rules of that
time. So what it raises follows from the log alone: whoever looks, in whatever batches, and
however often it is killed. All it remembers is how far it has looked, saved with what came
of it. ``notices.py`` then tells the desk.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING, LiteralString

import psycopg

from consumers.watch import looking, raised
from consumers.watch.notices import Notices
from consumers.watch.recalling import past
from consumers.watch.rulebook import Rulebook
from projections.engine import NotReady
from projections.matters import MATTERS
from projections.sightings import SightingRow, new, of_facts
from store.feed import Feed

if TYPE_CHECKING:
    from domain.desk import Desk
    from projections.ground import Connection
    from projections.positions import Positions
    from store import Store
    from store.settings import Settings

log = logging.getLogger(__name__)

BATCH = 2_000
POLL_SECONDS = 1.0
FOLDED_SECONDS_MAX = 5.0
BACK_OFF_SECONDS = (0.1, 0.5, 1.0, 2.0, 5.0)
# What goes wrong whatever was looked at.
OF_THE_DATABASE = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.ProgrammingError,
    psycopg.InternalError,
)

ANYTHING: LiteralString = """
SELECT p.position > w.done OR EXISTS (SELECT FROM signals.missed)
FROM signals.watch w, views.positions p WHERE p.view = %s"""
DONE: LiteralString = "SELECT done FROM signals.watch FOR UPDATE SKIP LOCKED"
SETTLED: LiteralString = """
SELECT position, fingerprint FROM views.positions WHERE view = %s"""
PARKED: LiteralString = """
SELECT DISTINCT position FROM views.parked WHERE view = %s AND position <= %s"""
MISSED: LiteralString = "SELECT position FROM signals.missed"
MISS: LiteralString = """
INSERT INTO signals.missed SELECT unnest(%s::bigint[]), %s ON CONFLICT DO NOTHING"""
MENDED: LiteralString = "DELETE FROM signals.missed WHERE position = ANY(%s)"
MOVE: LiteralString = "UPDATE signals.watch SET done = %s"


class Watch:
    """One pair of eyes on a store; of any number one looks at a time. For one thread.

    ``batch``: at most so many sightings are looked at in one transaction.
    """

    def __init__(self, store: Store, desk: Desk, *, batch: int = BATCH) -> None:
        self._store, self.batch = store, batch
        self._rulebook = Rulebook(store, desk)
        self._notices = Notices(store, desk)
        # What could not be looked at is tried again by whoever starts anew.
        self._tried: set[int] = set()
        self._failures, self._rests_until = 0, 0.0
        self.error: str | None = None

    # Looking --------------------------------------------------------------------------

    def look(self) -> int:
        """Look at what the view of matters has settled since; how many facts further on.

        0: there is nothing to look at, or another one is looking. Raises NotReady when the
        view was built by another program.
        """
        with self._store.pool.connection() as connection:
            if connection.execute(ANYTHING, [MATTERS.name]).fetchone() != (True,):
                return 0
            row = connection.execute(DONE).fetchone()
            if row is None:
                return 0
            done, settled = int(row[0]), _settled(connection)
            parked = self._parked(connection, settled)
            mended = self._mended(connection, parked)
            if settled <= done and not mended:
                return 0
            sightings, upto = self._ahead(connection, done, settled)
            self._raise(connection, [*mended, *sightings], done, max(done, upto))
            seen = {each.position for each in sightings}
            missed = [p for p in parked if done < p <= upto and p not in seen]
            connection.execute(MISS, [missed, None])
            connection.execute(MOVE, [max(done, upto)])
        return max(0, upto - done)

    def _parked(self, connection: Connection, upto: int) -> set[int]:
        """Facts that the view could not take. Asked first of all: one that is mended while
        we look is then noted as missed, and looked at again, rather than neither."""
        found = connection.execute(PARKED, [MATTERS.name, upto]).fetchall()
        return {int(position) for (position,) in found}

    def _mended(self, connection: Connection, parked: set[int]) -> list[SightingRow]:
        """What facts let see that the view has taken since we went by."""
        missed = {int(position) for (position,) in connection.execute(MISSED).fetchall()}
        mended = sorted(missed - parked - self._tried)
        if not mended:
            return []
        connection.execute(MENDED, [mended])
        return of_facts(connection, mended)

    def _ahead(
        self, connection: Connection, done: int, settled: int
    ) -> tuple[list[SightingRow], int]:
        """The next sightings, and up to where that is all there are."""
        found = new(connection, done, settled, self.batch)
        if len(found) < self.batch:
            return found, settled
        # The last fact may have let see more than fits in.
        whole = [each for each in found if each.position < found[-1].position]
        if not whole:
            return of_facts(connection, [found[-1].position]), found[-1].position
        return whole, whole[-1].position

    def _raise(
        self, connection: Connection, found: list[SightingRow], done: int, upto: int
    ) -> None:
        """Look at all of them at once; where that fails, one by one, and note which."""
        self._rulebook.read(upto)
        try:
            self._look_at(connection, found, done, upto)
        except OF_THE_DATABASE:
            raise
        except Exception:
            log.exception("sightings behind position %d could not be looked at", done)
            for each in found:
                self._look_alone(connection, each, done, upto)

    def _look_at(
        self, connection: Connection, found: list[SightingRow], done: int, upto: int
    ) -> None:
        judged = looking.judged(found, self._rulebook)
        if not judged:
            return
        with connection.transaction():
            episodes = looking.Episodes(raised.going(connection, judged))
            looking.look(judged, past(connection, judged, done, upto), episodes)
            raised.save(connection, episodes.changed.values())

    def _look_alone(
        self, connection: Connection, each: SightingRow, done: int, upto: int
    ) -> None:
        """Against all that came before it; what cannot be looked at holds up nobody."""
        try:
            self._look_at(connection, [each], max(done, each.position - 1), upto)
        except OF_THE_DATABASE:
            raise
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            log.warning("position %d was not looked at: %s", each.position, said)
            self._tried.add(each.position)
            connection.execute(MISS, [[each.position], said.replace("\0", "?")])

    # Working --------------------------------------------------------------------------

    def work(self) -> bool:
        """Look, and tell the desk what was raised; whether it is worth doing again at once.

        Never raises: what goes wrong is logged, and tried again after a while.
        """
        if monotonic() < self._rests_until:
            return False
        try:
            looked = self.look()
            told = self._notices.send()
        except Exception as error:
            self._rest(error)
            return False
        self._failures, self.error = 0, self._notices.error
        return bool(looked or told)

    def _rest(self, error: Exception) -> None:
        self.error = f"{type(error).__name__}: {error}"
        pause = BACK_OFF_SECONDS[min(self._failures, len(BACK_OFF_SECONDS) - 1)]
        log.warning(
            "the watch begins again in %s s: %s",
            *(pause, self.error),
            exc_info=self._failures == 0 and not isinstance(error, NotReady),
        )
        self._failures += 1
        self._rests_until = monotonic() + pause


def run(
    store: Store,
    settings: Settings,  # noqa: ARG001 - every member of the crew is told
    stop: threading.Event,
    desk: Desk,
    positions: Callable[[], Positions],
) -> None:
    """Watch until told to stop, where the log feeds the views (with Kafka, the stream
    workers do it). Any number may."""
    watch = Watch(store, desk)
    with Feed(store) as feed:
        waker = threading.Thread(
            target=_wake_on, args=(stop, feed), name="huiyin-watch-stop", daemon=True
        )
        waker.start()
        head = 0
        while not stop.is_set():
            if watch.work() or not feed.wait(head, POLL_SECONDS):
                continue
            try:
                # Something came; it is worth looking once the view has it.
                head = store.log.head()
                positions().wait(MATTERS.name, head, FOLDED_SECONDS_MAX, stop)
            except TimeoutError:
                continue
            except Exception:
                stop.wait(POLL_SECONDS)  # the next look says what is wrong


def _settled(connection: Connection) -> int:
    """Up to where the view shows everything."""
    row = connection.execute(SETTLED, [MATTERS.name]).fetchone()
    if row is None:
        return 0
    if row[1] != MATTERS.fingerprint:
        raise NotReady(f"the view {MATTERS.name} was built in another shape")
    return int(row[0])


def _wake_on(stop: threading.Event, feed: Feed) -> None:
    stop.wait()
    feed.wake()
