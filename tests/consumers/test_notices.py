"""Each episode reaches the desk once, whoever is killed in between and whatever it says."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from api.office import desk_over
from consumers import resting
from consumers.watch.notices import Notices, command_id, wish
from consumers.watch.raised import COLUMNS, episode
from consumers.watch.watch import Watch
from domain.alert.raising import AlertRaised
from domain.alert.wish import RaiseAlert
from domain.command import Command
from domain.desk import Answer, Desk
from domain.fact import UNSTAMPED
from domain.signals.episode import Episode
from projections.watching import watching
from store import Store
from tests.consumers.test_follower import ROOT, until
from tests.consumers.watching import execute, fetch, fold
from tests.projections.telling import record
from tests.support.planted import found, planted

UNSENT = "SELECT 1 FROM signals.raised WHERE sent_position IS NULL"


@pytest.fixture
def desk(store: Store) -> Iterator[Desk]:
    """Of a log in which there is something to be raised, and nobody has looked."""
    with desk_over(store) as opened:
        found(opened)
        record(store, planted(20))
        fold(store)
        yield opened


@pytest.fixture
def notices(store: Store, desk: Desk) -> Notices:
    """What was raised waits to be sent."""
    watch = Watch(store, desk)
    while watch.look():
        pass
    return Notices(store, desk)


def episodes(store: Store) -> list[Episode]:
    with store.pool.connection() as connection:
        rows = connection.execute(
            b"SELECT " + COLUMNS.as_bytes() + b" FROM signals.raised r ORDER BY position"
        )
        return [episode(row) for row in rows.fetchall()]


def on_record(store: Store) -> dict[UUID, int]:
    """The position of the fact that began each alert; there is one each."""
    found = [
        (entry.fact.originator_id, entry.position)
        for entry in store.log.scan()
        if isinstance(entry.fact, AlertRaised)
    ]
    assert len(dict(found)) == len(found)
    return dict(found)


def all_told_once(store: Store) -> bool:
    sent = fetch(store, "SELECT id, sent_position FROM signals.raised")
    return bool(sent) and dict(sent) == on_record(store)


def test_every_episode_is_told_once_and_where_it_is_on_record_is_noted(
    store: Store, notices: Notices
) -> None:
    told = episodes(store)
    assert len(told) > 5
    with store.pool.connection() as connection:
        assert watching(connection).unsent == len(told)
    assert notices.send() == len(told)
    assert all_told_once(store)
    assert notices.send() == 0
    with store.pool.connection() as connection:
        found = watching(connection)
    assert (found.unsent, found.well) == (0, True)


def test_the_desk_hears_what_was_seen_and_at_which_time(
    store: Store, desk: Desk, notices: Notices
) -> None:
    notices.send()
    facts = {e.fact.originator_id: e.fact for e in store.log.scan()}
    for told in episodes(store):
        fact: Any = facts[told.id]
        assert (fact.kind, fact.occurred_at) == (told.kind, told.at)
        assert (fact.n, fact.since, fact.until) == (told.n, told.since, told.until)
        assert (fact.unit, fact.category, fact.topic, fact.customer) == (
            *(told.unit, told.category, told.topic, told.customer),
        )
        rule = desk.policy(told.policy).alerts[told.kind]
        assert (fact.action, fact.tells, fact.up) == (rule.action, rule.tells, rule.up)
        assert fact.told_unit


def test_several_that_send_at_once_tell_it_once(store: Store, desk: Desk) -> None:
    watches = [Watch(store, desk) for _ in range(4)]

    def work(watch: Watch) -> None:
        until(lambda: not watch.work() and not fetch(store, UNSENT))

    threads = [threading.Thread(target=work, args=[watch]) for watch in watches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all_told_once(store)


@pytest.mark.parametrize("where", ["before", "after"])
def test_one_that_is_killed_between_the_command_and_the_note_is_followed_by_another(
    store: Store, desk: Desk, dsn: str, tmp_path: Path, where: str
) -> None:
    for last in ("1", "3", "2"):
        program = [sys.executable, "-m", "tests.consumers.telling_the_desk"]
        process = subprocess.Popen(  # noqa: S603 - our own program
            [*program, dsn, str(tmp_path), where, last],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "stopped\n"
            os.kill(process.pid, signal.SIGKILL)
            assert process.wait() == -signal.SIGKILL
        finally:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
        told = len(on_record(store))
        noted = len(fetch(store, "SELECT 1 FROM signals.raised WHERE sent_position > 0"))
        assert told - noted == (where == "after")
    watch = Watch(store, desk)
    until(lambda: not watch.work() and not fetch(store, UNSENT))
    assert all_told_once(store)


BREAK_OFF_AT_THE_NOTE = """
CREATE FUNCTION public.break_off() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER AS $$ BEGIN
    PERFORM pg_terminate_backend(pg_backend_pid());
    RETURN NEW;
