"""Who holds a case: dispatch, acceptance, two-sided hand-over, return, reassignment."""

from __future__ import annotations

from dataclasses import replace

from domain.case.accept import AcceptCase, CaseAccepted
from domain.case.case import CaseFact
from domain.case.dispatch import CaseDispatched, DispatchCase
from domain.case.handover import (
    AcceptHandover,
    HandoverAccepted,
    HandoverOffered,
    HandoverRefused,
    OfferHandover,
    RefuseHandover,
)
from domain.case.reassign import CaseReassigned, ReassignCase
from domain.case.reply import ReplyToCase
from domain.case.returning import (
    ApproveReturn,
    CaseReturned,
    RefuseReturn,
    ReturnCase,
    ReturnDecided,
)
from domain.command import Command
from domain.organisation.merge_unit import MergeUnit
from tests.support.organisation import founded, order
from tests.support.scenario import (
    AGENT,
    COUNTY_HANDLER,
    COUNTY_LEADER,
    DISPATCHER,
    HANDLER,
    LEADER,
    SUPERVISOR,
    TOWN_LEADER,
    by,
    given,
    later,
    text,
)
from tests.support.story import (
    ARCHIVE,
    DISPATCH,
    HANDLING,
    RECEIPT,
    RETURN,
    happened,
    received,
)

REPLY_BODY = {
    "cause": text("cause"),
    "measures": text("measures"),
    "answer": text("answer"),
    "responsibility": "company",
}


def offered(unit: str, person: str | None = None) -> CaseFact:
    fact = HandoverOffered(from_unit="bailu-east", to_unit=unit, to_person=person)
    return happened("handling", HANDLER, fact)


OFFERED = offered("xishi-town")


# Dispatch


def test_a_case_goes_to_the_unit_it_is_dispatched_to() -> None:
    case = (
        given(*RECEIPT)
        .when(by(AGENT, DispatchCase, unit="bailu-east", reason="direct"))
        .then(
            CaseDispatched(
                from_unit="95598", to_unit="bailu-east", reason="direct", layers=4
            )
        )
    )
    assert (case.stage, case.holder_unit, case.holder_person) == (
        "dispatched",
        "bailu-east",
        None,
    )
    assert case.units == ["95598", "bailu-east"]


def test_there_is_no_dispatch_to_nowhere_or_for_no_reason() -> None:
    start = given(*RECEIPT)
    start.when(by(AGENT, DispatchCase, unit="atlantis")).then_refused("unknown_unit")
    unfounded = by(AGENT, DispatchCase, unit="bailu-east", reason="mood")
    start.when(unfounded).then_refused("unknown_reason")


def test_a_case_is_dispatched_once() -> None:
    given(*DISPATCH).when(by(AGENT, DispatchCase, unit="bailu")).then_refused(
        "no_such_move"
    )


# Acceptance


def test_whoever_accepts_holds_it_in_person() -> None:
    case = (
        given(*DISPATCH)
        .when(by(HANDLER, AcceptCase))
        .then(CaseAccepted(unit="bailu-east", person="ran", post="bailu-east.ran"))
    )
    assert (case.stage, case.holder_person) == ("handling", "ran")
    assert case.handled_by == ["ran"]


def test_another_unit_does_not_even_know_of_it() -> None:
    given(*DISPATCH).when(by(TOWN_LEADER, AcceptCase)).then_refused("no_such_case")


def test_who_held_it_once_sees_it_but_cannot_act() -> None:
    moved = happened(
        "dispatched",
        DISPATCHER,
        CaseReassigned(from_unit="bailu-east", to_unit="xishi-town", reason="wrong_unit"),
    )
    given(*HANDLING, moved).when(by(HANDLER, AcceptCase)).then_refused("not_the_holder")


def test_a_leader_above_may_accept_for_the_unit_below() -> None:
    case = given(*DISPATCH).when(by(COUNTY_LEADER, AcceptCase)).then_stage("handling")
    assert (case.holder_unit, case.holder_person) == ("bailu-east", "lan")


def test_the_successor_of_a_merged_unit_accepts_in_its_place() -> None:
    merger = order(MergeUnit, unit="bailu-east", into="bailu-repair")
    leader = replace(LEADER, person="sang", post="bailu-repair.leader", unit="bailu-repair")
    case = (
        given(*DISPATCH)
        .within(founded(merger))
        .when(by(leader, AcceptCase))
        .then_stage("handling")
    )
    assert case.units == ["95598", "bailu-east", "bailu-repair"]


# Hand-over


