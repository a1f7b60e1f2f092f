"""The timeline tells every fact of a case in plain words, in both languages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from string import Formatter
from uuid import uuid4

import pytest

import domain.catalogue  # noqa: F401 - every fact is known once this is read
from api.policies import shipped
from domain.case.callback_choice import WHYS, CallbackDecided
from domain.case.case import CaseFact
from domain.case.contact import CustomerContacted
from domain.case.escalation import CaseEscalated
from domain.case.rating import CaseRated
from domain.case.reassign import CaseReassigned
from domain.case.returning import CaseReturned
from domain.case.witness import StepWitnessed
from domain.fact import Actor, Sealed
from domain.organisation.organisation import Organisation
from domain.policy.policy import Policy
from domain.promise.climb import SignalRaised
from domain.promise.clock import ClockStarted, DeadlineMoved
from projections.timelines import WORDS, Line, Teller, told_customer
from store.log import Entry
from tests.support.organisation import founded

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
POLICY = Policy.from_document(shipped()["sgcc-2022"])


def every_fact(kind: type[CaseFact] = CaseFact) -> Iterator[type[CaseFact]]:
    for each in kind.__subclasses__():
        if "TOPIC" in each.__dict__:
            yield each
        yield from every_fact(each)


FACTS = {fact.TOPIC: fact for fact in every_fact() if fact.TOPIC.startswith("case.")}


def told(fact: CaseFact, organisation: Organisation | None = None) -> Line:
    stamped = fact.stamped(
        originator_version=1, occurred_at=AT, actor=Actor(person="ran", role="handler")
    )
    teller = Teller(POLICY, organisation or founded())
    [line] = teller.timeline([Entry(7, AT, stamped)])
    return line


def test_every_fact_of_a_case_has_words_and_no_words_are_left_over() -> None:
    assert WORDS.keys() == FACTS.keys()


@pytest.mark.parametrize("topic", sorted(WORDS))
def test_the_words_speak_of_fields_that_the_fact_has(topic: str) -> None:
    fact = FACTS[topic]
    assert is_dataclass(fact)
    names = {each.name for each in fields(fact)}
    for text in (WORDS[topic].zh, WORDS[topic].en):
        asked = {name for _, name, _, _ in Formatter().parse(text) if name}
        assert asked <= names


def test_codes_units_and_people_are_told_by_their_names() -> None:
    line = told(
        CaseReassigned(from_unit="bailu-east", to_unit="xishi-town", reason="wrong_unit")
    )
    assert line.zh == "由白鹭东供电所转派至溪石镇供电所: 派发单位错误"
    assert line.en == "reassigned from 白鹭东供电所 to 溪石镇供电所: sent to the wrong unit"
    assert line.name == "冉白露"


def test_what_nobody_knows_speaks_for_itself() -> None:
    line = told(CaseReturned(from_unit="atlantis", reason="low tide"), Organisation.empty())
    assert line.en == "atlantis asks to return it: low tide"
    assert line.name == "ran"


def test_sealed_words_show_their_mask_only() -> None:
    note = Sealed(person=uuid4(), envelope=uuid4(), mask="[8]", box="x", commitment="y")
    fact = CustomerContacted(means="phone", outcome="reached", reached=True, note=note)
    assert told(fact).en == "contacted the customer by phone: reached"


def test_history_is_told_in_the_words_of_its_source() -> None:
    fact = StepWitnessed(row=3, activity="Queued", unit="L2", person="Anne")
    assert told(fact).en == "on record there: Queued (L2)"


@pytest.mark.parametrize("reached", [True, False])
def test_the_badge_says_whether_the_customer_heard_something(reached: bool) -> None:
    fact = CustomerContacted(means="phone", outcome="x", reached=reached)
    assert told_customer(fact) is reached
    assert told(fact).customer_told is reached


def test_clocks_and_signals_are_told_by_the_names_the_rules_give_them() -> None:
    started = ClockStarted(
        clock="dispatch.1",
        step="dispatch",
        kind="step",
        rule="dispatch",
        started_at=AT,
        due=AT + timedelta(minutes=20),
    )
    assert told(started).zh == "“派发”开始计时, 2026-03-02 10:20 到期"
    moved = DeadlineMoved(
        clock="dispatch.2",
        why="level",
        rule="dispatch",
        from_due=AT,
        due=AT + timedelta(minutes=2),
    )
    assert told(moved).en == (
        "dispatch is due 2026-03-02 10:02 instead of 2026-03-02 10:00: another level"
    )
    assert told(moved).customer_told is told(started).customer_told is False
    raised = SignalRaised(signal="ping_pong", times=1, climb="ping_pong:1", since=AT)
    assert told(raised).zh == f"异常: {POLICY.signals['ping_pong'].zh}, 第 1 次"


def test_an_escalation_by_time_says_what_made_it_climb_and_that_nobody_was_told() -> None:
    climbed = CaseEscalated(
        rung=2,
        from_post=None,
        to_post=None,
        told=None,
        unit="bailu",
        reason="stall",
        rule="stall",
        fallback="nobody",
        climb="stall:1",
    )
    line = told(climbed)
    assert line.zh.endswith(f"无人: {POLICY.signals['stall'].zh}")
    assert "nobody" in line.en
    assert told(climbed.stamped(reason="late", told="qu")).en.endswith("overdue")


@pytest.mark.parametrize("why", WHYS)
def test_why_a_customer_is_called_back_or_not_is_told_in_words(why: str) -> None:
    line = told(CallbackDecided(due=True, why=why))
    assert line.zh.startswith("应当回访: 是 (")
    assert f"({why})" not in line.zh


def test_a_rating_says_through_what_it_came_and_what_was_offered_for_it() -> None:
    asked = CaseRated(rater="customer", satisfaction="neutral", counts=True, nth=1)
    assert told(asked).zh == "客户评价 (客户口述): 一般, 计入统计: 是"
    paid = asked.stamped(rater="sms", incentive="coupon", counts=False)
    assert told(paid).zh == "客户评价 (短信评价): 一般, 计入统计: 否 优惠券"
