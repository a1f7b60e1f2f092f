"""A case that is sent back to where it came from is noticed, and the way home is not."""

from __future__ import annotations

from domain.case.accept import CaseAccepted
from domain.case.case import CaseFact
from domain.case.dispatch import CaseDispatched
from domain.case.handover import HandoverAccepted
from domain.case.reassign import CaseReassigned
from domain.case.reopen import CaseReopened
from domain.case.returning import ReturnDecided
from domain.case.witness import CaseWitnessed, StepWitnessed
from tests.domain.signals.seeing import seen
from tests.support.scenario import AGENT, DISPATCHER, HANDLER, given
from tests.support.story import ACCEPTED, CALLBACK, DISPATCH, HANDLING, RETURNED, happened


def sent(from_unit: str, to_unit: str) -> CaseFact:
    fact = CaseReassigned(from_unit=from_unit, to_unit=to_unit, reason="wrong_unit")
    return happened("dispatched", DISPATCHER, fact)


def returned(*, approved: bool = True) -> CaseFact:
    to_unit = "95598" if approved else "bailu-east"
    fact = ReturnDecided(approved=approved, from_unit="bailu-east", to_unit=to_unit)
    return happened("received" if approved else "dispatched", DISPATCHER, fact)


AWAY = sent("bailu-east", "xishi-town")
BACK = sent("xishi-town", "bailu-east")


def test_there_and_back_is_ping_pong_and_there_is_not() -> None:
    assert seen("ping_pong", *DISPATCH) is None
    assert seen("ping_pong", *DISPATCH, AWAY) is None
    assert seen("ping_pong", *DISPATCH, AWAY, BACK) == 1


def test_each_time_it_is_sent_back_counts() -> None:
    facts = (*DISPATCH, AWAY, BACK, AWAY)
    assert seen("ping_pong", *facts) == 2
    assert seen("ping_pong", *facts, BACK) == 3


def test_going_round_three_units_is_none() -> None:
    on = (sent("xishi-town", "bailu"), sent("bailu", "bailu-east"))
    assert seen("ping_pong", *DISPATCH, AWAY, *on) is None


def test_it_is_noticed_from_the_times_of_the_rule_on() -> None:
    assert seen("ping_pong", *DISPATCH, AWAY, BACK, times=2) is None
    assert seen("ping_pong", *DISPATCH, AWAY, BACK, AWAY, times=2) == 2


def test_what_does_not_send_it_anywhere_is_none() -> None:
    """The unit accepts; one in it hands over to another; a return is refused."""
    back = (*DISPATCH, AWAY, BACK)
    inside = HandoverAccepted(
        from_unit="bailu-east", from_person="ran", to_unit="bailu-east", to_person="qu"
    )
    for fact in (
        ACCEPTED,
        happened("handling", HANDLER, inside),
        RETURNED,
        returned(approved=False),
    ):
        assert seen("ping_pong", *back, fact) is None
        assert given(*back, fact).case.pingpongs == 1


def test_a_return_that_is_agreed_to_is_counted_but_noticed_only_when_it_is_sent_again() -> (
    None
):
    facts = (*DISPATCH, RETURNED, returned())
    assert seen("ping_pong", *facts) is None
    assert given(*facts).case.pingpongs == 1
    again = CaseDispatched(from_unit="95598", to_unit="bailu-east")
    assert seen("ping_pong", *facts, happened("dispatched", DISPATCHER, again)) == 2


def test_the_way_home_is_no_ping_pong_and_a_new_round_begins_anew() -> None:
    reopened = CaseReopened(
        from_stage="callback", to_unit="bailu-east", rehandling=True, reason="dissatisfied"
    )
    facts = (*CALLBACK, happened("dispatched", AGENT, reopened))
    assert seen("ping_pong", *CALLBACK) is None
    assert seen("ping_pong", *facts) is None
    assert seen("ping_pong", *facts, AWAY) is None
    assert seen("ping_pong", *facts, AWAY, BACK) == 1


def test_what_a_unit_was_merged_into_is_the_same_unit() -> None:
    merged = happened("handling", HANDLER, CaseAccepted(unit="bailu", person="ran"))
    home = sent("bailu", "xishi-town")
    facts = (*DISPATCH, sent("bailu-east", "xishi-town"), BACK, merged, home)
    assert seen("ping_pong", *facts) == 2


def test_history_counts_from_its_first_row() -> None:
    begun = CaseWitnessed(
        number="1",
        source="old",
        source_id="1",
        business_type="complaint",
        channel="95598",
        holder_unit="95598",
    )
    rows = [
        StepWitnessed(row=n, activity="x", unit=unit)
        for n, unit in enumerate(["95598", "bailu", "95598"], start=1)
    ]
    facts = [happened("received", AGENT, fact) for fact in rows]
    assert given(happened("received", AGENT, begun), *facts).case.pingpongs == 1
    assert given(happened("received", AGENT, begun), *facts[1:]).case.pingpongs == 0


def test_handling_is_given_without_a_word_of_ping_pong() -> None:
    assert given(*HANDLING).case.trail == ["95598", "bailu-east"]
