"""Why a promise was not kept goes on record beside the breach, once."""

from __future__ import annotations

from typing import Any

import pytest

from domain.case.accept import AcceptCase
from domain.promise.clock import BreachExplained, ClockStopped, DeadlineBreached
from domain.promise.explain import ExplainBreach
from domain.refused import Refused
from tests.support.hours import Hours
from tests.support.scenario import HANDLER, LEADER, text

WHY: dict[str, Any] = {"clock": "dispatch.1", "reason": "weather"}


@pytest.fixture
def late() -> Hours:
    """A case that was dispatched at 11:00 though it was due at 10:20."""
    hours = Hours()
    hours.received("03-02 10:00")
    hours.dispatched("03-02 11:00")
    return hours


def refused(hours: Hours, local: str, **body: Any) -> str:
    before = len(hours.facts())
    with pytest.raises(Refused) as no:
        hours.do(LEADER, ExplainBreach, local, **WHY | body)
    assert len(hours.facts()) == before
    return no.value.code


def test_a_breach_is_explained(late: Hours) -> None:
    told = late.do(LEADER, ExplainBreach, "03-02 12:00", **WHY, note=text("storm"))
    expected = BreachExplained(clock="dispatch.1", reason="weather", note=text("storm"))
    (fact,) = told
    assert isinstance(fact, BreachExplained)
    assert (fact.clock, fact.reason, fact.note) == (
        expected.clock,
        expected.reason,
        expected.note,
    )
    clock = late.clock("dispatch.1")
    assert (clock.breached, clock.explained, clock.outcome) == (True, True, "late")


def test_the_breach_itself_stays_on_record(late: Hours) -> None:
    late.do(LEADER, ExplainBreach, "03-02 12:00", **WHY)
    (breach,) = late.facts(DeadlineBreached)
    (stop,) = late.facts(ClockStopped)
    assert (breach.clock, stop.outcome) == ("dispatch.1", "late")


def test_a_breach_is_explained_once(late: Hours) -> None:
    late.do(LEADER, ExplainBreach, "03-02 12:00", **WHY)
    assert refused(late, "03-02 12:05") == "explained_already"


def test_what_is_in_time_needs_no_explanation(late: Hours) -> None:
    assert refused(late, "03-02 12:00", clock="answer.1") == "not_breached"
    assert refused(late, "03-02 12:00", clock="answer.2") == "no_such_clock"


def test_an_explanation_is_coded(late: Hours) -> None:
    assert refused(late, "03-02 12:00", reason="mood") == "unknown_reason"


def test_what_falls_due_before_the_explanation_is_breached_first(late: Hours) -> None:
    """Nobody kept time meanwhile, and yet it can be explained: it is overdue."""
    late.do(HANDLER, AcceptCase, "03-02 12:00")
    said = WHY | {"clock": "answer.1"}
    told = late.do(LEADER, ExplainBreach, "03-09 10:00", **said)
    kinds = [type(fact) for fact in told]
    assert kinds.index(DeadlineBreached) < kinds.index(BreachExplained)
    assert late.clock("answer.1").explained
