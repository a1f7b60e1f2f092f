"""The board: where a case stands, who must do what next, what is counted."""

from __future__ import annotations

import pytest

from domain.case.callback import CallbackAttempted, CallbackFailed
from domain.case.classify import CaseClassified, CaseReclassified
from domain.case.escalation import CaseEscalated, EscalationAnswered
from domain.case.extension import ExtensionApproved, ExtensionRefused, ExtensionRequested
from domain.case.final_answer import FinalAnswerGiven
from domain.case.handover import HandoverAccepted, HandoverOffered, HandoverRefused
from domain.case.level import LevelAssessed, LevelRaised
from domain.case.link_repeat import CaseLinkedAsRepeat
from domain.case.merge import CaseMerged, CaseUnmerged
from domain.case.reassign import CaseReassigned
from domain.case.reopen import CaseReopened
from domain.case.returning import ReturnDecided
from domain.case.supervise import SupervisionOrdered
from domain.case.suspension import SuspensionRefused, SuspensionRequested
from domain.case.urge import CustomerUrged
from domain.case.withdraw import CaseWithdrawn
from domain.case.witness import CaseWitnessed, StepWitnessed
from domain.fact import Fact
from projections.board_rows import BoardRow
from projections.boards import BOARDS
from projections.told import Told
from tests.projections import telling
from tests.projections.telling import at, minutes
from tests.support.scenario import (
    AGENT,
    CUSTOMER,
    DISPATCHER,
    HANDLER,
    LEADER,
    OTHER_ID,
    later,
    text,
)
from tests.support.story import (
    ACCEPTED,
    APPROVED,
    ARCHIVE,
    CALLBACK,
    CLOSED,
    DISPATCH,
    DISPATCHED,
    HANDLING,
    RECEIPT,
    REPLY,
    RETURN,
    REVIEW,
    SUSPENSION,
    WITHDRAWAL,
    called_back,
    happened,
    received,
)

ANSWERED = happened(
    "reviewed",
    DISPATCHER,
    FinalAnswerGiven(answer=text("ok"), means="phone", on_receipt=False),
)
OFFERED = happened(
    "handling",
    HANDLER,
    HandoverOffered(from_unit="bailu-east", to_unit="bailu", to_person="nie"),
)


def board(*facts: Fact) -> BoardRow:
    row: BoardRow = telling.row(BOARDS, *facts)
    return row


