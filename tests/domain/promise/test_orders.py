"""The clock of a supervision order: from the first open one until all are answered."""

from __future__ import annotations

import pytest

from domain.case.comment import AddComment
from domain.case.supervise import AnswerSupervision, CloseSupervision, SuperviseCase
from domain.promise.clock import ClockStarted, ClockStopped
from tests.support.hours import RULES, Hours, clock, rules, wall
from tests.support.scenario import AGENT, LEADER, SUPERVISOR, TOWN_LEADER, text

SUPERVISION = clock(
    limit={"value": 1, "unit": "wd", "clock": "step"},
    starts=["case.supervision_ordered"],
    stops=["case.supervision_answered.all_answered"],
    drops=["case.supervision_closed.all_answered"],
    owner="ordered",
    ladder="climb",
)
ORDER, DONE = {"order": text("see to it")}, {"answer": text("done")}


@pytest.fixture
def hours() -> Hours:
    """A case with its unit, where orders have a working day to be answered."""
    found = Hours(rules(RULES | {"supervision": SUPERVISION}))
    found.received("03-02 10:00")
    found.dispatched("03-02 10:05")
    return found


def runs(hours: Hours) -> list[tuple[str, str, str | None]]:
    """Each run of the clock: from when, until when due, and how it came out."""
    return [
        (wall(c.started_at), wall(c.due), c.outcome)
        for c in hours.case.clocks
        if c.step == "supervision"
    ]


def test_an_order_runs_its_own_clock(hours: Hours) -> None:
    hours.do(SUPERVISOR, SuperviseCase, "03-02 11:00", **ORDER)
    assert runs(hours) == [("03-02 11:00", "03-03 11:00", None)]
    hours.do(LEADER, AnswerSupervision, "03-03 10:00", **DONE)
    assert runs(hours) == [("03-02 11:00", "03-03 11:00", "kept")]
    hours.do(SUPERVISOR, CloseSupervision, "03-03 15:00")
    assert runs(hours) == [("03-02 11:00", "03-03 11:00", "kept")]


def test_the_first_open_order_counts_until_all_are_answered(hours: Hours) -> None:
    hours.do(SUPERVISOR, SuperviseCase, "03-02 11:00", **ORDER)
    hours.do(SUPERVISOR, SuperviseCase, "03-02 15:00", **ORDER, to_unit="xishi-town")
    hours.do(LEADER, AnswerSupervision, "03-02 16:00", **DONE)
    assert runs(hours) == [("03-02 11:00", "03-03 11:00", None)]
    hours.do(TOWN_LEADER, AnswerSupervision, "03-03 12:00", **DONE)
    assert runs(hours) == [("03-02 11:00", "03-03 11:00", "late")]


def test_the_next_order_has_a_clock_of_its_own(hours: Hours) -> None:
    hours.do(SUPERVISOR, SuperviseCase, "03-02 11:00", **ORDER)
    hours.do(LEADER, AnswerSupervision, "03-02 16:00", **DONE)
    hours.do(SUPERVISOR, SuperviseCase, "03-04 09:30", **ORDER)
    assert [row[0] for row in runs(hours)] == ["03-02 11:00", "03-04 09:30"]
    assert len({c.id for c in hours.case.clocks}) == len(hours.case.clocks)


def test_nobody_waits_for_the_answer_to_an_order_that_was_taken_back(hours: Hours) -> None:
    hours.do(SUPERVISOR, SuperviseCase, "03-02 11:00", **ORDER)
    hours.do(SUPERVISOR, CloseSupervision, "03-02 12:00", reason="withdrawn")
    assert runs(hours) == [("03-02 11:00", "03-03 11:00", "dropped")]


def test_who_is_told_that_an_order_is_not_answered_leads_the_ordered_unit(
    hours: Hours,
) -> None:
    """Not whoever holds the case."""
    hours.do(SUPERVISOR, SuperviseCase, "03-02 11:00", **ORDER, to_unit="xishi-town")
    hours.keep("03-03 13:30")
    told = [each for each in hours.case.told if each.climb == "overdue:supervision.1"]
    assert [(each.unit, each.person) for each in told] == [("xishi-town", "tan")]


def test_a_comment_changes_no_clock(hours: Hours) -> None:
    before = hours.case.clocks
    (fact,) = hours.do(AGENT, AddComment, "03-02 10:06", text=text("and at night"))
    assert not isinstance(fact, ClockStarted | ClockStopped)
    assert hours.case.clocks == before
