"""What a probe and a reader are told when a part of the machinery is not there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from api.http.app import create_app
from api.policies import publish_shipped
from domain.desk import Desk
from projections.views import VIEWS
from store import Store, open_store
from store.settings import Settings
from tests.support.hotline import MONDAY, following, serving
from tests.support.proxy import Wire


@contextmanager
def app_on(store: Store) -> Iterator[httpx.Client]:
    with Desk(store.factory, profile="sgcc-2022", ledger=store.ledger) as desk:
        publish_shipped(desk, MONDAY)
        app = create_app(store, desk, VIEWS)
        with serving(app) as address, httpx.Client(base_url=address, timeout=30) as client:
            yield client


def test_without_a_worker_health_says_so_and_views_are_not_there_yet(store: Store) -> None:
    token = store.tokens.create(role="supervisor", unit="95598", person="fei")
    with app_on(store) as client:
        found = client.get("/health").json()
        assert (found["store"], found["worker"]) == ("reachable", "not running")
        assert found["timekeeper"] == {
            "state": "not running",
            "last_scan": None,
            "overdue": 0,
            "failing": 0,
        }
        assert set(found["lag"].values()) == {store.log.head()}
        told = client.get("/views/board", headers={"Authorization": f"Bearer {token}"})
        assert (told.status_code, told.json()["code"]) == (503, "view_missing")


def test_once_a_worker_runs_health_says_so(store: Store) -> None:
    token = store.tokens.create(role="supervisor", unit="95598", person="fei")
    with app_on(store) as client:
        with following(store):
            asked = {"after": store.log.head()}
            bearer = {"Authorization": f"Bearer {token}"}
            while client.get("/views/board", params=asked, headers=bearer).is_error:
                pass
            assert client.get("/health").json()["worker"] == "running"
        assert client.get("/health").json()["worker"] == "not running"


def test_a_store_that_cannot_be_reached_is_503_for_a_probe(
    dsn: str, tmp_path: Path
) -> None:
    with Wire(dsn) as wire:
        settings = Settings(home=tmp_path, database_url=wire.dsn)
        with open_store(wire.dsn, settings) as store, app_on(store) as client:
            assert client.get("/health").status_code == 200
            wire.__exit__()
            told = client.get("/health")
            assert (told.status_code, told.json()) == (503, {"store": "unreachable"})
