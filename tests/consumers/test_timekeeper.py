"""The timekeeper: what fell due happens once, at its own moment, however late it looks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from consumers.timekeeping import timekeeper as module
from domain.case.dispatch import DispatchCase
from domain.command import Command
from domain.desk import Answer
from domain.promise.coming import BREACH, Coming
from projections.check import check
from projections.clocks import Clocks
from projections.reading import Stored
from projections.timekeepers import timekeeping
from projections.views import VIEWS
from tests.consumers.test_follower import until
from tests.projections.telling import in_stream, record, stream
from tests.projections.test_rebuild import in_the_background
from tests.support.database import Databases
from tests.support.hours import RULES, at, calendar, rules, wall
from tests.support.scenario import DISPATCHER
from tests.support.story import received
from tests.support.timekeeping import TEN, TimedHotline, hotline_on, whole_ladder

DAY = timedelta(days=1)
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture
def hotline(dsn: str, tmp_path: Path) -> Iterator[TimedHotline]:
    with hotline_on(dsn, tmp_path) as opened:
        opened.found()
        yield opened


def happened(hotline: TimedHotline, number: int) -> list[tuple[str, str, dict[str, Any]]]:
    """What the facts of a case say, and when it happened."""
    return [
        (fact.TOPIC, wall(fact.occurred_at), said(vars(fact)))
        for fact in hotline.facts(number)
    ]


def said(state: dict[str, Any]) -> dict[str, Any]:
    """Without what names the command, which differs with how much one command found."""
    envelope = {"command_id", "actor", "coming", "causation_id", "timestamp"}
    return {name: value for name, value in state.items() if name not in envelope}


def test_a_ladder_with_nobody_acting_gives_one_fact_a_rung_at_the_right_working_times(
    hotline: TimedHotline,
) -> None:
    hotline.receive(1)
    keeper = hotline.timekeeper()
    with hotline.folding():
        while hotline.clock() < TEN + 2 * DAY:
            hotline.clock.forward(HALF_HOUR)
            keeper.catch_up()
    assert hotline.by_time() == whole_ladder(1)
    told = [
        (fact.TOPIC, wall(fact.occurred_at))
        for fact in hotline.facts(1)
        if fact.actor.person == "timekeeper"
    ]
    assert told == [
        ("case.deadline_breached", "03-02 10:20"),
        ("case.escalated", "03-02 11:20"),
        ("case.escalated", "03-02 15:20"),  # an hour of noon is no working time
        ("case.escalated", "03-03 10:20"),
    ]


def test_a_timekeeper_that_was_away_for_two_days_writes_the_same_facts(
    server: Databases, tmp_path: Path
) -> None:
    found = []
    for steps in ([HALF_HOUR] * 96, [2 * DAY]):
        with server.fresh() as dsn, hotline_on(dsn, tmp_path) as hotline:
            hotline.found()
            hotline.receive(1)
            with hotline.folding():
                for step in steps:
                    hotline.clock.forward(step)
                    hotline.timekeeper().catch_up()
            assert hotline.by_time() == whole_ladder(1)
            found.append((happened(hotline, 1), recorded_at(hotline)))
    [(punctual, then), (late, later)] = found
    assert punctual == late
    assert then != later


def recorded_at(hotline: TimedHotline) -> list[datetime]:
    return [entry.recorded_at for entry in hotline.store.log.stream(stream(1))]


def test_whoever_acts_in_time_stops_the_ladder(hotline: TimedHotline) -> None:
    hotline.receive(1, 2)
    with hotline.folding():
        hotline.clock.at = at("03-02 10:19")
        hotline.do(1, DISPATCHER, DispatchCase, unit="bailu-east")
        hotline.clock.at = at("03-02 12:00")
        hotline.do(2, DISPATCHER, DispatchCase, unit="bailu-east")
        hotline.clock.forward(2 * DAY)
        hotline.settle()
        hotline.timekeeper().catch_up()
    assert hotline.by_time() == {
        (stream(2), "breach dispatch.1"): 1,
        (stream(2), "rung 1"): 1,
    }


def test_two_timekeepers_at_once_give_one_fact_a_rung(
    hotline: TimedHotline, dsn: str, tmp_path: Path
) -> None:
    cases = range(60)
    hotline.receive(*cases)
    with hotline_on(dsn, tmp_path) as other, hotline.folding():
        keepers = [hotline.timekeeper(batch=7), other.timekeeper(batch=5)]
        with in_the_background(*(keeper.run for keeper in keepers)):
            for moment in ("03-02 10:21", "03-02 12:00", "03-04 10:00"):
                hotline.clock.at = other.clock.at = at(moment)
                until(lambda: not due(hotline))
        served = [keeper.health().served for keeper in keepers]
        hotline.settle()
    assert hotline.by_time() == whole_ladder(*cases)
    assert sum(served) >= 3 * len(cases)
    assert check(hotline.store, VIEWS).sound


def due(hotline: TimedHotline) -> int:
    """How many cases have something due, as the views have it at the head of the log."""
    hotline.follower.positions.wait("deadlines", hotline.store.log.head(), timeout=60)
    with hotline.store.pool.connection() as connection:
        row = connection.execute(
            "SELECT count(*) FROM views.deadlines WHERE next_at < %s", [hotline.clock()]
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_clock_that_jumps_forward_and_back_makes_nothing_happen_twice(
    hotline: TimedHotline,
) -> None:
    hotline.receive(1, 2)
    keeper = hotline.timekeeper()
    with hotline.folding():
        for moment in ("03-02 11:30", "03-02 10:10", "03-02 11:00", "2027-03-02 10:00"):
            hotline.clock.at = at(moment.removeprefix("2027-"))
            if moment.startswith("2027"):
                hotline.clock.forward(365 * DAY)
            keeper.catch_up()
        jumped = happened(hotline, 1)
        for moment in ("03-02 10:00", "03-03 10:00", "03-05 10:00"):
            hotline.clock.at = at(moment)
            keeper.catch_up()
    assert hotline.by_time() == whole_ladder(1, 2)
    assert happened(hotline, 1) == jumped
    assert [moment for topic, moment, _ in jumped if topic == "case.escalated"] == [
        "03-02 11:20",
        "03-02 15:20",
        "03-03 10:20",
    ]


def test_a_case_received_after_the_clock_jumped_back_is_kept_by_its_own_time(
    hotline: TimedHotline,
) -> None:
    hotline.clock.at = at("03-06 10:00")
    hotline.receive(1)
    with hotline.folding():
        hotline.clock.at = TEN
        hotline.receive(2)
        hotline.clock.at = at("03-02 10:30")
        hotline.settle()
        hotline.timekeeper().catch_up()
        assert hotline.by_time() == {(stream(2), "breach dispatch.1"): 1}
        hotline.clock.at = at("03-06 10:30")
        hotline.timekeeper().catch_up()
    assert hotline.by_time() == whole_ladder(2) + type(whole_ladder())(
        {(stream(1), "breach dispatch.1"): 1}
    )


class Stubborn:
    """A desk that cannot serve one case, for a reason of its own."""

    def __init__(self, hotline: TimedHotline, number: int) -> None:
        self.desk, self.case_id, self.well = hotline.desk, stream(number), False

    def handle(self, command: Command, **around: Any) -> Answer:
        if command.subject == self.case_id and not self.well:
            raise RuntimeError("not this one")
        return self.desk.handle(command, **around)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.desk, name)


def test_a_case_that_cannot_be_served_holds_up_nobody_and_is_not_forgotten(
    hotline: TimedHotline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("consumers.resting.BACK_OFF_SECONDS", (0.05,))
    hotline.receive(1, 2, 3)
    stubborn = Stubborn(hotline, 1)
    hotline.desk = stubborn  # type: ignore[assignment]
    keeper = hotline.timekeeper(batch=1)
    hotline.clock.forward(2 * DAY)
    with hotline.folding(), in_the_background(keeper.run):
        until(lambda: hotline.by_time() == whole_ladder(2, 3))
        until(lambda: keeper.health().failing == 1)
        assert "not this one" in (keeper.health().error or "")
        stubborn.well = True
        until(lambda: hotline.by_time() == whole_ladder(1, 2, 3))
        until(lambda: keeper.health().failing == 0)
        assert keeper.health().error is None


def test_a_case_that_stays_due_after_it_was_served_is_reported_and_left_alone(
    hotline: TimedHotline,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Such a row is of an earlier program, or of rules that the desk cannot find."""
    monkeypatch.setattr("consumers.resting.BACK_OFF_SECONDS", (0.2,))
    coming = Coming(at=TEN, what=BREACH, clock="unheard-of.1")
    [fact] = in_stream(stream(1), [received().stamped(coming=coming)])
    rules_in_force = hotline.desk.policy_in_force(TEN).label
    record(hotline.store, [fact.stamped(policy=rules_in_force)])
    hotline.receive(2)
    hotline.clock.forward(2 * DAY)
    keeper = hotline.timekeeper(batch=1)
    with hotline.folding():
        keeper.catch_up()
        assert hotline.by_time() == whole_ladder(2)
        assert keeper.health().failing == 1
        assert str(stream(1)) in caplog.text
        until(keeper.catch_up)  # after a rest it is tried again
        assert keeper.health().failing == 1
        assert "2 times in a row: StillDue" in caplog.text


