"""At the desk a signal is raised once, by the command that brings it; somebody is told."""

from __future__ import annotations

from domain.case.accept import AcceptCase
from domain.case.callback import CompleteCallback, PlanCallback
from domain.case.close import CloseCase
from domain.case.escalation import CaseEscalated
from domain.case.final_answer import GiveFinalAnswer
from domain.case.level import RaiseLevel
from domain.case.reopen import ReopenCase
from domain.case.reply import ReplyToCase
from domain.case.review import ApproveReply
from domain.fact import Fact
from domain.promise.climb import SignalRaised
from tests.support.hours import Hours, at, rules
from tests.support.scenario import (
    AGENT,
    DISPATCHER,
    HANDLER,
    OTHER_AGENT,
    text,
)

NAMED = {"zh": "异常", "en": "signal", "source": "U", "ladder": "idle"}
SIGNALS = {
    "low_rating": NAMED | {"times": 1},
    "reopened": NAMED | {"times": 2},
    "major": NAMED | {"times": 1, "levels": ["major", "special"]},
}


def desk() -> Hours:
    """No clocks run: only signals are raised."""
    return Hours(rules(clocks={}, signals=SIGNALS))


def raised(hours: Hours) -> list[tuple[str, int]]:
    return [(fact.signal, fact.times) for fact in hours.facts(SignalRaised)]


def handled(hours: Hours, day: str, satisfaction: str) -> list[Fact]:
    """A round of the case on one day, up to what the customer says of it."""
    said = {name: text("…") for name in ("cause", "measures", "answer")}
    hours.do(HANDLER, AcceptCase, f"{day} 10:10")
    hours.do(HANDLER, ReplyToCase, f"{day} 11:00", **said, responsibility="company")
    hours.do(DISPATCHER, ApproveReply, f"{day} 11:10")
    hours.do(HANDLER, GiveFinalAnswer, f"{day} 11:20", answer=text("…"), means="phone")
    hours.do(AGENT, PlanCallback, f"{day} 11:30", planned_for=at(f"{day} 15:00"))
    outcome = {"satisfaction": satisfaction, "solved": False}
    return hours.do(OTHER_AGENT, CompleteCallback, f"{day} 15:00", **outcome)


def test_still_not_content_after_it_was_handled_again_the_rung_above_hears_of_it() -> None:
    hours = desk()
    hours.received()
    hours.dispatched()
    handled(hours, "03-02", "dissatisfied")
    assert raised(hours) == [], "once it goes back into handling"
    hours.do(AGENT, ReopenCase, "03-02 15:10", reason="dissatisfied")
    told = handled(hours, "03-03", "dissatisfied")
    assert raised(hours) == [("low_rating", 2)]
    [rung] = [fact for fact in told if isinstance(fact, CaseEscalated)]
    assert (rung.rung, rung.rule) == (1, "idle")
    assert (rung.unit, rung.told) == ("bailu-east", "qu"), "the line of who handled it"


def test_reopened_twice_is_told_once() -> None:
    hours = desk()
    hours.received()
    hours.dispatched()
    handled(hours, "03-02", "dissatisfied")
    hours.do(AGENT, ReopenCase, "03-02 15:10", reason="dissatisfied")
    handled(hours, "03-03", "satisfied")
    hours.do(DISPATCHER, CloseCase, "03-03 15:10")
    assert "reopened" not in dict(raised(hours))
    hours.do(AGENT, ReopenCase, "03-20 10:00", reason="repeat")
    assert dict(raised(hours))["reopened"] == 2
    assert [climb.id for climb in hours.case.climbs] == ["reopened:2"]


def test_major_and_then_special_are_two_signals() -> None:
    hours = desk()
    hours.received(level="general")
    hours.do(AGENT, RaiseLevel, "03-02 10:30", level="major", reason="harm")
    hours.do(AGENT, RaiseLevel, "03-02 10:40", level="special", reason="media")
    assert raised(hours) == [("major", 1), ("major", 2)]
    assert len(hours.facts(CaseEscalated)) == 2


def test_a_case_that_is_major_at_receipt_is_a_signal_at_once() -> None:
    hours = desk()
    hours.received(level="major")
    assert raised(hours) == [("major", 1)]
