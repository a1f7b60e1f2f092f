"""Milestones: when each thing first happened in a round, and who handled it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from domain.case.callback_choice import CallbackDecided
from domain.case.comment import CommentAdded
from domain.case.contact import CustomerContacted
from domain.case.final_answer import FinalAnswerGiven
from domain.case.rating import CaseRated
from domain.case.reassign import CaseReassigned
from domain.case.reopen import CaseReopened
from domain.case.returning import ReturnDecided
from domain.case.review import ReplyRejected
from domain.case.witness import CaseWitnessed, StepWitnessed
from domain.fact import Fact
from projections.milestone_rows import DispatchRow, MilestoneRow, RoundRow
from projections.milestones import DISPATCHES, MILESTONES, RATINGS, ROUNDS
from projections.reading import Held
from tests.projections import telling
from tests.projections.telling import at, minutes
from tests.support.scenario import DISPATCHER, HANDLER, MONDAY, text
from tests.support.story import (
    ACCEPTED,
    APPROVED,
    CALLBACK,
    CLOSED,
    DISPATCH,
    DISPATCHED,
    HANDLING,
    PLANNED,
    RECEIPT,
    REPLIED,
    RETURNED,
    called_back,
    happened,
    received,
)

REJECTED = happened(
    "handling", DISPATCHER, ReplyRejected(replied_by="ran", reason="no_cause")
)
REOPENED = happened(
    "received",
    DISPATCHER,
    CaseReopened(from_stage="closed", to_unit="95598", rehandling=False, reason="unsolved"),
)


def row(*facts: Fact) -> MilestoneRow:
    found: MilestoneRow = telling.row(MILESTONES, *facts)
    return found


def table(of: Any, *facts: Fact) -> list[Any]:
    """The rows of one of the tables that the view keeps, after these facts."""
    return Held(telling.folded(MILESTONES, *facts)).select(of.table)


def contacted(*, reached: bool) -> Fact:
    fact = CustomerContacted(means="phone", outcome="reached", reached=reached)
    return happened("handling", HANDLER, fact)


def test_a_round_keeps_the_first_of_each() -> None:
    found = row(
        *RECEIPT,
        at(minutes(5), DISPATCHED),
        at(minutes(9), ACCEPTED),
        at(minutes(10), contacted(reached=False)),
        at(minutes(20), contacted(reached=True)),
        at(minutes(30), contacted(reached=True)),
        at(minutes(40), REPLIED),
        at(minutes(50), REJECTED),
        at(minutes(60), REPLIED),
        at(minutes(70), APPROVED),
    ).rounds
    assert found == (
        RoundRow(
            case_id=found[0].case_id,
            round=1,
            unit="bailu-east",
            begun_at=MONDAY,
            dispatched_at=minutes(5),
            contacted_at=minutes(20),
            replied_at=minutes(40),
            reviewed_at=minutes(50),
            passed=False,
        ),
    )


def test_the_way_home_to_the_callback_changes_nobody() -> None:
    found = row(*CALLBACK, called_back())
    assert (found.unit, found.rounds[0].unit) == ("bailu-east", "bailu-east")
    assert (found.rounds[0].satisfaction, found.rounds[0].solved) == ("satisfied", True)


def test_a_reopened_case_has_a_round_of_its_own_and_is_not_closed() -> None:
    found = row(*CALLBACK, called_back(), at(minutes(9), CLOSED), at(minutes(99), REOPENED))
    assert (found.reopened, found.closed_at, found.unit) == (1, None, "95598")
    assert [r.closed_at for r in found.rounds] == [minutes(9), None]
    assert [r.unit for r in found.rounds] == ["bailu-east", "95598"]
    assert found.rounds[1].called_at is None


def test_a_callback_is_due_when_it_was_decided_or_planned() -> None:
    not_due = happened("reviewed", DISPATCHER, CallbackDecided(due=False, why="not_drawn"))
    assert row(*HANDLING, at(minutes(1), not_due)).rounds[0].callable is False
    planned = row(*HANDLING, at(minutes(1), not_due), at(minutes(2), PLANNED)).rounds[0]
    assert (planned.callable, planned.decided_at) == (True, minutes(2))
    due = happened("reviewed", DISPATCHER, CallbackDecided(due=True, why="all"))
    decided = row(*HANDLING, at(minutes(1), due), at(minutes(2), PLANNED)).rounds[0]
    assert (decided.callable, decided.decided_at) == (True, minutes(1))


def test_an_answer_on_the_call_is_one() -> None:
    said = FinalAnswerGiven(answer=text("so"), means="phone", on_receipt=True)
    found = row(received("enquiry"), at(minutes(3), happened("reviewed", DISPATCHER, said)))
    assert (found.on_receipt, found.answered_at) == (True, minutes(3))


def test_each_dispatch_tells_whether_it_came_back() -> None:
    taken_back = happened(
        "received",
        DISPATCHER,
        ReturnDecided(approved=True, from_unit="bailu-east", to_unit="95598"),
    )
    found = table(
        DISPATCHES,
        *RECEIPT,
        at(minutes(1), DISPATCHED),
        at(minutes(2), RETURNED),
        at(minutes(3), taken_back),
        at(minutes(4), DISPATCHED),
    )
    first = DispatchRow(
        case_id=found[0].case_id,
        n=1,
        at=minutes(1),
        from_unit="95598",
        unit="bailu-east",
        returned_at=minutes(2),
        return_reason="wrong_area",
        taken_back_at=minutes(3),
        position=found[0].position,
    )
    assert found[0] == first
    assert (found[1].n, found[1].at, found[1].returned_at) == (2, minutes(4), None)


def test_a_return_that_is_refused_is_still_a_return() -> None:
    refused = happened(
        "dispatched",
        DISPATCHER,
        ReturnDecided(approved=False, from_unit="bailu-east", to_unit="bailu-east"),
    )
    [found] = table(DISPATCHES, *DISPATCH, RETURNED, refused)
    assert (found.returned_at, found.taken_back_at) == (MONDAY, None)


def test_nobody_has_acted_for_as_long_as_only_others_do_something() -> None:
    comment = happened("handling", DISPATCHER, CommentAdded(times=1, text=text("?")))
    moved = happened(
        "dispatched",
        HANDLER,
        CaseReassigned(from_unit="bailu-east", to_unit="bailu", reason="no_progress"),
    )
    found = row(*HANDLING, at(minutes(60), comment), at(minutes(150), moved))
    assert (found.idle_hours, found.acted_at) == (2.5, minutes(150))


def test_a_closed_case_is_not_idle() -> None:
    closed = at(minutes(30), CLOSED)
    found = row(*CALLBACK, called_back(), closed, at(minutes(9_999), REOPENED))
    assert found.idle_hours == 0.5


def test_ratings_are_kept_apart_with_what_was_offered() -> None:
    rated = CaseRated(
        rater="customer",
        satisfaction="very_satisfied",
        incentive="coupon",
        counts=False,
        nth=1,
    )
    [found] = table(RATINGS, *HANDLING, happened("handling", DISPATCHER, rated))
    assert (found.n, found.unit, found.counted_in, found.incentive) == (
        1,
        "bailu-east",
        False,
        "coupon",
    )


def test_history_has_rounds_too() -> None:
    begun = CaseWitnessed(
        stage="received",
        number="1",
        source="old",
        source_id="1",
        business_type="complaint",
        channel="website",
        holder_unit="u",
        level="major",
    )

    def step(n: int, unit: str, *, terminal: bool = False) -> Fact:
        fact = StepWitnessed(stage="s", row=n, activity="a", unit=unit, terminal=terminal)
        return at(MONDAY + timedelta(hours=n), fact)

    facts = [at(MONDAY, begun), step(1, "a"), step(2, "b", terminal=True), step(3, "c")]
    found = row(*facts[:3])
    assert (found.witnessed, found.level, found.unit) == (True, "major", "b")
    assert found.closed_at == MONDAY + timedelta(hours=2)
    assert (found.idle_hours, found.acted_at) == (1, MONDAY + timedelta(hours=2))
    rounds = table(ROUNDS, *facts)
    assert [(r.round, r.unit, r.closed_at) for r in rounds] == [
        (1, "b", MONDAY + timedelta(hours=2)),
        (2, "c", None),
    ]
