"""The clock of a supervision order: from the first open one until all are answered."""

from __future__ import annotations

import pytest

from domain.case.comment import AddComment
from domain.case.supervise import (
    AnswerSupervision,
    CloseSupervision,
    SuperviseCase,
    SupervisionAnswered,
)
from domain.fact import Actor
from domain.organisation.delegate import Delegate
from domain.promise.clock import ClockStarted, ClockStopped
from domain.refused import NotFound
from tests.support.hours import RULES, Hours, at, clock, rules, wall
from tests.support.organisation import order
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


def test_who_stands_in_for_the_leader_of_the_ordered_unit_answers(hours: Hours) -> None:
    """Under a delegation, for a unit that does not hold the case."""
    hours.do(SUPERVISOR, SuperviseCase, "03-02 11:00", **ORDER, to_unit="xishi-town")
    stand_in = Actor(person="wan", role="leader", unit="liuying-town")
    with pytest.raises(NotFound):
        hours.do(stand_in, AnswerSupervision, "03-02 12:00", **DONE)
    leave = order(
        Delegate,
        at("03-02 13:00"),
        actor=TOWN_LEADER,
        delegation="leave",
        from_person="tan",
        from_post="xishi-town.leader",
        to_person="wan",
        actions=("answer-supervision",),
        unit="xishi-town",
        expires_at=at("03-09 13:00"),
    )
    hours.voice(leave)
    told = hours.do(stand_in, AnswerSupervision, "03-02 14:00", **DONE)
    (answer,) = (fact for fact in told if isinstance(fact, SupervisionAnswered))
    assert (answer.person, answer.actor.unit) == ("wan", "xishi-town")


def test_a_comment_changes_no_clock(hours: Hours) -> None:
    before = hours.case.clocks
    (fact,) = hours.do(AGENT, AddComment, "03-02 10:06", text=text("and at night"))
    assert not isinstance(fact, ClockStarted | ClockStopped)
    assert hours.case.clocks == before