def test_a_new_calendar_moves_open_deadlines_that_nobody_touches(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CALENDARS_SECONDS", 0.0)
    cases = range(5)
    with hotline_on(dsn, tmp_path) as hotline:
        hotline.found(rules({"promise_answer": RULES["promise_answer"]}))
        hotline.receive(*cases)
        keeper = hotline.timekeeper(batch=2)
        with hotline.folding():
            keeper.catch_up()
            assert dues(hotline, cases) == {"03-09 10:00"}
            hotline.clock.at = at("03-03 10:00")
            # Two days off, told late.
            off = ["2026-03-04", "2026-03-05"]
            hotline.publish_calendar(calendar(2, holidays=off), hotline.clock())
            hotline.clock.forward(HALF_HOUR)
            keeper.catch_up()
            assert dues(hotline, cases) == {"03-11 10:00"}
            moved = {(stream(n), "calendar promise_answer.1"): 1 for n in cases}
            assert hotline.by_time() == moved
            # Who starts anew looks again, and finds nothing to do.
            assert hotline.timekeeper().catch_up() == 0
            assert keeper.catch_up() == 0


def dues(hotline: TimedHotline, cases: range) -> set[str]:
    """When the first clocks of the cases are due, as the views have it."""
    found = [Clocks(Stored(hotline.store.pool)).of(stream(n))[0] for n in cases]
    return {wall(clock.due) for clock in found}


def test_health_says_who_keeps_time_and_what_waits(hotline: TimedHotline) -> None:
    hotline.receive(1)
    keeper = hotline.timekeeper()

    def seen() -> Any:
        with hotline.store.pool.connection() as connection:
            return timekeeping(connection)

    assert (seen().running, seen().last_scan, seen().overdue) == (False, None, 0)
    with hotline.folding():
        # The case is of the past, and the database looks at its own clock.
        assert (seen().overdue, seen().well) == (1, True)
        with in_the_background(keeper.run):
            until(lambda: seen().last_scan)
            assert seen().running
            assert not seen().well
            hotline.clock.forward(2 * DAY)
            until(lambda: seen().overdue == 0)
            assert seen().well
        until(lambda: not seen().running)


@pytest.mark.parametrize("size", [500])
def test_many_promises_due_in_the_same_second_all_escalate_once(
    hotline: TimedHotline, size: int
) -> None:
    hotline.receive(*range(size))
    with hotline.folding(), ExitStack() as stack:
        stack.enter_context(in_the_background(hotline.timekeeper().run))
        hotline.clock.forward(2 * DAY)
        until(lambda: not due(hotline))
    assert hotline.by_time() == whole_ladder(*range(size))
