"""Two cases that become one, and apart again: time passes in both as if nobody looked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import uuid5

from domain.case.merge import CaseAbsorbed, MergeCase, UnmergeCase
from domain.case.receive import ReceiveCase
from domain.case.referral import ReceiveReferral
from domain.case.suspension import RequestSuspension
from domain.fact import Fact
from domain.promise.clock import ClockResumed, DeadlineBreached
from tests.support.hours import RULES, Hours, at, clock, handled, rules, wall
from tests.support.scenario import (
    AGENT,
    CASE_ID,
    DISPATCHER,
    HANDLER,
    OTHER_ID,
    by,
    text,
)

REFERRAL = clock(
    limit={"value": 7, "unit": "d", "clock": "outer"},
    starts=["case.referral_received", "case.absorbed.referred"],
    stops=["case.final_answer_given"],
)
REQUEST = clock(
    limit={"value": 4, "unit": "h", "clock": "step"},
    starts=["case.suspension_requested"],
    stops=["case.suspension_approved", "case.suspension_refused"],
    owner="leader",
)


def another(hours: Hours, local: str) -> None:
    """A second complaint comes in."""
    body = {"business_type": "complaint", "phone": text("138****5678")}
    command = by(AGENT, ReceiveCase, at=at(local), **body)
    named = uuid5(OTHER_ID, "receive")
    hours.voice(replace(command, subject=OTHER_ID, command_id=named))


def of_the_other(hours: Hours, kind: type[Any]) -> list[Any]:
    return [fact for fact in hours.memory.facts(OTHER_ID) if isinstance(fact, kind)]


def merged(hours: Hours, local: str) -> list[Fact]:
    return hours.do(DISPATCHER, MergeCase, local, into=OTHER_ID)


def test_what_fell_due_in_the_other_case_happened_before_it_took_this_one_in() -> None:
    hours = Hours()
    another(hours, "03-02 10:00")
    hours.received("03-02 10:05")
    merged(hours, "03-02 10:24")
    kinds = [type(fact) for fact in hours.memory.facts(OTHER_ID)]
    assert kinds.index(DeadlineBreached) < kinds.index(CaseAbsorbed)
    [breach] = of_the_other(hours, DeadlineBreached)
    assert wall(breach.occurred_at) == "03-02 10:20"


def test_a_command_by_a_slow_clock_comes_after_what_is_on_record() -> None:
    hours = Hours()
    hours.received("03-02 10:00")
    hours.keep("03-02 10:10")
    another(hours, "03-02 10:00")
    merged_late = by(DISPATCHER, MergeCase, at=at("03-02 10:30"), into=CASE_ID)
    named = uuid5(OTHER_ID, "merge")
    hours.voice(replace(merged_late, subject=OTHER_ID, command_id=named))
    # The dispatcher's own clock is behind: the case was spoken of at 10:30 already.
    hours.dispatched("03-02 10:19")
    assert hours.clock("dispatch.1").outcome == "late"
    assert [wall(f.due) for f in hours.facts(DeadlineBreached)] == ["03-02 10:20"]


def test_a_merge_that_is_undone_takes_no_promise_away_and_starts_none_anew() -> None:
    hours = handled(Hours())
    another(hours, "03-02 10:40")
    merged(hours, "03-02 11:00")
    assert {clock.outcome for clock in hours.case.clocks} == {"kept", "dropped"}
    hours.do(DISPATCHER, UnmergeCase, "03-04 11:00", reason="other_matter")
    assert {f.clock for f in hours.facts(ClockResumed)} == {"answer.1", "promise_answer.1"}
    assert hours.due("promise_answer.1") == "03-09 10:00"


def test_what_lapsed_with_the_merge_is_waited_for_by_nobody() -> None:
    hours = handled(Hours(rules(RULES | {"decide_suspension": REQUEST})))
    asked = {"reason": "waiting_customer", "until": at("03-04 10:00")}
    hours.do(HANDLER, RequestSuspension, "03-02 10:45", **asked)
    another(hours, "03-02 10:50")
    merged(hours, "03-02 11:00")
    hours.do(DISPATCHER, UnmergeCase, "03-02 11:30", reason="other_matter")
    assert hours.clock("decide_suspension.1").outcome == "dropped"


def test_who_referred_a_case_that_was_merged_waits_for_the_other_since_then() -> None:
    hours = Hours(rules(RULES | {"referral": REFERRAL}))
    hours.received("03-02 10:00")
    hours.do(AGENT, ReceiveReferral, "03-02 10:02", body="12345", number="7")
    another(hours, "03-02 10:03")
    merged(hours, "03-02 10:10")
    other = hours.desk.case(OTHER_ID)
    assert other is not None
    waiting = other.running("referral")
    assert waiting is not None
    assert (wall(waiting.started_at), wall(waiting.due)) == ("03-02 10:02", "03-09 10:02")
    assert other.referrals == ["12345 7"]


def test_a_referral_starts_the_clock_of_its_own_body_only() -> None:
    limit = REFERRAL["limit"]
    document = rules(
        {
            "referral_12345": REFERRAL | {"limit": limit | {"bodies": ["12345"]}},
            "referral_media": REFERRAL | {"limit": limit | {"bodies": ["media"]}},
        }
    )
    hours = Hours(document)
    hours.received("03-02 10:00")
    hours.do(AGENT, ReceiveReferral, "03-02 10:02", body="12345")
    assert [c.id for c in hours.case.clocks] == ["referral_12345.1"]
    hours.do(AGENT, ReceiveReferral, "03-03 10:02", body="media")
    assert [c.id for c in hours.case.clocks] == ["referral_12345.1", "referral_media.1"]
