"""A case through a weekend's rest, a graver level, a late holiday, and a reopening."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from api.case_times import clocks, explained, known_at
from api.office import desk_over
from domain.case.accept import AcceptCase
from domain.case.callback import AttemptCallback, CompleteCallback, PlanCallback
from domain.case.dispatch import DispatchCase
from domain.case.final_answer import GiveFinalAnswer
from domain.case.level import RaiseLevel
from domain.case.reopen import ReopenCase
from domain.case.reply import ReplyToCase
from domain.case.review import ApproveReply
from domain.case.suspension import ApproveSuspension, EndSuspension, RequestSuspension
from domain.command import Command
from domain.fact import Actor
from domain.promise.clock import DeadlineBreached, DeadlineMoved
from projections.check import check
from projections.clocks import Clocks
from projections.reading import Stored
from projections.views import VIEWS
from store import Store
from tests.projections.telling import stream
from tests.support.calendars import calendar
from tests.support.hours import RULES, at, rules, wall
from tests.support.scenario import DISPATCHER, HANDLER, LEADER, OTHER_AGENT, text
from tests.support.timekeeping import TimedHotline

CASE = 1
REPLY = {
    "cause": text("cause"),
    "measures": text("measures"),
    "answer": text("answer"),
    "responsibility": "company",
}

# What was done when, and what is promised from then on: answer, and the customer's answer.
Step = tuple[str, str, Actor | None, type[Command] | None, dict[str, Any], str, str]
STEPS: tuple[Step, ...] = (
    # Four working days from Thursday; five for the customer.
    ("sent on", "03-05 10:05", DISPATCHER, DispatchCase, {"unit": "bailu-east"},
     "answer.1 03-11 10:05", "promise_answer.1 03-12 10:00"),
    ("in hand", "03-05 10:30", HANDLER, AcceptCase, {},
     "answer.1 03-11 10:05", "promise_answer.1 03-12 10:00"),
    ("rest asked for", "03-06 15:00", HANDLER, RequestSuspension,
     {"reason": "waiting_customer", "until": at("03-09 17:00")},
     "answer.1 03-11 10:05", "promise_answer.1 03-12 10:00"),
    # Friday 15-17 and seven hours of Monday are given back: nine hours.
    ("rest", "03-06 15:00", LEADER, ApproveSuspension, {},
     "answer.1 03-12 13:05", "promise_answer.1 03-12 10:00"),
    # It ended on Monday at ten: two hours and one.
    ("rest ended", "03-09 10:00", HANDLER, EndSuspension, {},
     "answer.1 03-11 14:05", "promise_answer.1 03-12 10:00"),
    # Two working days from Thursday are Monday 10:05; the three hours stay given back.
    ("graver", "03-09 10:30", LEADER, RaiseLevel, {"level": "major", "reason": "harm"},
     "answer.1 03-09 14:05", "promise_answer.1 03-12 10:00"),
    # Monday turns out to be a holiday: Tuesday 10:05, and the two hours of Friday.
    ("notice", "03-09 11:00", None, None, {},
     "answer.1 03-10 13:05", "promise_answer.1 03-13 10:00"),
    ("replied", "03-10 11:00", HANDLER, ReplyToCase, REPLY,
     "", "promise_answer.1 03-13 10:00"),
    ("approved", "03-10 11:30", DISPATCHER, ApproveReply, {},
     "", "promise_answer.1 03-13 10:00"),
    ("answered", "03-10 14:00", DISPATCHER, GiveFinalAnswer,
     {"answer": text("answer"), "means": "phone"}, "", ""),
    ("callback planned", "03-10 15:00", OTHER_AGENT, PlanCallback,
     {"planned_for": at("03-11 10:00")}, "", ""),
    ("rung", "03-11 10:00", OTHER_AGENT, AttemptCallback, {"result": "reached"}, "", ""),
    ("dissatisfied", "03-11 10:05", OTHER_AGENT, CompleteCallback,
     {"satisfaction": "dissatisfied", "solved": False}, "", ""),
    # Everything begins anew: two working days, as it is grave, and five.
    ("reopened", "03-11 15:00", OTHER_AGENT, ReopenCase, {"reason": "dissatisfied"},
     "answer.2 03-13 15:00", "promise_answer.2 03-18 15:00"),
)  # fmt: skip


class Told:
    """The hotline after the whole story, and when each step was on record."""

    def __init__(self, hotline: TimedHotline) -> None:
        self.hotline = hotline
        self.known: dict[str, datetime] = {}

    def live(self) -> None:
        answer = {step: RULES[step] for step in ("answer", "promise_answer")}
        document = rules(answer)
        graver = {"step": "answer", "value": 2, "levels": ["major"]}
        document["limits"]["answer_major"] = RULES["answer"]["limit"] | graver
        self.hotline.found(document)
        self.hotline.clock.at = at("03-05 10:00")
        self.hotline.receive(CASE)
        for name, local, actor, kind, body, *_ in STEPS:
            self.hotline.clock.at = at(local)
            if actor is None or kind is None:
                notice = calendar(2, holidays=["2026-03-09"], note="a late notice")
                self.hotline.publish_calendar(notice, at(local))
                self.hotline.timekeeper().catch_up()
            else:
                self.hotline.do(CASE, actor, kind, **body)
            self.hotline.settle()
            self.known[name] = self.hotline.store.log.stream(stream(CASE))[-1].recorded_at

    @property
    def entries(self) -> list[Any]:
        return list(self.hotline.store.log.stream(stream(CASE)))


@pytest.fixture(scope="module")
def told(module_store: Store) -> Iterator[Told]:
    with desk_over(module_store) as desk:
        hotline = TimedHotline(module_store, desk)
        with hotline.folding():
            story = Told(hotline)
            story.live()
            yield story


def promised(rows: list[Any]) -> list[str]:
    """Every clock that runs, and until when."""
    return [f"{row.clock} {wall(row.due)}" for row in rows if row.state == "running"]


@pytest.mark.parametrize("step", STEPS, ids=[step[0] for step in STEPS])
def test_as_of_each_step_a_look_back_shows_what_was_promised_then(
    told: Told, step: Step
) -> None:
    name, *_, answer, promise = step
    then = clocks(stream(CASE), known_at(told.entries, told.known[name]))
    assert sorted(promised(then)) == sorted(filter(None, (answer, promise)))


@pytest.mark.parametrize("step", STEPS, ids=[step[0] for step in STEPS])
def test_as_of_each_step_the_worked_sums_lead_to_what_was_promised(
    told: Told, step: Step
) -> None:
    then = clocks(stream(CASE), known_at(told.entries, told.known[step[0]]))
    for clock in explained(then, told.hotline.desk):
        assert clock["sum"].due == clock["due"], clock["clock"]


def test_the_sum_after_the_notice_names_each_day_that_counted(told: Told) -> None:
    then = clocks(stream(CASE), known_at(told.entries, told.known["notice"]))
    [answer] = [c for c in explained(then, told.hotline.desk) if c["step"] == "answer"]
    counted = [(line.date, line.counted) for line in answer["sum"].lines if line.counted]
    assert ("2026-03-06", 1) in counted
    assert ("2026-03-10", 1) in counted
    assert not any(date == "2026-03-09" for date, _ in counted)


def test_each_time_a_deadline_moved_the_fact_says_why_and_from_where(told: Told) -> None:
    moved = [e.fact for e in told.entries if isinstance(e.fact, DeadlineMoved)]
    said = [(f.clock, f.why, wall(f.from_due), wall(f.due)) for f in moved]
    assert said == [
        ("answer.1", "suspended", "03-11 10:05", "03-12 13:05"),
        ("answer.1", "resumed", "03-12 13:05", "03-11 14:05"),
        ("answer.1", "level", "03-11 14:05", "03-09 14:05"),
        ("answer.1", "calendar", "03-09 14:05", "03-10 13:05"),
        ("promise_answer.1", "calendar", "03-12 10:00", "03-13 10:00"),
    ]
    assert not any(isinstance(e.fact, DeadlineBreached) for e in told.entries)


def test_the_stored_clocks_are_those_of_the_facts(told: Told) -> None:
    stored = Clocks(Stored(told.hotline.store.pool)).of(stream(CASE))
    assert stored == clocks(stream(CASE), told.entries)
    assert check(told.hotline.store, VIEWS).sound


def test_what_was_kept_is_kept(told: Told) -> None:
    outcomes = {row.clock: row.state for row in clocks(stream(CASE), told.entries)}
    assert outcomes == {
        "answer.1": "kept",
        "promise_answer.1": "kept",
        "answer.2": "running",
        "promise_answer.2": "running",
    }
