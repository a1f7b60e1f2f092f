"""The worked sum of a clock leads to its due time, for ever."""

from __future__ import annotations

from typing import Any

from api.worked_sums import worked_sum
from domain.case.accept import AcceptCase
from domain.case.suspension import ApproveSuspension, RequestSuspension
from domain.promise.sums import Sum
from projections.clock_rows import ClockRow
from projections.clocks import TIME, Clocks
from projections.folding import fold_in_memory
from projections.reading import Held
from tests.projections.telling import logged
from tests.projections.test_time_and_cases import by_level, extended, steps
from tests.support.hours import Hours, at, wall
from tests.support.scenario import CASE_ID, HANDLER, LEADER


def clocks(hours: Hours, count: int | None = None) -> list[ClockRow]:
    """The clocks as so many facts leave them; all of them for None."""
    facts: list[Any] = hours.facts()[:count]
    return Clocks(Held(fold_in_memory([TIME], logged(facts)))).of(CASE_ID)


def sum_of(hours: Hours, row: ClockRow) -> Sum:
    assert row.policy is not None
    return worked_sum(row, hours.desk.policy(row.policy), hours.desk.calendar_book)


def clock(hours: Hours, name: str) -> ClockRow:
    return next(row for row in clocks(hours) if row.clock == name)


def test_at_every_step_of_a_complaint_the_sum_leads_to_what_was_promised_then() -> None:
    hours = Hours(by_level())
    counts = [len(hours.facts()) for _ in steps(hours)]
    seen = 0
    for count in counts:
        for row in clocks(hours, count):
            assert sum_of(hours, row).due == row.due, row.clock
            seen += 1
    assert seen > 2 * len(counts)


def test_a_rest_is_given_back_and_the_sum_shows_the_days() -> None:
    hours = Hours()
    hours.received()
    hours.dispatched()
    hours.do(HANDLER, AcceptCase, "03-02 10:30")
    until = at("03-04 10:00")
    asked = {"reason": "waiting_customer", "until": until}
    hours.do(HANDLER, RequestSuspension, "03-03 10:00", **asked)
    hours.do(LEADER, ApproveSuspension, "03-03 10:00")
    row = clock(hours, "answer.1")
    found = sum_of(hours, row)
    assert found.due == row.due == at("03-09 10:05")
    assert [line.date for line in found.lines if line.counted and line.unit == "wd"] == [
        "2026-03-03",
        "2026-03-04",
        "2026-03-05",
        "2026-03-06",
    ]
    returned = [line for line in found.lines if line.unit == "s"]
    assert [(line.date[5:], line.opens, line.closes, line.note) for line in returned] == [
        ("03-03", "10:00", "12:00", "paused"),
        ("03-03", "13:00", "17:00", "paused"),
        ("03-04", "09:00", "10:00", "paused"),
        ("03-06", "10:05", "12:00", "given back"),
        ("03-06", "13:00", "17:00", "given back"),
        ("03-07", "", "", "closed: weekly"),
        ("03-08", "", "", "closed: weekly"),
        ("03-09", "09:00", "10:05", "given back"),
    ]
    assert returned[2].total == returned[-1].total == 7 * 3600


def test_what_was_granted_is_not_reckoned_but_rests_after_it_are_given_back() -> None:
    hours = Hours()
    hours.received()
    hours.dispatched()
    hours.do(HANDLER, AcceptCase, "03-02 10:30")
    for _ in extended(hours, "03-03 09:30", "03-12 10:00"):
        pass
    granted = sum_of(hours, clock(hours, "answer.1"))
    assert (wall(granted.start), wall(granted.due), granted.lines) == (
        "03-12 10:00",
        "03-12 10:00",
        (),
    )
    asked = {"reason": "waiting_customer", "until": at("03-05 11:00")}
    hours.do(HANDLER, RequestSuspension, "03-04 16:00", **asked)
    hours.do(LEADER, ApproveSuspension, "03-04 16:00")
    row = clock(hours, "answer.1")
    found = sum_of(hours, row)
    # One hour of Wednesday and two of Thursday.
    assert (wall(found.due), wall(row.due)) == ("03-12 14:00", "03-12 14:00")
    assert [
        (line.date[5:], line.opens, line.closes, line.note) for line in found.lines
    ] == [
        ("03-04", "16:00", "17:00", "paused"),
        ("03-05", "09:00", "11:00", "paused"),
        ("03-12", "10:00", "12:00", "given back"),
        ("03-12", "13:00", "14:00", "given back"),
    ]
    assert {line.total for line in (found.lines[1], found.lines[3])} == {3 * 3600}
