"""kill -9 of the program and of PostgreSQL under load: nothing acknowledged is lost, and
nothing is done twice, however often an unanswered command is sent again."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from consumers.follower import Follower
from projections.check import check
from projections.views import VIEWS
from store import Store, open_store
from store.postgres import Cluster
from store.server import running
from store.settings import Settings
from tests.support.database import fresh_home
from tests.support.killing import Crowd, Program, program

KILLS = 3
CLIENTS = 6
BETWEEN = 40  # commands acknowledged between two kills


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    with fresh_home() as folder:
        yield folder


@pytest.fixture(scope="module")
def store(home: Path) -> Iterator[Store]:
    """The test's own look at the log. It also keeps the server up between two kills."""
    settings = Settings(home=home)
    with running(settings) as dsn, open_store(dsn, settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def served(home: Path, store: Store) -> Iterator[Program]:
    with program(home) as started:
        yield started


@pytest.fixture(scope="module")
def crowd(home: Path, store: Store, served: Program) -> Iterator[Crowd]:
    """What the clients wrote down while both were killed, several times each."""
    token = store.tokens.create(role="agent", unit="95598", person="dan")
    with Crowd.of(CLIENTS, served.address, token) as crowd:
        with crowd.talking():
            for _ in range(KILLS):
                crowd.wait_for_more(BETWEEN)
                served.kill()
                served.start()
            for _ in range(KILLS):
                crowd.wait_for_more(BETWEEN)
                kill_postgresql(home)
            crowd.wait_for_more(BETWEEN)
        yield crowd


def kill_postgresql(home: Path) -> None:
    postmaster = Cluster(home / "postgres").pid
    assert postmaster is not None
    os.kill(postmaster, signal.SIGKILL)


def test_the_load_was_real(crowd: Crowd) -> None:
    assert crowd.acknowledged == len(crowd.ledger) > 2 * KILLS * BETWEEN
    assert any(wish.sent > 1 for wish in crowd.ledger)


def test_what_was_acknowledged_is_in_the_log_where_the_answer_said(
    crowd: Crowd, store: Store
) -> None:
    log = {entry.position: entry.fact for entry in store.log.scan()}
    said = [
        (w.answer["position"], w.answer["id"], w.answer["version"])
        for w in crowd.ledger
        if w.answer
    ]
    found = [
        (position, str(log[position].originator_id), log[position].originator_version)
        for position, _, _ in said
    ]
    assert found == said


def test_nothing_was_done_twice(crowd: Crowd, store: Store) -> None:
    log = list(store.log.scan())
    topics = Counter(entry.fact.TOPIC for entry in log)
    wishes = Counter(
        "case.received" if w.path == "/cases" else "case.comment_added"
        for w in crowd.ledger
    )
    assert {topic: topics[topic] for topic in wishes} == dict(wishes)
    assert len({w.answer["position"] for w in crowd.ledger if w.answer}) == len(
        crowd.ledger
    )
    assert [entry.position for entry in log] == list(range(1, len(log) + 1))


def test_every_command_sent_once_more_gets_the_answer_it_got(
    crowd: Crowd, store: Store
) -> None:
    head = store.log.head()
    for client in crowd.clients:
        for wish in client.ledger:
            before = wish.answer
            client.voice(wish)
            assert wish.answer == before
    assert store.log.head() == head


def test_the_views_came_through_it_too(crowd: Crowd, store: Store) -> None:
    Follower(store, VIEWS).catch_up()
    report = check(store, VIEWS)
    assert (report.sound, report.differences) == (True, [])
