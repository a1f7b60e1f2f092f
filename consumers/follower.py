"""The follower: keeps the views at the head of the log, whatever happens to PostgreSQL."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Any

from eventsourcing.persistence import MapperDeserialisationError

from consumers import metrics
from projections.engine import Engine, Fenced, NotReady
from projections.feeds import take_back
from projections.ground import LOG
from projections.positions import Positions
from projections.rebuild import make_ready
from projections.view import View
from store.feed import Feed

if TYPE_CHECKING:
    from store import Store

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
BACK_OFF_SECONDS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
CATCH_UP_SECONDS_MAX = 600.0
# A rebuild beside it, or a fact of a later program: the text says all there is to know.
EXPLAINED = (Fenced, NotReady, MapperDeserialisationError)


class Behind(TimeoutError):
    """The views have not come to the position that was asked for: they stand at
    ``position``, short of ``target``."""

    def __init__(self, position: int, target: int) -> None:
        self.position, self.target = position, target
        super().__init__(
            f"the views stand at position {position} and have not come to {target}"
        )


@dataclass(frozen=True, slots=True)
class Health:
    """How a follower is doing. ``owner``: this one folds, and no other process does.

    ``position`` is where the views stand, ``lag`` how many facts that is behind the
    log; both None while the database cannot be asked. ``error`` is what went wrong
    last, until a batch succeeds again.
    """

    owner: bool
    position: int | None
    lag: int | None
    error: str | None


class Follower:
    """Owns the engine of some views while it runs; any number of processes may try.

    ``positions`` tells readers of this process at once what has been folded.
    """

    def __init__(self, store: Store, views: Sequence[View[Any]]) -> None:
        self.views = tuple(views)
        self._store = store
        self._positions: Positions | None = None
        self._owner = False
        self._error: str | None = None

    @property
    def positions(self) -> Positions:
        if self._positions is None:
            self._positions = Positions(self._store.pool)
        return self._positions

    def only(self, views: Sequence[View[Any]]) -> Follower:
        """A follower of these views only, which tells the same readers."""
        part = Follower(self._store, views)
        part._positions = self.positions
        return part

    # Running --------------------------------------------------------------------------

    def run(self, stop: threading.Event) -> None:
        """Follow the log until told to stop: through exceptions, lost connections, a
        database that was killed and comes back. Waits while another process is the owner.
        """
        failures = 0
        with Feed(self._store) as feed:
            waker = threading.Thread(
                target=_wake_on, args=(stop, feed), name="huiyin-follower-stop", daemon=True
            )
            waker.start()
            while not stop.is_set():
                try:
                    if self._follow(feed, stop):
                        return
                    failures = 0
                    stop.wait(POLL_SECONDS)  # another process is the owner
                except Exception as error:
                    self._error = f"{type(error).__name__}: {error}"
                    log.warning(
                        "the follower begins again: %s",
                        self._error,
                        exc_info=not isinstance(error, EXPLAINED),
                    )
                    stop.wait(BACK_OFF_SECONDS[min(failures, len(BACK_OFF_SECONDS) - 1)])
                    failures += 1

    def _follow(self, feed: Feed, stop: threading.Event) -> bool:
        """Own the views and fold until told to stop (True); False when another does."""
        engine = self._engine()
        try:
            if not engine.own():
                return False
            self._owner = True
            metrics.leading("follower", leads=True)
            self._make_ready(engine)
            while not stop.is_set():
                began = monotonic()
                if folded := engine.step():
                    metrics.batch(LOG, folded, monotonic() - began)
                else:
                    self._error = None
                    feed.wait(engine.position, POLL_SECONDS)
            return True
        finally:
            self._owner = False
            metrics.leading("follower", leads=False)
            engine.close()

    def catch_up(
        self,
        position: int | None = None,
        timeout: float = CATCH_UP_SECONDS_MAX,
        still: float = CATCH_UP_SECONDS_MAX,
    ) -> int:
        """Bring every view to a position (the head of the log by default); where they are.

        When another process is the owner, wait for it instead; when another rebuilds a
        view meanwhile, begin again with what it has swapped in. Raises Behind after so
        many seconds without getting there, or after ``still`` seconds without a step.
        """
        target = self._store.log.head() if position is None else position
        began = moved = monotonic()
        stood: int | None = None
        moved_under_us: Exception | None = None
        while True:
            try:
                reached = self._fold_to(target)
                if reached is None:
                    reached = self._reached(target)
            except (Fenced, NotReady) as error:
                reached, moved_under_us = None, error
            if reached is not None:
                return reached
            now, stands = monotonic(), self._stands()
            if stands != stood:
                stood, moved = stands, now
            if now - began > timeout or now - moved > still:
                raise Behind(stands, target) from moved_under_us

    def _fold_to(self, target: int) -> int | None:
        """Where the views are after folding them as the owner; None when another is."""
        engine = self._engine()
        try:
            if not engine.own():
                return None
            self._make_ready(engine)
            while engine.position < target and engine.step(upto=None):
                pass
            return engine.position
        finally:
            engine.close()

    def _reached(self, target: int) -> int | None:
        """Wait a little for the owner to come there; None when it has not."""
        try:
            for view in self.views:
                self.positions.wait(view.name, target, timeout=POLL_SECONDS)
        except TimeoutError:
            return None
        return target

    def _stands(self) -> int:
        """The position that all the views have come to."""
        return min(self.positions.max_tracking_id(view.name) or 0 for view in self.views)

    def _engine(self) -> Engine:
        return Engine(self._store, self.views, positions=self.positions)

    def _make_ready(self, engine: Engine) -> None:
        try:
            _ = engine.position
        except NotReady:
            make_ready(self._store, self.views)
        if engine.fed_by_kafka:
            log.warning(
                "nobody brings the views what is in Kafka, so they are kept from the log"
                " again; `huiyin work` with HUIYIN_KAFKA hands them over"
            )
            take_back(self._store, self.views)
            engine.look_again()

    # Reporting ------------------------------------------------------------------------

    def health(self) -> Health:
        """How it is doing now; never raises."""
        try:
            position = self._stands()
            lag = max(0, self._store.log.head() - position)
        except Exception as error:
            said = self._error or f"{type(error).__name__}: {error}"
            return Health(self._owner, None, None, said)
        return Health(self._owner, position, lag, self._error)


def _wake_on(stop: threading.Event, feed: Feed) -> None:
    stop.wait()
    feed.wake()