def test_an_offer_does_not_move_the_case() -> None:
    case = (
        given(*HANDLING)
        .when(by(HANDLER, OfferHandover, unit="xishi-town", note=text("theirs")))
        .then(
            HandoverOffered(
                from_unit="bailu-east", to_unit="xishi-town", note=text("theirs")
            )
        )
    )
    assert (case.holder_unit, case.holder_person) == ("bailu-east", "ran")
    assert case.offered_to_unit == "xishi-town"


def test_the_case_moves_when_the_other_side_accepts() -> None:
    case = (
        given(*HANDLING, OFFERED)
        .when(by(TOWN_LEADER, AcceptHandover))
        .then(
            HandoverAccepted(
                from_unit="bailu-east",
                from_person="ran",
                to_unit="xishi-town",
                to_person="tan",
                to_post="xishi-town.leader",
                layers=4,
            )
        )
    )
    assert (case.holder_unit, case.holder_person) == ("xishi-town", "tan")
    assert case.offered_to_unit is None
    assert case.handled_by == ["ran", "tan"]


def test_the_other_side_may_refuse_and_nothing_moves() -> None:
    case = (
        given(*HANDLING, OFFERED)
        .when(by(TOWN_LEADER, RefuseHandover, reason="not_mine"))
        .then(HandoverRefused(unit="xishi-town", reason="not_mine"))
    )
    assert (case.holder_unit, case.holder_person) == ("bailu-east", "ran")
    assert case.offered_to_unit is None


def test_whoever_offered_may_take_the_offer_back() -> None:
    asked = by(HANDLER, RefuseHandover, reason="conflict")
    assert given(*HANDLING, OFFERED).when(asked).then_stage("handling").offered_by is None


def test_a_refusal_wants_a_known_reason_and_an_offer() -> None:
    unfounded = by(TOWN_LEADER, RefuseHandover, reason="mood")
    given(*HANDLING, OFFERED).when(unfounded).then_refused("unknown_reason")
    groundless = by(HANDLER, RefuseHandover, reason="not_mine")
    given(*HANDLING).when(groundless).then_refused("no_handover")


def test_who_is_offered_a_case_may_only_answer_the_offer() -> None:
    start = given(*HANDLING, OFFERED)
    start.when(by(TOWN_LEADER, ReplyToCase, **REPLY_BODY)).then_refused("not_the_holder")


def test_one_offer_at_a_time() -> None:
    again = by(HANDLER, OfferHandover, unit="bailu")
    given(*HANDLING, OFFERED).when(again).then_refused("handover_pending")


def test_nobody_accepts_what_was_not_offered() -> None:
    given(*HANDLING).when(by(HANDLER, AcceptHandover)).then_refused("no_handover")


def test_nobody_accepts_their_own_offer() -> None:
    above = happened(
        "handling",
        COUNTY_LEADER,
        HandoverOffered(from_unit="bailu-east", to_unit="bailu-repair"),
    )
    given(*HANDLING, above).when(by(COUNTY_LEADER, AcceptHandover)).then_refused(
        "own_offer"
    )


def test_the_holder_does_not_accept_for_the_other_side() -> None:
    asked = by(LEADER, AcceptHandover)
    given(*HANDLING, OFFERED).when(asked).then_refused("offered_to_another")


def test_an_offer_to_a_person_is_accepted_by_that_person() -> None:
    start = given(*HANDLING, offered("bailu", "nie"))
    start.when(by(COUNTY_LEADER, AcceptHandover)).then_refused("offered_to_another")
    case = start.when(by(COUNTY_HANDLER, AcceptHandover)).then_stage("handling")
    assert (case.holder_unit, case.holder_person) == ("bailu", "nie")


def test_a_case_may_change_hands_within_a_unit() -> None:
    start = given(*HANDLING, offered("bailu-east", "qu"))
    case = start.when(by(LEADER, AcceptHandover)).then_stage("handling")
    assert (case.holder_unit, case.holder_person) == ("bailu-east", "qu")
    assert case.units == ["95598", "bailu-east"]


def test_there_is_no_offer_to_where_the_case_is_or_to_nowhere() -> None:
    start = given(*HANDLING)
    for body in ({"unit": "bailu-east"}, {"unit": "bailu-east", "person": "ran"}):
        start.when(by(HANDLER, OfferHandover, **body)).then_refused("already_there")
    start.when(by(HANDLER, OfferHandover, unit="atlantis")).then_refused("unknown_unit")


def test_an_offer_lapses_when_the_case_moves_on() -> None:
    asked = by(HANDLER, ReplyToCase, **REPLY_BODY)
    assert (
        given(*HANDLING, OFFERED).when(asked).then_stage("replied").offered_to_unit is None
    )


