"""The HTTP app: commands in, queries out, problems told in one way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import APIRouter, FastAPI

from api.http import problems
from api.http.alerts import add_alerts
from api.http.cases import add_cases
from api.http.commands import add_commands, command_routes
from api.http.door import Door, utc_now
from api.http.health import add_health
from api.http.openapi import describe
from api.http.reports import add_reports
from api.http.views import add_views
from domain.desk import Desk
from projections.positions import Positions
from projections.view import View
from store import Store

DESCRIPTION = """Complaint handling and quality supervision for a service hotline.

Every POST is a command: it is decided once, written once, and answered with the log
position it led to; read with `after=position` to see at least that. Whoever is unsure
whether a command arrived sends it again with the same `Idempotency-Key`."""


def create_app(
    store: Store,
    desk: Desk,
    views: Sequence[View[Any]],
    *,
    positions: Positions | None = None,
    now: Callable[[], datetime] = utc_now,
) -> FastAPI:
    """The app over an opened store. It follows no log itself: a worker keeps the views.

    ``positions`` are those of a follower in this process, who then wakes waiting readers
    at once; ``now`` is the clock that business time is taken from.
    """
    app = FastAPI(
        title="Huiyin 回音",
        version=_version(),
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
    )
    door = Door(
        store=store,
        desk=desk,
        views=tuple(views),
        positions=positions or Positions(store.pool),
        now=now,
    )
    commands = command_routes(door)
    router = APIRouter()
    add_cases(router, door)
    add_alerts(router, door)
    add_views(router, door)
    add_reports(router, door)
    add_health(router, door)
    add_commands(router, commands)
    app.include_router(router)
    problems.install(app)
    document: dict[str, Any] = {}

    def openapi() -> dict[str, Any]:
        if not document:
            document.update(describe(app, commands))
        return document

    app.openapi = openapi  # type: ignore[method-assign]
    return app


def _version() -> str:
    try:
        return version("huiyin")
    except PackageNotFoundError:
        return "0"