@pytest.mark.parametrize(
    ("facts", "word", "unit", "person"),
    [
        (RECEIPT, "dispatch", "95598", "dan"),
        (DISPATCH, "accept", "bailu-east", None),
        (HANDLING, "reply", "bailu-east", "ran"),
        (RETURN, "approve-return", "95598", None),
        (SUSPENSION, "end-suspension", "bailu-east", "ran"),
        (REPLY, "approve-reply", "95598", None),
        (REVIEW, "give-final-answer", "95598", None),
        ((*REVIEW, ANSWERED), "plan-callback", "95598", None),
        (CALLBACK, "complete-callback", "95598", None),
        ((*CALLBACK, called_back()), "close", "95598", None),
        (WITHDRAWAL, "close", "95598", None),
        (ARCHIVE, None, None, None),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_each_stage_says_who_must_do_what_next(
    facts: tuple[Fact, ...], word: str | None, unit: str | None, person: str | None
) -> None:
    row = board(*facts)
    assert (row.next_step, row.next_unit, row.next_person) == (word, unit, person)


def test_a_secret_case_is_closed_without_a_callback() -> None:
    row = board(received(secret=True), DISPATCHED, ACCEPTED, APPROVED, ANSWERED)
    assert row.next_step == "close"


def test_a_stage_without_a_usual_word_has_none_but_its_holder_still_has_the_case() -> None:
    row = board(received().stamped(stage="queued"))
    assert (row.next_step, row.next_unit, row.next_person) == (None, "95598", "dan")


def test_whether_a_stage_is_an_end_is_for_the_policy_to_say() -> None:
    parked = happened("on-file", AGENT, CaseWithdrawn(reason="solved"))
    assert board(*RECEIPT, parked).open
    row = board(*RECEIPT, parked.stamped(terminal=True))
    assert (row.stage, row.open, row.next_step, row.next_unit) == (
        "on-file",
        False,
        None,
        None,
    )
    again = board(*RECEIPT, CLOSED.stamped(terminal=False))
    assert (again.stage, again.open) == ("closed", True)


def test_an_offered_case_waits_for_the_other_side_and_is_still_held() -> None:
    row = board(*HANDLING, OFFERED)
    assert (row.next_step, row.next_unit, row.next_person) == (
        "accept-handover",
        "bailu",
        "nie",
    )
    assert (row.holder_unit, row.holder_person) == ("bailu-east", "ran")


def test_an_accepted_offer_changes_the_holder() -> None:
    taken = happened(
        "handling",
        HANDLER,
        HandoverAccepted(
            from_unit="bailu-east", from_person="ran", to_unit="bailu", to_person="nie"
        ),
    )
    row = board(*HANDLING, OFFERED, at(minutes(9), taken))
    assert (row.holder_unit, row.holder_person) == ("bailu", "nie")
    assert row.holder_since == minutes(9)
    assert row.units == ("95598", "bailu-east", "bailu")
    assert row.next_step == "reply"


def test_a_refused_offer_leaves_everything_as_it_was() -> None:
    refused = happened("handling", HANDLER, HandoverRefused(unit="bailu", reason="busy"))
    row, before = board(*HANDLING, OFFERED, refused), board(*HANDLING)
    assert (row.holder_unit, row.next_step, row.next_unit, row.offered_unit) == (
        before.holder_unit,
        before.next_step,
        before.next_unit,
        None,
    )


@pytest.mark.parametrize(
    ("asked", "word", "refused"),
    [
        (
            SuspensionRequested(reason="waiting_customer", until=later(days=2)),
            "approve-suspension",
            SuspensionRefused(requested_by="ran", reason="waiting_customer"),
        ),
        (
            ExtensionRequested(reason="weather", new_due=later(days=2), customer_told=True),
            "approve-extension",
            ExtensionRefused(requested_by="ran", reason="weather"),
        ),
    ],
)
def test_what_is_asked_for_waits_for_a_decision(
    asked: SuspensionRequested | ExtensionRequested,
    word: str,
    refused: SuspensionRefused | ExtensionRefused,
) -> None:
    waiting = happened("handling", HANDLER, asked)
    assert board(*HANDLING, waiting).next_step == word
    done = happened("handling", LEADER, refused)
    assert board(*HANDLING, waiting, done).next_step == "reply"


def test_an_approved_extension_moves_the_due_time() -> None:
    approved = ExtensionApproved(
        requested_by="ran", reason="weather", new_due=later(days=2)
    )
    row = board(*HANDLING, happened("handling", LEADER, approved))
    assert (row.due, row.extension_asked) == (later(days=2), False)


def test_what_was_only_asked_for_lapses_with_the_stage() -> None:
    asked = SuspensionRequested(reason="waiting_customer", until=later(days=2))
    row = board(*HANDLING, happened("handling", HANDLER, asked), *REPLY[len(HANDLING) :])
    assert (row.suspension_asked, row.next_step) == (False, "approve-reply")


def test_time_in_stage_and_with_the_holder_begin_with_the_facts_that_changed_them() -> None:
    row = board(
        at(minutes(0), received()),
        at(minutes(3), DISPATCHED),
        at(minutes(5), ACCEPTED),
        at(minutes(7), happened("handling", HANDLER, CustomerUrged(times=1))),
    )
    assert row.received_at == minutes(0)
    assert row.holder_since == minutes(3)
    assert row.stage_since == minutes(5)
    assert (row.version, row.position, row.urged) == (4, 4, 1)


def test_an_approved_return_brings_the_case_back_to_the_centre() -> None:
    decided = ReturnDecided(approved=True, from_unit="bailu-east", to_unit="95598")
    row = board(*RETURN, happened("received", DISPATCHER, decided))
    assert (row.stage, row.holder_unit, row.holder_person) == ("received", "95598", None)
    assert row.units == ("95598", "bailu-east")


def test_what_is_learnt_of_a_case_shows_on_the_board() -> None:
    learnt = (
        CaseClassified(category="fee"),
        CaseReclassified(
            from_category="fee",
            category="meter",
            from_business_type="complaint",
            business_type="opinion",
            reason="wrong",
        ),
        LevelAssessed(level="general"),
        LevelRaised(from_level="general", level="major", reason="media"),
        SupervisionOrdered(
            from_unit="supervision", to_unit="95598", times=1, order=text("!")
        ),
        CaseLinkedAsRepeat(earlier_case=OTHER_ID, earlier_number="1"),
    )
    row = board(*RECEIPT, *(happened("received", DISPATCHER, fact) for fact in learnt))
    assert (row.category, row.business_type, row.level) == ("meter", "opinion", "major")
    assert (row.supervised, row.repeat_of, row.customer) == (1, OTHER_ID, CUSTOMER)


def escalation(rung: int, unit: str = "bailu") -> Fact:
    return happened(
        "handling",
        LEADER,
        CaseEscalated(
            rung=rung,
            from_post=None,
            to_post=f"post-{rung}",
            told=f"leader-{rung}",
            unit=unit,
            reason="silence",
            rule="by_hand",
        ),
    )


def test_the_board_says_how_far_up_a_case_is_and_which_leaders_have_not_answered() -> None:
    answered = EscalationAnswered(
        rung=1, unit="bailu", post="post-1", told="leader-1", person="leader-1"
    )
    row = board(
        *HANDLING, escalation(1), escalation(2), happened("handling", LEADER, answered)
    )
    second = Told(rung=2, unit="bailu", post="post-2", person="leader-2")
    assert (row.rung, row.unanswered) == (2, (second,))


def test_a_leader_of_the_old_line_still_waits_when_one_of_the_new_line_answers() -> None:
    moved = CaseReassigned(from_unit="bailu-east", to_unit="xishi", reason="wrong_area")
    answered = EscalationAnswered(
        rung=1, unit="xishi", post="post-1", told="leader-1", person="leader-1"
    )
    row = board(
        *HANDLING,
        escalation(1),
        happened("dispatched", DISPATCHER, moved),
        escalation(1, unit="xishi"),
        happened("handling", LEADER, answered),
    )
    assert [(each.rung, each.unit) for each in row.unanswered] == [(1, "bailu")]


def test_the_callback_shows_and_a_reopened_case_begins_a_new_round() -> None:
    attempted = CallbackAttempted(attempt=1, result="no_answer", reached=False)
    unhappy = called_back("dissatisfied", solved=False)
    row = board(*CALLBACK, happened("callback", DISPATCHER, attempted))
    assert (row.callback_attempts, row.callback_for) == (1, later(days=1))
    row = board(*CALLBACK, unhappy)
    assert (row.callback_outcome, row.satisfaction, row.solved) == (
        "completed",
        "dissatisfied",
        False,
    )
    reopened = CaseReopened(
        from_stage="callback", to_unit="bailu-east", rehandling=True, reason="unsolved"
    )
    row = board(*CALLBACK, escalation(1), unhappy, happened("handling", LEADER, reopened))
    assert (row.reopened, row.callback_outcome, row.satisfaction) == (1, None, None)
    assert (row.rung, row.unanswered, row.holder_unit) == (0, (), "bailu-east")


def test_a_failed_callback_lets_the_case_be_closed() -> None:
    failed = CallbackFailed(attempts=3, reason="no_answer")
    row = board(*CALLBACK, happened("callback", DISPATCHER, failed))
    assert (row.callback_outcome, row.next_step) == ("failed", "close")


def test_a_closed_case_is_done_and_leaves_the_open_board() -> None:
    row = board(*ARCHIVE[:-1], at(minutes(90), CLOSED))
    assert (row.open, row.stage, row.closed_at) == (False, "closed", minutes(90))


def test_a_merged_case_is_done_until_the_merge_is_undone() -> None:
    merged = happened("merged", DISPATCHER, CaseMerged(into=OTHER_ID, into_number="1"))
    row = board(*RECEIPT, merged)
    assert (row.open, row.merged_into) == (False, OTHER_ID)
    undone = CaseUnmerged(was_in=OTHER_ID, to_unit="95598", reason="other_matter")
    row = board(*RECEIPT, merged, happened("received", DISPATCHER, undone))
    assert (row.open, row.merged_into, row.next_step) == (True, None, "dispatch")


def history(*stages: str) -> list[Fact]:
    begun = CaseWitnessed(
        number="1-36",
        source="bpi2013",
        source_id="1-36",
        business_type="complaint",
        channel="other",
        holder_unit="V30",
        category="fee",
        stage="received",
    )
    steps = [
        StepWitnessed(
            row=n,
            activity="x",
            unit=f"V{n}",
            person="Li",
            stage=stage,
            terminal=stage == "closed",
            deviation="closed --> handling" if stage == "handling" and n > 1 else None,
        )
        for n, stage in enumerate(stages, start=1)
    ]
    return [begun, *steps]


def test_witnessed_history_stands_on_the_board_under_the_name_it_had() -> None:
    row = board(*history("handling", "closed"))
    assert (row.source, row.source_id, row.category) == ("bpi2013", "1-36", "fee")
    assert (row.open, row.holder_unit, row.units) == (False, "V2", ("V30", "V1", "V2"))
    assert row.closed_at is not None


def test_history_that_went_on_after_its_end_counts_as_reopened_and_as_a_deviation() -> None:
    row = board(*history("handling", "closed", "handling"))
    assert (row.open, row.reopened, row.deviations, row.closed_at) == (True, 1, 1, None)


def test_a_fact_of_a_case_that_never_began_is_parked() -> None:
    found = telling.folded(BOARDS, DISPATCHED, ACCEPTED)
    assert [(p.position, p.reason) for p in found.parked] == [
        (1, "Unfounded: CaseDispatched before anything began this row"),
        (2, "behind position 1"),
    ]
