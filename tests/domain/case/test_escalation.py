"""A case climbs one rung at a time; whoever was told is named, and answers for it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from domain.case.case import CaseFact
from domain.case.escalation import (
    AnswerEscalation,
    CaseEscalated,
    EscalateCase,
    EscalationAnswered,
)
from domain.case.reassign import CaseReassigned
from domain.case.reopen import CaseReopened
from domain.case.witness import CaseWitnessed
from domain.fact import Actor
from domain.organisation.appoint import Appoint
from domain.organisation.delegate import AuthorityDelegated
from domain.organisation.organisation import ORGANISATION_ID
from domain.organisation.register_person import RegisterPerson
from domain.organisation.relieve import Relieve
from tests.support.organisation import SEATS, SINCE, founded, order
from tests.support.scenario import (
    AGENT,
    COUNTY_HANDLER,
    COUNTY_LEADER,
    DISPATCHER,
    HANDLER,
    LEADER,
    SUPERVISOR,
    TOWN_LEADER,
    Scenario,
    by,
    given,
    later,
    text,
)
from tests.support.story import ARCHIVE, CLOSED, DISPATCH, HANDLING, happened

ASK = by(AGENT, EscalateCase, reason="late")
# The line of bailu-east, as it was founded: station, county, city, province.
LINE = (
    ("bailu-east", "bailu-east.leader", "qu"),
    ("bailu", "bailu.leader", "lan"),
    ("wangchuan", "wangchuan.leader", "hai"),
    ("qinglan", "qinglan.leader", "an"),
)


def escalated(
    rung: int, from_post: str | None = None, reason: str = "late"
) -> CaseEscalated:
    """The fact of the rung-th step up the line of bailu-east."""
    unit, post, person = LINE[rung - 1]
    return CaseEscalated(
        rung=rung,
        from_post=from_post or LINE[rung - 2][1],
        to_post=post,
        told=person,
        unit=unit,
        reason=reason,
        rule="by_hand",
    )


FIRST = escalated(1, from_post="bailu-east.ran")


def climbed(*facts: CaseFact) -> tuple[CaseFact, ...]:
    return tuple(happened("handling", AGENT, fact) for fact in facts)


def answered(rung: int, person: str, *, last: bool = True) -> EscalationAnswered:
    """``last``: nobody else who was told by hand is silent."""
    unit, post, told = LINE[rung - 1]
    return EscalationAnswered(
        rung=rung, unit=unit, post=post, told=told, person=person, all_answered=last
    )


# Up


def test_the_first_to_be_told_is_the_holders_own_leader() -> None:
    case = given(*HANDLING).when(ASK).then(FIRST)
    assert case.rung == 1
    assert case.stage == "handling"
    assert case.holder_unit == "bailu-east"


def test_each_escalation_goes_one_rung_up() -> None:
    told: list[CaseFact] = [FIRST]
    for rung in (2, 3, 4):
        step = escalated(rung)
        given(*HANDLING, *climbed(*told)).when(ASK).then(step)
        told.append(step)
    given(*HANDLING, *climbed(*told)).when(ASK).then_refused("top_of_chain")


def test_nobody_has_accepted_it_yet_so_it_comes_from_nobody() -> None:
    asked = by(SUPERVISOR, EscalateCase, reason="late", note=text("look"))
    fact = replace(FIRST, from_post=None, note=text("look"))
    given(*DISPATCH).when(asked).then(fact)


def test_nobody_escalates_to_themselves() -> None:
    asked = by(LEADER, EscalateCase, reason="authority_lacking")
    step = escalated(2, "bailu-east.ran", reason="authority_lacking")
    given(*HANDLING).when(asked).then(step)


def test_the_chain_is_that_of_the_moment_of_the_act() -> None:
    monday, friday = later(hours=1), later(days=4)
    changed = founded(
        order(Relieve, monday, person="qu", post="bailu-east.leader"),
        order(RegisterPerson, monday, person="new", name="新来"),
        order(Appoint, monday, person="new", post="bailu-east.leader"),
    )
    start = given(*HANDLING).within(changed)
    start.when(ASK).then(FIRST)
    after = by(AGENT, EscalateCase, at=friday, reason="late")
    start.when(after).then(replace(FIRST, told="new"))


def test_a_deputy_stands_in_and_the_fact_says_so() -> None:
    vacant = founded(order(Relieve, person="lan", post="bailu.leader"))
    case = given(*HANDLING, *climbed(FIRST)).within(vacant).when(ASK)
    case.then(
        CaseEscalated(
            rung=2,
            from_post="bailu-east.leader",
            to_post="bailu.deputy",
            told="ma",
            unit="bailu",
            reason="late",
            rule="by_hand",
            fallback="deputy",
        )
    )


def test_a_vacant_level_is_answered_for_by_the_next_which_is_not_told_twice() -> None:
    moved = happened(
        "dispatched",
        DISPATCHER,
        CaseReassigned(
            from_unit="bailu-east", to_unit="changting-town", reason="wrong_unit"
        ),
    )
    city = CaseEscalated(
        rung=1,
        from_post=None,
        to_post="tingsong.leader",
        told="kang",
        unit="changting-town",
        reason="late",
        rule="by_hand",
        fallback="vacant_next_level",
    )
    given(*HANDLING, moved).when(ASK).then(city)
    province = CaseEscalated(
        rung=4,
        from_post="tingsong.leader",
        to_post="qinglan.leader",
        told="an",
        unit="qinglan",
        reason="late",
        rule="by_hand",
    )
    given(*HANDLING, moved, happened("dispatched", AGENT, city)).when(ASK).then(province)


def in_history() -> CaseFact:
    """A case of a unit that is not in our organisation at all."""
    fact = CaseWitnessed(
        number="x",
        source="bpi2013",
        source_id="1",
        business_type="fault_repair",
        channel="other",
        holder_unit="V5 3rd",
        holder_person="Anne",
    )
    return happened("handling", AGENT, fact)


def test_where_nobody_leads_the_hotlines_own_line_is_told() -> None:
    fact = CaseEscalated(
        rung=1,
        from_post=None,
        to_post="95598.leader",
        told="cen",
        unit="95598",
        reason="late",
        rule="by_hand",
        fallback="hotline",
    )
    given(in_history()).when(ASK).then(fact)


def test_when_there_is_nobody_at_all_it_says_so() -> None:
    empty = [
        order(Relieve, person=person, post=f"{unit}.{duty}")
        for unit, duty, _, person, _ in SEATS
        if duty != "staff"
    ]
    start = given(*HANDLING).within(founded(*empty))
    start.when(ASK).then_refused("nobody_to_tell")


def test_a_case_that_moves_to_another_line_starts_at_its_bottom() -> None:
    moved = happened(
        "dispatched",
        DISPATCHER,
        CaseReassigned(from_unit="bailu-east", to_unit="95598", reason="wrong_unit"),
    )
    case = given(*HANDLING, *climbed(FIRST), moved).when(ASK).then_stage("dispatched")
    assert (case.rung, case.told[-1].person) == (1, "cen")


def test_a_reopened_case_starts_at_the_bottom() -> None:
    reopened = happened(
        "received",
        AGENT,
        CaseReopened(
            from_stage="closed", to_unit="95598", rehandling=False, reason="repeat"
        ),
    )
    case = given(*HANDLING, *climbed(FIRST, escalated(2)), CLOSED, reopened).case
    assert (case.rung, case.told) == (0, [])


def test_escalating_wants_a_known_reason_and_an_open_case() -> None:
    given(*HANDLING).when(by(AGENT, EscalateCase, reason="mood")).then_refused(
        "unknown_reason"
    )
    given(*ARCHIVE).when(ASK).then_refused("no_such_move")


# Answers


def test_whoever_was_told_answers() -> None:
    asked = by(LEADER, AnswerEscalation, note=text("tonight"))
    case = (
        given(*HANDLING, *climbed(FIRST))
        .when(asked)
        .then(replace(answered(1, "qu"), note=text("tonight")))
    )
    assert [told.answered for told in case.told] == [True]


def test_each_answers_for_their_own_rung() -> None:
    start = given(*HANDLING, *climbed(FIRST, escalated(2)))
    case = start.when(by(LEADER, AnswerEscalation)).then(answered(1, "qu", last=False))
    assert [told.answered for told in case.told] == [True, False]
    case = start.when(by(COUNTY_LEADER, AnswerEscalation)).then(
        answered(2, "lan", last=False)
    )
    assert [told.answered for told in case.told] == [False, True]


def test_a_rung_is_answered_for_once() -> None:
    start = given(*HANDLING, *climbed(FIRST, answered(1, "qu")))
    start.when(by(LEADER, AnswerEscalation)).then_refused("no_escalation")
    given(*HANDLING).when(by(LEADER, AnswerEscalation)).then_refused("no_escalation")


def test_another_leader_of_the_unit_answers_for_its_rung() -> None:
    deputy = Actor(person="ma", role="leader", post="bailu.deputy", unit="bailu")
    start = given(*HANDLING, *climbed(FIRST, escalated(2)))
    start.when(by(deputy, AnswerEscalation)).then(answered(2, "ma", last=False))


def test_somebody_elses_rung_is_not_theirs_to_answer() -> None:
    start = given(*HANDLING, *climbed(FIRST))
    start.when(by(COUNTY_LEADER, AnswerEscalation)).then_refused("told_to_another")
    start.when(by(SUPERVISOR, AnswerEscalation)).then_refused("told_to_another")
    start.when(by(HANDLER, AnswerEscalation)).then_refused("not_permitted")


def test_who_holds_the_post_now_answers_for_who_held_it_then() -> None:
    changed = founded(
        order(Relieve, person="hai", post="wangchuan.leader"),
        order(RegisterPerson, person="new", name="新来"),
        order(Appoint, person="new", post="wangchuan.leader"),
    )
    told = climbed(FIRST, escalated(2), escalated(3))
    new = Actor(person="new", role="leader", unit="qinglan")
    start = given(*HANDLING, *told).within(changed)
    start.when(by(new, AnswerEscalation)).then(answered(3, "new", last=False))


def test_who_was_told_still_answers_after_the_case_has_moved_away() -> None:
    moved = happened(
        "dispatched",
        DISPATCHER,
        CaseReassigned(from_unit="bailu-east", to_unit="xishi-town", reason="wrong_unit"),
    )
    start = given(*HANDLING, *climbed(FIRST), moved)
    start.when(by(LEADER, AnswerEscalation)).then(answered(1, "qu"))


def delegated(*, until: datetime) -> Scenario:
    """The county's leader lends the answering of escalations to a handler of the county."""
    organisation = founded()
    lent = AuthorityDelegated(
        delegation="holiday",
        from_person="lan",
        from_post="bailu.leader",
        role="leader",
        to_person="nie",
        actions=("answer-escalation",),
        unit="bailu",
        expires_at=until,
        effective_from=SINCE,
    )
    version = organisation.version + 1
    organisation.admit(
        [lent.stamped(originator_id=ORGANISATION_ID, originator_version=version)]
    )
    told = climbed(FIRST, escalated(2))
    return given(*HANDLING, *told).within(organisation)


def test_who_acts_for_them_by_delegation_answers() -> None:
    asked = by(COUNTY_HANDLER, AnswerEscalation)
    delegated(until=later(days=1)).when(asked).then(answered(2, "nie", last=False))


def test_an_expired_delegation_answers_nothing() -> None:
    asked = by(COUNTY_HANDLER, AnswerEscalation)
    delegated(until=later(days=-1)).when(asked).then_refused("delegation_expired")


@pytest.mark.parametrize("actor", [TOWN_LEADER, replace(HANDLER, unit="xishi-town")])
def test_a_stranger_to_the_case_learns_nothing(actor: Actor) -> None:
    start = given(*HANDLING, *climbed(FIRST))
    start.when(by(actor, AnswerEscalation)).then_refused("no_such_case")


def test_however_many_escalate_each_tells_somebody_higher() -> None:
    facts: tuple[CaseFact, ...] = HANDLING
    rungs: list[int] = []
    for actor in (HANDLER, LEADER, AGENT):
        asked = by(actor, EscalateCase, reason="shirking")
        case = given(*facts).when(asked).then_stage("handling")
        rungs.append(case.rung)
        step = escalated(case.rung, "any")
        facts = (*facts, *climbed(step))
    assert rungs == [1, 2, 3]
