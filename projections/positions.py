"""How far each view is folded, for readers that must see at least what they wrote."""

from __future__ import annotations

import threading
from time import monotonic
from typing import TYPE_CHECKING

from eventsourcing.persistence import (
    IntegrityError,
    Tracking,
    TrackingRecorder,
    WaitInterruptedError,
)

from projections.ground import make_ground

if TYPE_CHECKING:
    from store.database import Pool

POLL_SECONDS = 0.002
POLL_SECONDS_MAX = 0.02


class Positions(TrackingRecorder):
    """The library's tracking recorder over ``views.positions``: a row a view.

    ``wait`` is woken by the follower of this process, and looks every 2 to 20 ms for
    followers of other processes (the library's own looks every 100 to 800 ms). However
    many readers wait, one of them looks for all.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: dict[str, int] = {}
        self._looked_at = -POLL_SECONDS
        self._changed = threading.Condition()
        self._looking = threading.Lock()
        with pool.connection() as connection:
            make_ground(connection)

    def insert_tracking(self, tracking: Tracking) -> None:
        """Move a view on. Raises IntegrityError when it stands there or further already."""
        with self._pool.connection() as connection:
            cursor = connection.execute(
                "INSERT INTO views.positions AS p (view, position) VALUES (%s, %s)"
                " ON CONFLICT (view) DO UPDATE SET position = excluded.position"
                " WHERE p.position < excluded.position",
                [tracking.application_name, tracking.notification_id],
            )
            if cursor.rowcount != 1:
                raise IntegrityError(f"{tracking} has been recorded before")
        self.moved()

    def max_tracking_id(self, application_name: str) -> int | None:
        """Where the view of this name stands; None when there is none."""
        return self._look().get(application_name)

    def moved(self) -> None:
        """Wake whoever waits: a batch was committed."""
        with self._changed:
            self._looked_at = -POLL_SECONDS
            self._changed.notify_all()

    def wait(
        self,
        application_name: str,
        notification_id: int | None,
        timeout: float = 1.0,
        interrupt: threading.Event | None = None,
    ) -> None:
        """Return once the view stands at the position or beyond (at once for None).

        ``timeout`` is in seconds. Raises TimeoutError, WaitInterruptedError.
        """
        if notification_id is None:
            return
        deadline = monotonic() + timeout
        pause = POLL_SECONDS
        while True:
            # One reader looks for all, and not more often than the poll.
            if self._looking.acquire(blocking=False):
                try:
                    if monotonic() - self._looked_at >= POLL_SECONDS:
                        self._look()
                finally:
                    self._looking.release()
            if self._known.get(application_name, -1) >= notification_id:
                return
            if interrupt is not None and interrupt.is_set():
                raise WaitInterruptedError
            if monotonic() >= deadline:
                raise TimeoutError(f"{application_name} has not come to {notification_id}")
            with self._changed:
                self._changed.wait(min(pause, max(0.0, deadline - monotonic())))
            pause = min(pause * 1.5, POLL_SECONDS_MAX)

    def _look(self) -> dict[str, int]:
        began = monotonic()
        with self._pool.connection() as connection:
            rows = connection.execute("SELECT view, position FROM views.positions")
            known = {view: int(position) for view, position in rows.fetchall()}
        with self._changed:
            self._looked_at = began
            if known != self._known:
                self._known = known
                self._changed.notify_all()
        return known
