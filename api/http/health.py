"""GET /health: is the store there, do the views keep up, does anybody keep time?"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from psycopg.errors import UndefinedTable

from api.http.door import Door, as_json
from api.http.problems import AWAY
from projections.ground import owned
from projections.parked import parked
from projections.timekeepers import timekeeping

# A probe wants to be told soon, not to wait as long as a command would.
ANSWER_SECONDS_MAX = 2.0


class Health:
    """What an operator's probe asks, without a token: numbers and names, no contents."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def read(self) -> Response:
        """200 while the store can be reached, else 503. Behind views are no failure."""
        try:
            return as_json(self._found())
        except AWAY:
            return as_json({"store": "unreachable"}, 503, {"Retry-After": "1"})

    def _found(self) -> dict[str, Any]:
        door = self._door
        names = [view.name for view in door.views]
        with door.store.pool.connection(timeout=ANSWER_SECONDS_MAX) as connection:
            running, time = owned(connection, *names), timekeeping(connection)
        head = door.store.log.head()
        try:
            stands = {name: door.positions.max_tracking_id(name) or 0 for name in names}
            waiting = [fact.view for fact in parked(door.store.pool, door.views)]
        except UndefinedTable:  # no worker has ever run
            stands, waiting = dict.fromkeys(names, 0), []
        return {
            "store": "reachable",
            "position": head,
            "worker": "running" if running else "not running",
            "timekeeper": {
                "state": "running" if time.running else "not running",
                "last_scan": time.last_scan,
                "overdue": time.overdue,
                "failing": time.failing,
            },
            "lag": {name: max(0, head - stand) for name, stand in stands.items()},
            "parked": {name: waiting.count(name) for name in names},
        }


def add_health(router: APIRouter, door: Door) -> None:
    """Put the route up."""
    router.add_api_route("/health", Health(door).read, methods=["GET"], tags=["health"])
