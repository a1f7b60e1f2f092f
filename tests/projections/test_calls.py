"""Calls: who waits, who speaks, how long it took, which case came of it."""

from __future__ import annotations

from datetime import timedelta

from domain.call.abandon import CallAbandoned
from domain.call.answer import CallAnswered
from domain.call.end import CallEnded
from domain.call.hand_on import CallHandedOn
from domain.call.identify_caller import CallerIdentified
from domain.call.link_case import CallLinked
from domain.call.offer import CallOffered
from domain.call.rate import CallRated
from domain.fact import Fact
from projections.calls import CALLS, CallRow
from tests.projections import telling
from tests.projections.telling import at
from tests.support.scenario import CUSTOMER, MONDAY, OTHER_ID


def after(seconds: float, fact: Fact) -> Fact:
    return at(MONDAY + timedelta(seconds=seconds), fact)


OFFERED = after(0, CallOffered(channel="95598", line="1", unit="95598"))
ANSWERED = after(12, CallAnswered(agent="dan", unit="95598"))
HANDED_ON = after(
    40,
    CallHandedOn(from_unit="95598", from_agent="dan", to_unit="bailu", to_agent=None),
)


def call(*facts: Fact) -> CallRow:
    row: CallRow = telling.row(CALLS, *facts)
    return row


def test_a_ringing_call_waits_for_its_unit() -> None:
    row = call(OFFERED)
    assert (row.open, row.unit, row.agent, row.waited) == (True, "95598", None, None)


def test_waiting_ends_with_the_first_answer_and_talking_with_the_end() -> None:
    taken_up = after(50, CallAnswered(agent="lan", unit="bailu"))
    row = call(OFFERED, ANSWERED, HANDED_ON, taken_up, after(100, CallEnded()))
    assert (row.waited, row.talked) == (12.0, 88.0)
    assert (row.agent, row.unit, row.handed_on) == ("lan", "bailu", 1)
    assert (row.open, row.abandoned, row.version) == (False, False, 5)


def test_a_call_handed_on_to_a_unit_waits_there() -> None:
    row = call(OFFERED, ANSWERED, HANDED_ON)
    assert (row.open, row.unit, row.agent) == (True, "bailu", None)


def test_giving_up_ends_the_wait() -> None:
    row = call(OFFERED, after(31, CallAbandoned()))
    assert (row.open, row.abandoned, row.waited, row.talked) == (False, True, 31.0, None)


def test_a_clock_that_runs_behind_makes_no_negative_wait() -> None:
    assert call(OFFERED, after(-3, CallAnswered(agent="dan", unit="95598"))).waited == 0.0


def test_a_call_knows_its_customer_its_cases_and_its_rating() -> None:
    row = call(
        OFFERED,
        ANSWERED,
        CallerIdentified(customer=CUSTOMER),
        CallerIdentified(),
        CallLinked(case=OTHER_ID),
        after(60, CallEnded()),
        CallRated(satisfaction="satisfied", agent="dan", unit="95598"),
    )
    assert (row.customer, row.cases, row.rating) == (CUSTOMER, (OTHER_ID,), "satisfied")
