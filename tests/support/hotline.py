"""The real app on a real server and database, with a worker, as a test's counterpart."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from typing import Any

import httpx
import uvicorn

from api.http.app import create_app
from api.office import desk_over
from api.policies import publish_shipped
from consumers.follower import Follower
from projections.rebuild import make_ready
from projections.views import VIEWS
from store import Store
from tests.support.organisation import founding

# A Monday morning in Shanghai: no quiet hours, no holiday.
MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
SOON = 10.0

# Who acts in a role: person and unit, of the invented province.
ACTORS = {
    "agent": ("dan", "95598"),
    "dispatcher": ("e", "95598"),
    "handler": ("ran", "bailu-east"),
    "leader": ("qu", "bailu-east"),
    "supervisor": ("fei", "supervision"),
    "auditor": ("gu", "audit"),
    "admin": ("registrar", "qinglan"),
    "system": ("system", "95598"),
    "intake": ("intake:billing", "qinglan"),
}


class Clock:
    """A clock that stands until it is moved: business time in tests."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def forward(self, span: timedelta) -> None:
        self.at += span


class Hotline:
    """A client with a token for every role; ``clock`` is the app's business time."""

    def __init__(self, store: Store, client: httpx.Client, clock: Clock) -> None:
        self.store = store
        self.client = client
        self.clock = clock
        self.tokens = {
            role: store.tokens.create(role=role, unit=unit, person=person)
            for role, (person, unit) in ACTORS.items()
        }

    def token(self, role: str, unit: str, person: str) -> str:
        """A further token, under the name of the person."""
        self.tokens[person] = self.store.tokens.create(role=role, unit=unit, person=person)
        return person

    def headers(self, who: str, **more: str) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"Authorization": f"Bearer {self.tokens[who]}", **named}

    def post(
        self, who: str, path: str, body: Mapping[str, Any] | None = None, **headers: str
    ) -> httpx.Response:
        return self.client.post(path, json=body or {}, headers=self.headers(who, **headers))

    def get(self, who: str, path: str, **params: Any) -> httpx.Response:
        return self.client.get(path, params=params, headers=self.headers(who))

    def done(
        self, who: str, path: str, body: Mapping[str, Any] | None = None, **headers: str
    ) -> dict[str, Any]:
        """The answer to a command that must go through."""
        answer = self.post(who, path, body, **headers)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def seen(self, who: str, path: str, **params: Any) -> dict[str, Any]:
        """What a read that must succeed shows."""
        answer = self.get(who, path, **params)
        assert answer.status_code == httpx.codes.OK, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def receive(self, who: str = "agent", **body: Any) -> str:
        """A new case; its id."""
        said = {"business_type": "complaint", "phone": "13812345678", "content": "停电"}
        case_id: str = self.done(who, "/cases", said | body)["id"]
        return case_id


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve an app on a free port of this machine; yields its address."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=0, log_level="error", lifespan="off"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="uvicorn")
    thread.start()
    try:
        give_up = monotonic() + SOON
        while not server.started and monotonic() < give_up and thread.is_alive():
            sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(SOON)


@contextmanager
def following(store: Store) -> Iterator[None]:
    """A worker that keeps the views while the test runs."""
    stop = threading.Event()
    thread = threading.Thread(target=Follower(store, VIEWS).run, args=[stop], name="worker")
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(SOON)


@contextmanager
def hotline_on(store: Store) -> Iterator[Hotline]:
    """A running hotline on a fresh store: policy published, units open, views followed."""
    clock = Clock(MONDAY)
    with desk_over(store) as desk:
        publish_shipped(desk, clock.at)
        for order in founding():
            desk.handle(order)
        app = create_app(store, desk, VIEWS, now=clock)
        make_ready(store, VIEWS)  # the first question may come before the worker does
        with (
            following(store),
            serving(app) as address,
            httpx.Client(base_url=address, timeout=30) as client,
        ):
            yield Hotline(store, client, clock)
