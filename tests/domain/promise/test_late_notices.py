"""A late notice changes what is still to come, and nothing that was told before it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.case.escalation import CaseEscalated
from domain.promise.climb import SignalRaised
from domain.promise.clock import DeadlineBreached
from tests.domain.promise.test_time_machine import DOCUMENT, Time, spoken
from tests.support.calendars import calendar
from tests.support.hours import Hours, at, handled, rules, wall

TWO_DAYS, WEEK = timedelta(days=2), timedelta(days=7)
AROUND_FRIDAY = ["2026-03-06", "2026-03-09", "2026-03-10"]


def test_three_notices_about_a_case_that_lies_idle_leave_the_same_history() -> None:
    """The second takes back the days off of the first, for others; the third takes those
    back too. So the case was idle too long on a day off of the first notice."""
    time = Time()
    time.a_complaint_comes_in()
    for days, minutes in ((0, 1_440), (0, 0), (7, 0)):
        time.a_late_notice_comes_out(days)
        time.nothing_that_passed_is_without_its_fact()
        time.time_goes_by(minutes)
        time.nothing_that_passed_is_without_its_fact()
    time.teardown()
    [raised] = time.kept.facts(SignalRaised)
    assert raised.since == raised.occurred_at == time.now


def test_who_lay_idle_by_a_later_notice_did_so_when_it_came_out_and_not_before() -> None:
    hours = Hours(DOCUMENT)
    hours.received()
    hours.dispatched()
    hours.publish(calendar(2, holidays=["2026-03-03"]), at("03-02 20:00"))
    hours.publish(calendar(3), at("03-03 15:00"))
    hours.keep("03-20 10:00")
    # Six working hours after Monday 10:05: Tuesday 09:05, which was a day off then.
    first = hours.facts(SignalRaised)[0]
    assert (first.signal, wall(first.since)) == ("stall", "03-03 15:00")


def test_what_is_told_late_names_the_next_rung_as_it_was_known_then() -> None:
    hours = handled(Hours(rules()))
    hours.publish(calendar(2, holidays=["2026-03-06"]), at("03-06 10:30"))
    hours.keep("03-06 10:31")
    breached = hours.facts(DeadlineBreached)[0]
    assert [wall(breached.occurred_at), wall(breached.next_at)] == [
        "03-06 10:05",
        "03-06 11:05",
    ]
    assert hours.facts(CaseEscalated) == [], "the notice gave more time"


@pytest.mark.parametrize("published", ["03-05 16:00", "03-06 10:30", "03-06 11:30"])
@pytest.mark.parametrize("effective", ["01-01 00:00", "03-06 12:00"])
@pytest.mark.parametrize("later", [TWO_DAYS / 24, TWO_DAYS, WEEK])
def test_notices_around_a_breach_leave_the_same_history_however_often_one_looks(
    published: str, effective: str, later: timedelta
) -> None:
    """One makes days free, the next makes them working days again."""
    often, once = handled(Hours(DOCUMENT)), handled(Hours(DOCUMENT))
    taken_back = at(published) + later
    since = at(effective).isoformat()
    free = calendar(2, holidays=AROUND_FRIDAY, effective_from=since)
    for hours in (often, once):
        moment = at("03-02 10:30")
        while moment < at("03-20 10:00"):
            moment += timedelta(minutes=30)
            if moment == at(published):
                hours.publish(free, moment)
            if moment == taken_back:
                hours.publish(calendar(3, effective_from=since), moment)
            if hours is often:
                hours.keep(moment + timedelta(minutes=1))
        hours.keep(moment + timedelta(minutes=1))
    assert spoken(often) == spoken(once)
    assert often.facts(CaseEscalated)