def test_an_offer_to_a_unit_that_has_merged_since_goes_to_its_successor() -> None:
    merger = order(MergeUnit, unit="xishi-town", into="xishi")
    leader = replace(TOWN_LEADER, person="ou", post="xishi.leader", unit="xishi")
    start = given(*HANDLING, OFFERED).within(founded(merger))
    assert (
        start.when(by(leader, AcceptHandover)).then_stage("handling").holder_unit == "xishi"
    )


# Return


def test_a_unit_that_returns_a_case_holds_it_until_the_centre_decides() -> None:
    asked = by(HANDLER, ReturnCase, reason="wrong_area", note=text("west of the river"))
    case = (
        given(*HANDLING)
        .when(asked)
        .then(
            CaseReturned(
                from_unit="bailu-east", reason="wrong_area", note=text("west of the river")
            )
        )
    )
    assert (case.stage, case.holder_unit) == ("returned", "bailu-east")


def test_an_approved_return_is_with_the_dispatchers_unit() -> None:
    case = (
        given(*RETURN)
        .when(by(DISPATCHER, ApproveReturn))
        .then(
            ReturnDecided(approved=True, from_unit="bailu-east", to_unit="95598", layers=4)
        )
    )
    assert (case.stage, case.holder_unit, case.holder_person) == ("received", "95598", None)


def test_a_refused_return_stays_where_it_was() -> None:
    case = (
        given(*RETURN)
        .when(by(DISPATCHER, RefuseReturn, note=text("it is yours")))
        .then(
            ReturnDecided(
                approved=False,
                from_unit="bailu-east",
                to_unit="bailu-east",
                note=text("it is yours"),
                layers=0,
            )
        )
    )
    assert (case.stage, case.holder_unit, case.returns) == ("dispatched", "bailu-east", 1)


def test_nobody_approves_their_own_return() -> None:
    both = replace(DISPATCHER, person="ran")
    given(*RETURN).when(by(both, ApproveReturn)).then_refused("own_request")


def test_a_return_wants_a_known_reason() -> None:
    given(*DISPATCH).when(by(HANDLER, ReturnCase, reason="mood")).then_refused(
        "unknown_reason"
    )


# Reassignment


def test_a_case_is_sent_on_to_another_unit() -> None:
    case = (
        given(*HANDLING)
        .when(by(SUPERVISOR, ReassignCase, unit="xishi-town", reason="no_progress"))
        .then(
            CaseReassigned(
                from_unit="bailu-east",
                to_unit="xishi-town",
                reason="no_progress",
                layers=4,
            )
        )
    )
    assert (case.stage, case.holder_unit, case.holder_person) == (
        "dispatched",
        "xishi-town",
        None,
    )


def test_a_hop_from_outside_the_organisation_crosses_no_known_layers() -> None:
    imported = happened(
        "handling",
        DISPATCHER,
        CaseReassigned(from_unit="95598", to_unit="V5 3rd", reason="wrong_unit"),
    )
    given(*HANDLING, imported).when(
        by(SUPERVISOR, ReassignCase, unit="bailu", reason="no_progress")
    ).then(
        CaseReassigned(
            from_unit="V5 3rd", to_unit="bailu", reason="no_progress", layers=None
        )
    )


def test_reassigning_wants_another_unit_that_stands_and_a_known_reason() -> None:
    start = given(*HANDLING)

    def asked(unit: str, reason: str = "wrong_unit") -> Command:
        return by(DISPATCHER, ReassignCase, unit=unit, reason=reason)

    start.when(asked("atlantis")).then_refused("unknown_unit")
    start.when(asked("bailu-east")).then_refused("already_there")
    start.when(asked("bailu", "mood")).then_refused("unknown_reason")


def test_a_unit_that_was_merged_away_takes_no_cases() -> None:
    merger = order(MergeUnit, unit="xishi-town", into="xishi", effective_from=later(days=1))
    start = given(*RECEIPT).within(founded(merger))
    before = by(AGENT, DispatchCase, unit="xishi-town")
    start.when(before).then_stage("dispatched")
    after = by(AGENT, DispatchCase, at=later(days=1), unit="xishi-town")
    start.when(after).then_refused("unknown_unit")


# Restricted and archived cases


def test_a_restricted_case_does_not_exist_for_a_handler() -> None:
    start = given(received("report"), *DISPATCH[1:])
    start.when(by(HANDLER, AcceptCase)).then_refused("no_such_case")
    start.when(by(LEADER, AcceptCase)).then_stage("handling")


def test_an_archived_case_changes_hands_no_more() -> None:
    asked = by(DISPATCHER, ReassignCase, unit="bailu", reason="wrong_unit")
    given(*ARCHIVE).when(asked).then_refused("no_such_move")
