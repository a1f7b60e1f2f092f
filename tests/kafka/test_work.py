"""``huiyin work`` with Kafka switched on: the views are fed by whom they should be."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest
from typer.testing import CliRunner

from api.cli.main import app
from consumers.feed.streamed import LOGGED, STREAMED, WATCHED
from projections.check import check
from projections.ground import standings
from projections.rebuild import rebuild
from projections.views import VIEWS
from store import Store
from store.settings import Settings
from tests.contract.feed_contract import until
from tests.contract.journeys import journeys, record
from tests.support.kafka import KAFKA_TIER

pytestmark = KAFKA_TIER

SAID = "work.log"


@contextmanager
def working(settings: Settings, *options: str) -> Iterator[subprocess.Popen[bytes]]:
    """``huiyin work`` as a process of its own; what it says goes to a file (``said``)."""
    told = {
        "HUIYIN_HOME": str(settings.home),
        "DATABASE_URL": settings.database_url or "",
        "HUIYIN_KAFKA": settings.kafka or "",
    }
    command = [sys.executable, "-c", "from api.cli.main import app; app()", "work"]
    with (settings.home / SAID).open("ab") as stderr:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [*command, *options], env=os.environ | told, stderr=stderr
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def said(settings: Settings) -> str:
    return (settings.home / SAID).read_text(encoding="utf-8")


def fed(store: Store) -> dict[str, tuple[str, bool]]:
    """By view: who feeds it, and whether it stands at the head of the log."""
    head = store.log.head()
    try:
        with store.pool.connection() as connection:
            found = standings(connection)
    except psycopg.errors.UndefinedTable:
        return {}
    return {name: (stand.feed, stand.position == head) for name, stand in found.items()}


WITH_KAFKA = {
    **{view.name: ("log", True) for view in LOGGED},
    **{view.name: ("kafka-views", True) for view in STREAMED},
    **{view.name: ("kafka-watch", True) for view in WATCHED},
}


def test_one_command_feeds_the_views_from_kafka_and_the_rest_from_the_log(
    store: Store,
    kafka: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with working(kafka) as work:
        record(store, journeys(1, 20))
        until(lambda: fed(store) == WITH_KAFKA)
        work.send_signal(signal.SIGTERM)
        assert work.wait(timeout=30) == 0
    assert check(store, VIEWS).sound

    monkeypatch.setenv("HUIYIN_HOME", str(kafka.home))
    monkeypatch.setenv("DATABASE_URL", str(kafka.database_url))
    listed = CliRunner().invoke(app, ["views", "list", "--json"])
    assert {view["feed"] for view in json.loads(listed.stdout)["views"]} == {"log"}
    assert "nobody brings the views what is in Kafka" in caplog.text


def test_the_work_can_be_shared_out_among_processes(store: Store, kafka: Settings) -> None:
    with (
        working(kafka, "--only", "relay", "--only", "follower"),
        working(kafka, "--only", "fold-worker"),
        working(kafka, "--only", "fold-worker", "--only", "stream-worker"),
    ):
        record(store, journeys(1, 20), at_once=5)
        until(lambda: fed(store) == WITH_KAFKA)
    assert check(store, VIEWS).sound


def test_the_process_of_a_worker_that_another_version_has_replaced_ends_with_a_failure(
    store: Store, kafka: Settings
) -> None:
    """So that whoever supervises it starts it again, or says that it does not."""
    with working(kafka) as work:
        record(store, journeys(1, 5))
        until(lambda: fed(store) == WITH_KAFKA)
        rebuild(store, [replace(STREAMED[0], version=STREAMED[0].version + 1)])
        record(store, journeys(6, 5))
        assert work.wait(timeout=60) == 1
    assert "fold-worker cannot go on" in said(kafka)
    assert "start it with that version" in said(kafka)


def test_nobody_is_found_under_a_name_that_nobody_bears(
    store: Store, kafka: Settings
) -> None:
    with working(kafka, "--only", "relais") as work:
        assert work.wait(timeout=30) == 2
    assert "nobody is called relais: choose from follower" in said(kafka)