END $$;
CREATE TRIGGER break_off BEFORE UPDATE ON signals.raised
    FOR EACH ROW EXECUTE FUNCTION public.break_off();"""


def test_a_connection_that_breaks_off_at_the_note_leads_to_the_same_answer(
    store: Store, desk: Desk, notices: Notices, dsn: str
) -> None:
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(BREAK_OFF_AT_THE_NOTE)
        for _ in range(2):
            assert Notices(store, desk).send() == 0
            assert set(on_record(store)) == {each.id for each in episodes(store)}
            assert len(fetch(store, UNSENT)) == len(episodes(store))
        admin.execute("DROP FUNCTION public.break_off CASCADE")
    assert Notices(store, desk).send() == len(episodes(store))
    assert all_told_once(store)


def test_what_the_desk_refuses_is_noted_with_the_reason_and_the_rest_goes_on(
    store: Store, desk: Desk, notices: Notices
) -> None:
    first, *others = episodes(store)
    # Somebody else began a stream of this id.
    desk.handle(replace(wish(first, desk), command_id=UNSTAMPED))
    assert notices.send() == 1 + len(others)
    refused = fetch(store, "SELECT id, refused FROM signals.raised WHERE refused > ''")
    [(which, why)] = refused
    assert which == first.id
    assert why.startswith("already_begun: ")
    with store.pool.connection() as connection:
        shown = watching(connection)
    assert shown.refused == [f"{first.kind} {first.key}: {why}"]
    assert (shown.unsent, shown.behind, shown.well) == (0, 0, False)
    assert notices.send() == 0
    assert set(on_record(store)) == {each.id for each in (first, *others)}


class Stubborn:
    """A desk that has trouble with alerts of one kind for a while."""

    def __init__(self, desk: Desk, kind: str) -> None:
        self._desk, self.kind = desk, kind

    def handle(self, command: Command, **around: Any) -> Answer:
        if isinstance(command, RaiseAlert) and command.kind == self.kind:
            raise OSError("no disk is left")
        return self._desk.handle(command, **around)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk, name)


@pytest.mark.usefixtures("notices")
def test_trouble_with_one_is_tried_again_later_and_holds_up_no_other(
    store: Store, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr(resting, "monotonic", lambda: now)
    told = episodes(store)
    kind = told[0].kind
    stubborn = Stubborn(desk, kind)
    notices = Notices(store, stubborn)  # type: ignore[arg-type]
    assert notices.send() == sum(each.kind != kind for each in told)
    assert notices.error == "OSError: no disk is left"
    assert notices.send() == 0  # they rest
    stubborn.kind = ""
    now += resting.BACK_OFF_SECONDS[0]
    assert notices.send() == sum(each.kind == kind for each in told)
    assert all_told_once(store)
    assert notices.error is None


def test_a_log_whose_alerts_are_forgotten_is_told_nothing_again(
    store: Store, desk: Desk, notices: Notices
) -> None:
    """The table of alerts is lost: they are found again, and the desk knows of them."""
    notices.send()
    before, head = on_record(store), store.log.head()
    execute(store, "DELETE FROM signals.raised")
    execute(store, "UPDATE signals.watch SET done = 0")
    watch = Watch(store, desk)
    until(lambda: not watch.work() and not fetch(store, UNSENT))
    assert on_record(store) == before
    assert store.log.head() == head
    assert all_told_once(store)


def test_the_command_of_an_episode_is_always_the_same(store: Store, desk: Desk) -> None:
    [one, *_] = [wish(e, desk) for e in look(store, desk)]
    assert one.command_id == command_id(one.subject) != one.subject


def look(store: Store, desk: Desk) -> list[Episode]:
    Watch(store, desk).look()
    return episodes(store)
