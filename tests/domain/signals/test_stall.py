"""A case about which nobody who answers for it does anything is noticed after a while."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from domain.case.case import CaseFact
from domain.case.escalation import CaseEscalated
from domain.case.identify import CustomerIdentified
from domain.case.link_repeat import CaseLinkedAsRepeat
from domain.case.merge import CaseAbsorbed, CaseReleased
from domain.case.referral import ReferralReceived
from domain.case.urge import CustomerUrged
from domain.case.withdraw import CaseWithdrawn
from domain.policy.time_rows import Span
from domain.promise.calendar_book import (
    CalendarBook,
    CalendarPublished,
    calendar_book_id,
)
from domain.setting import Setting
from domain.signals import stall
from tests.domain.signals.seeing import rule
from tests.support.scenario import (
    AGENT,
    HANDLER,
    OTHER_ID,
    Scenario,
    given,
    later,
    policy,
    province,
    text,
)
from tests.support.story import ACCEPTED, DISPATCH, HANDLING, SUSPENSION, happened

AFTER = Span(value=4, unit="h")
WHERE = frozenset({"dispatched", "handling"})


def office(name: str) -> CalendarBook:
    """Monday to Friday, with an hour for lunch, in force before anything happens."""
    hours = [["09:00", "12:00"], ["13:00", "17:00"]]
    week = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), hours)
    published = CalendarPublished(
        calendar=name,
        version=1,
        effective_from=later(days=-30),
        document={"tz": "Asia/Shanghai", "weekly": week},
    )
    stamped = published.stamped(
        originator_id=calendar_book_id(name),
        originator_version=1,
        occurred_at=later(days=-30),
    )
    book = stamped.mutate(None)
    assert isinstance(book, CalendarBook)
    return book


def due(start: Scenario, **said: Any) -> datetime | None:
    setting = Setting(
        policy=policy(), organisation=province(), case=lambda _: None, calendar_book=office
    )
    meant: dict[str, Any] = {"after": AFTER, "stages": WHERE} | said
    found = rule("stall", **meant)
    return stall.due(start.case, found, setting)


def test_so_long_after_the_last_act_of_its_owner() -> None:
    assert due(given(*DISPATCH)) == later(hours=4)
    accepted = ACCEPTED.stamped(occurred_at=later(hours=3))
    assert due(given(*DISPATCH, accepted)) == later(hours=7)


def test_neither_the_customer_nor_the_chain_is_its_owner() -> None:
    urged = happened("handling", AGENT, CustomerUrged(times=1))
    told = CaseEscalated(
        rung=1,
        from_post=None,
        to_post="bailu-east.leader",
        told="qu",
        unit="bailu-east",
        reason="no_answer",
        rule="stall",
    )
    for fact in (urged, happened("handling", HANDLER, told)):
        waited = fact.stamped(occurred_at=later(hours=3))
        assert due(given(*HANDLING, waited)) == later(hours=4)


FROM_OUTSIDE = [
    ReferralReceived(body="12398"),
    CaseLinkedAsRepeat(earlier_case=OTHER_ID, earlier_number="260301-1"),
    CustomerIdentified(name=text("李**")),
    CaseAbsorbed(case=OTHER_ID, number="260301-1"),
    CaseWithdrawn(reason="solved"),
]


@pytest.mark.parametrize("fact", FROM_OUTSIDE, ids=lambda fact: fact.TOPIC)
def test_what_reaches_the_case_from_outside_is_no_act_of_its_owner(fact: CaseFact) -> None:
    waited = happened("handling", AGENT, fact).stamped(occurred_at=later(hours=3))
    assert due(given(*HANDLING, waited)) == later(hours=4)


def test_a_case_that_was_released_was_not_acted_on() -> None:
    absorbed = happened("handling", AGENT, CaseAbsorbed(case=OTHER_ID, number="260301-1"))
    released = happened("handling", AGENT, CaseReleased(case=OTHER_ID, number="260301-1"))
    waited = released.stamped(occurred_at=later(hours=3))
    assert due(given(*HANDLING, absorbed, waited)) == later(hours=4)


def test_only_in_the_stages_of_the_rule() -> None:
    assert due(given(*SUSPENSION)) is None
    assert due(given(*SUSPENSION), stages=frozenset()) == later(hours=4)


def test_a_rule_without_a_time_notices_nothing() -> None:
    assert due(given(*DISPATCH), after=None) is None


def test_working_hours_are_counted_in_the_calendar_of_the_rule() -> None:
    """MONDAY is ten in the morning there: two hours until noon, two after one o'clock."""
    assert due(given(*DISPATCH), calendar="office") == later(hours=5)
