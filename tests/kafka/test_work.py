"""``huiyin work`` with Kafka switched on keeps views from the log and from the topic."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from store import Store
from store.settings import Settings
from tests.contract.feed_contract import until
from tests.contract.journeys import journeys, record
from tests.support.kafka import KAFKA_TIER

pytestmark = KAFKA_TIER

ROWS = "SELECT case_id, hops, pingpong FROM views.{} ORDER BY case_id"


@contextmanager
def working(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """``huiyin work`` as a process of its own."""
    told = {
        "HUIYIN_HOME": str(settings.home),
        "DATABASE_URL": settings.database_url or "",
        "HUIYIN_KAFKA": settings.kafka or "",
    }
    command = [sys.executable, "-c", "from api.cli.main import app; app()", "work"]
    process = subprocess.Popen(command, env=os.environ | told)  # noqa: S603 - our own program
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def rows(store: Store, view: str) -> list[Any]:
    try:
        with store.pool.connection() as connection:
            return connection.execute(ROWS.format(view).encode()).fetchall()
    except psycopg.errors.UndefinedTable:
        return []


def test_one_command_keeps_the_views_from_the_log_and_from_kafka(
    store: Store, kafka: Settings
) -> None:
    with working(kafka) as work:
        record(store, journeys(1, 20))
        until(lambda: len(rows(store, "handovers")) == 20)
        until(lambda: rows(store, "handovers__kafka") == rows(store, "handovers"))
        work.send_signal(signal.SIGTERM)
        assert work.wait(timeout=30) == 0
