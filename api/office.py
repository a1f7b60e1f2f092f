"""Everything opened at once, for whoever stands at the front door: store, desk, views."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from api.patience import Turns, patient
from api.policies import found_rules
from consumers.follower import Behind, Follower
from domain.desk import Desk
from projections.views import VIEWS
from store import Store, open_store
from store.server import running
from store.settings import Settings

CATCH_UP_SECONDS_MAX = 60.0
# Whoever keeps the views has stopped, or what brings them their facts is away.
STILL_SECONDS_MAX = 5.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Office:
    """A desk over an open store, and the follower that keeps its views."""

    settings: Settings
    store: Store
    desk: Desk
    follower: Follower

    def position(self, view: str) -> int:
        """The position up to which a view is folded."""
        return self.follower.positions.max_tracking_id(view) or 0

    def catch_up(self) -> None:
        """Bring every view to the head of the log, or wait for whoever does as long as it
        gets on. Raises Behind."""
        self.follower.catch_up(
            self.store.log.head(), timeout=CATCH_UP_SECONDS_MAX, still=STILL_SECONDS_MAX
        )

    def come_along(self) -> int:
        """The same for a question: an old answer is better than none, so it is said how
        many facts the views lack, and answered. Raises Behind when there are no views yet.
        """
        try:
            self.catch_up()
        except Behind as late:
            if late.position == 0:
                raise
            lacking = late.target - late.position
            log.warning(
                "what comes from the views may lack the last %d facts of the log:"
                " `huiyin doctor` says what holds them up",
                lacking,
            )
            return lacking
        return 0


def desk_over(store: Store) -> Desk:
    """A desk that many threads and processes may work at together."""
    return Desk(
        store.factory,
        profile=store.settings.profile,
        ledger=store.ledger,
        attempts=patient,
        turn=Turns().of,
    )


@contextmanager
def open_office(settings: Settings) -> Iterator[Office]:
    """Start the embedded server if none runs, open the store, give a new log its rules.

    What was started is stopped on the way out. Raises Refused for an unknown profile.
    """
    with (
        running(settings) as dsn,
        open_store(dsn, settings) as store,
        desk_over(store) as desk,
    ):
        now = datetime.now(UTC)
        found_rules(desk, now)
        desk.policy_in_force(now)  # a profile that is none is refused here, not later
        yield Office(settings, store, desk, Follower(store, VIEWS))
