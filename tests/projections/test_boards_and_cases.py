"""The board and the desk never disagree: the same facts fold into the same case in both."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.case.accept import CaseAccepted
from domain.case.callback import CallbackAttempted, CallbackFailed, CallbackPlanned
from domain.case.callback_choice import CallbackDecided
from domain.case.case import Case, CaseFact
from domain.case.classify import CaseClassified, CaseReclassified
from domain.case.close import CaseClosed
from domain.case.dispatch import CaseDispatched
from domain.case.escalation import CaseEscalated, EscalationAnswered
from domain.case.extension import ExtensionApproved, ExtensionRefused, ExtensionRequested
from domain.case.final_answer import FinalAnswerGiven
from domain.case.handover import HandoverAccepted, HandoverOffered, HandoverRefused
from domain.case.identify import CustomerIdentified
from domain.case.level import LevelAssessed, LevelRaised
from domain.case.link_repeat import CaseLinkedAsRepeat
from domain.case.merge import CaseMerged, CaseUnmerged
from domain.case.reassign import CaseReassigned
from domain.case.reopen import CaseReopened
from domain.case.returning import CaseReturned, ReturnDecided
from domain.case.supervise import SupervisionAnswered, SupervisionClosed, SupervisionOrdered
from domain.case.suspension import (
    SuspensionApproved,
    SuspensionEnded,
    SuspensionRefused,
    SuspensionRequested,
)
from domain.case.urge import CustomerUrged
from domain.case.withdraw import CaseWithdrawn
from projections.board_rows import BoardRow
from projections.boards import BOARDS
from projections.chains import CHAINS, ChainRow
from projections.folding import fold_in_memory
from projections.handovers import HANDOVERS
from projections.open_orders import OpenOrder
from projections.told import Told
from tests.projections.telling import in_stream, logged, minutes
from tests.support.scenario import CASE_ID, CUSTOMER, LEADER, OTHER_ID, later, text
from tests.support.story import called_back, received

TWO_DAYS = later(days=2)


def told(rung: int, unit: str = "bailu") -> CaseEscalated:
    return CaseEscalated(
        rung=rung,
        from_post=None,
        to_post=f"p{rung}",
        told=f"leader-{rung}",
        unit=unit,
        reason="silence",
        rule="by_hand",
    )


def answered(rung: int, unit: str = "bailu") -> EscalationAnswered:
    return EscalationAnswered(
        rung=rung, unit=unit, post=f"p{rung}", told=f"leader-{rung}", person="qu"
    )


ANYTHING: list[CaseFact] = [
    CaseDispatched(from_unit="a", to_unit="b"),
    CaseReassigned(from_unit="b", to_unit="c", reason="x"),
    CaseAccepted(unit="b", person="ran", post="b.ran"),
    CaseAccepted(unit="c", person="lan"),
    HandoverOffered(from_unit="b", to_unit="c", to_person="lan"),
    HandoverAccepted(from_unit="b", from_person=None, to_unit="c", to_person="lan"),
    HandoverRefused(unit="c", reason="x"),
    CaseReturned(from_unit="b", reason="x"),
    ReturnDecided(approved=True, from_unit="b", to_unit="95598"),
    CustomerIdentified(customer=OTHER_ID, phone=text("1")),
    CustomerIdentified(name=text("Li")),
    CaseClassified(category="fee"),
    CaseReclassified(
        from_category="fee",
        category="meter",
        from_business_type="complaint",
        business_type="opinion",
        reason="x",
    ),
    LevelAssessed(level="general"),
    LevelRaised(from_level="general", level="major", reason="x"),
    SuspensionRequested(reason="x", until=TWO_DAYS),
    SuspensionApproved(requested_by="ran", reason="x", until=TWO_DAYS),
    SuspensionRefused(requested_by="ran", reason="x"),
    SuspensionEnded(until=TWO_DAYS),
    ExtensionRequested(reason="x", new_due=TWO_DAYS, customer_told=True),
    ExtensionApproved(requested_by="ran", reason="x", new_due=TWO_DAYS),
    ExtensionRefused(requested_by="ran", reason="x"),
    CustomerUrged(times=1),
    SupervisionOrdered(from_unit="s", to_unit="b", times=1, order=text("!")),
    SupervisionOrdered(from_unit="s", to_unit="xishi", times=2, order=text("!")),
    SupervisionAnswered(n=1, unit="b", person="qu", answer=text("."), all_answered=True),
    SupervisionClosed(n=1, unit="b", all_answered=True),
    told(1),
    told(1, "xishi"),
    told(2),
    answered(1, "xishi"),
    answered(1),
    answered(2),
    FinalAnswerGiven(answer=text("ok"), means="phone", on_receipt=False),
    CallbackDecided(due=True, why="all"),
    CallbackDecided(due=False, why="withdrawn"),
    CallbackPlanned(planned_for=TWO_DAYS, from_unit="b", to_unit="95598"),
    CallbackAttempted(attempt=1, result="no_answer", reached=False),
    called_back("dissatisfied", solved=False),
    CallbackFailed(attempts=3, reason="no_answer"),
    CaseClosed(callback_outcome="completed", no_callback_reason=None),
    CaseReopened(from_stage="closed", to_unit="95598", rehandling=False, reason="x"),
    CaseReopened(from_stage="callback", to_unit="b", rehandling=True, reason="x"),
    CaseLinkedAsRepeat(earlier_case=OTHER_ID, earlier_number="1"),
    CaseMerged(into=OTHER_ID, into_number="1"),
    CaseUnmerged(was_in=OTHER_ID, to_unit="95598", reason="x"),
    CaseWithdrawn(reason="x"),
]
STAGES = st.sampled_from(["received", "handling", "callback", "closed"])
LIVES = st.lists(st.tuples(st.sampled_from(ANYTHING), STAGES), max_size=15)


def a_life(steps: list[tuple[CaseFact, str]]) -> list[CaseFact]:
    facts: list[Any] = [
        fact.stamped(
            stage=stage, terminal=stage == "closed", actor=LEADER, occurred_at=minutes(n)
        )
        for n, (fact, stage) in enumerate(steps, start=1)
    ]
    return in_stream(CASE_ID, [received(), *facts])  # type: ignore[return-value]


def on_the_desk(facts: list[CaseFact]) -> Case:
    case: Case | None = None
    for fact in facts:
        case = fact.mutate(case)
    assert case is not None
    return case


def unanswered(case: Case) -> tuple[Told, ...]:
    return tuple(
        Told(rung=each.rung, unit=each.unit, post=each.post, person=each.person)
        for each in case.told
        if not each.answered
    )


ONLY_ON_THE_BOARD = (
    "stage_since",
    "holder_since",
    "next_step",
    "next_unit",
    "next_person",
    "rehandle",
)


def as_the_desk_has_it(case: Case, row: BoardRow) -> BoardRow:
    """The row that the desk's own case would make; what it need not know, as it is."""
    return BoardRow(
        position=row.position,
        case_id=case.id,
        version=case.version,
        number=case.number,
        policy=case.policy,
        stage=case.stage,
        open=case.stage != "closed",
        business_type=case.business_type,
        channel=case.channel,
        category=case.category,
        level=case.level,
        area=case.area,
        received_at=case.received_at or minutes(0),
        holder_unit=case.holder_unit,
        holder_person=case.holder_person,
        units=tuple(dict.fromkeys(case.units)),
        offered_unit=case.offered_to_unit,
        offered_person=case.offered_to_person,
        suspension_asked=case.suspension is not None,
        extension_asked=case.extension is not None,
        due=case.due,
        answered_at=case.answered_at,
        callback_due=case.callback_due,
        callback_for=case.callback_planned_for,
        callback_attempts=case.callback_attempts,
        callback_outcome=case.callback_outcome,
        satisfaction=case.satisfaction,
        solved=case.solved,
        closed_at=case.closed_at,
        rung=case.rung,
        unanswered=unanswered(case),
        told_units=tuple(dict.fromkeys(each.unit for each in case.told)),
        orders=tuple(
            OpenOrder(n=each.n, unit=each.to_unit, answered=each.answered)
            for each in case.open_orders()
        ),
        ordered_units=tuple(dict.fromkeys(each.to_unit for each in case.open_orders())),
        urged=case.urges,
        supervised=case.supervisions,
        reopened=case.reopenings,
        customer=case.customer or CUSTOMER,
        secret=case.secret,
        anonymous=case.anonymous,
        repeat_of=case.repeat_of,
        merged_into=case.merged_into,
        **{name: getattr(row, name) for name in ONLY_ON_THE_BOARD},
    )


@given(LIVES)
def test_the_board_says_of_a_case_what_the_desk_knows_of_it(
    steps: list[tuple[CaseFact, str]],
) -> None:
    facts = a_life(steps)
    case = on_the_desk(facts)
    row: BoardRow = fold_in_memory([BOARDS], logged(facts))["boards"][CASE_ID,]
    assert row == as_the_desk_has_it(case, row)
    assert row.position == len(facts)


@given(LIVES)
def test_a_case_has_one_holder_and_every_view_names_the_same(
    steps: list[tuple[CaseFact, str]],
) -> None:
    facts = a_life(steps)
    case = on_the_desk(facts)
    folded = fold_in_memory([BOARDS, HANDOVERS, CHAINS], logged(facts))
    assert not folded.parked
    assert folded["handovers"][CASE_ID,].unit == case.holder_unit
    chain: ChainRow = folded["chains"][CASE_ID,]
    handling = next(link for link in reversed(chain.links) if link.rung == 0)
    assert (handling.unit, handling.person) == (case.holder_unit, case.holder_person)
    told_now = [link for link in chain.links if link.rung and link.round == chain.round]
    assert [(link.rung, link.unit) for link in told_now] == [
        (each.rung, each.unit) for each in case.told
    ]
