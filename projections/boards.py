"""Board 看板: where does each case stand, who must do what next, which loop is open?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from domain.case.accept import CaseAccepted
from domain.case.callback import (
    CallbackAttempted,
    CallbackCompleted,
    CallbackFailed,
    CallbackPlanned,
)
from domain.case.callback_choice import CallbackDecided
from domain.case.case import CaseFact
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
from domain.case.receive import CaseReceived
from domain.case.reopen import CaseReopened
from domain.case.returning import ReturnDecided
from domain.case.supervise import SupervisionAnswered, SupervisionClosed, SupervisionOrdered
from domain.case.suspension import (
    SuspensionApproved,
    SuspensionRefused,
    SuspensionRequested,
)
from domain.case.urge import CustomerUrged
from domain.case.witness import CaseWitnessed, StepWitnessed
from domain.promise.clock import (
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineBreached,
    DeadlineMoved,
)
from projections.board_rows import (
    BoardRow,
    accepted,
    callback_planned,
    called_back,
    due_next,
    escalated,
    escalation_answered,
    identified,
    moved_on,
    new_round,
    received,
    stepped,
    supervised,
    to_person,
    to_unit,
    unmerged,
    witnessed,
)
from projections.board_times import (
    brought,
    clock_resumed,
    clock_started,
    clock_stopped,
    deadline_breached,
    deadline_moved,
)
from projections.reading import Condition, Is, Source, place
from projections.table import Key, Table
from projections.view import View, known, on, sets

BOARDS: View[BoardRow] = View(
    Table(
        "boards",
        BoardRow,
        key=("case_id",),
        indexes=(
            ("open", "received_at", "case_id"),
            ("next_unit", "next_person"),
            ("number",),
            ("source", "source_id"),
            ("customer",),
            ("units",),
            ("due",),
        ),
    ),
    docs="where each case stands, who must do what next, and which loop is not closed",
    handlers=(
        on(CaseReceived, received, fresh=True),
        on(CaseWitnessed, witnessed, fresh=True),
        on(CaseFact, known(moved_on)),
        on(StepWitnessed, known(stepped)),
        # Who holds it.
        on(CaseDispatched, known(to_unit)),
        on(CaseReassigned, known(to_unit)),
        on(ReturnDecided, known(to_unit)),
        on(CaseAccepted, known(accepted)),
        on(HandoverAccepted, known(to_person)),
        on(
            HandoverOffered,
            sets(lambda f: {"offered_unit": f.to_unit, "offered_person": f.to_person}),
        ),
        on(HandoverRefused, sets(lambda _: {"offered_unit": None, "offered_person": None})),
        # What it is, and whose.
        on(CaseClassified, sets(lambda f: {"category": f.category})),
        on(
            CaseReclassified,
            sets(lambda f: {"category": f.category, "business_type": f.business_type}),
        ),
        on(LevelAssessed, sets(lambda f: {"level": f.level})),
        on(LevelRaised, sets(lambda f: {"level": f.level})),
        on(CustomerIdentified, known(identified)),
        on(CaseLinkedAsRepeat, sets(lambda f: {"repeat_of": f.earlier_case})),
        # What is asked of whom.
        on(SuspensionRequested, sets(lambda _: {"suspension_asked": True})),
        on(SuspensionApproved, sets(lambda _: {"suspension_asked": False})),
        on(SuspensionRefused, sets(lambda _: {"suspension_asked": False})),
        on(ExtensionRequested, sets(lambda _: {"extension_asked": True})),
        on(ExtensionApproved, sets(lambda f: {"extension_asked": False, "due": f.new_due})),
        on(ExtensionRefused, sets(lambda _: {"extension_asked": False})),
        on(CustomerUrged, sets(lambda f: {"urged": f.times})),
        on(SupervisionOrdered, sets(lambda f: {"supervised": f.times})),
        on(SupervisionOrdered, known(supervised)),
        on(SupervisionAnswered, known(supervised)),
        on(SupervisionClosed, known(supervised)),
        on(CaseEscalated, known(escalated)),
        on(EscalationAnswered, known(escalation_answered)),
        # How the loop closes, and opens again.
        on(FinalAnswerGiven, sets(lambda f: {"answered_at": f.occurred_at})),
        on(CallbackDecided, sets(lambda f: {"callback_due": f.due})),
        on(CallbackPlanned, known(callback_planned)),
        on(CallbackAttempted, sets(lambda f: {"callback_attempts": f.attempt})),
        on(CallbackCompleted, sets(called_back)),
        on(CallbackFailed, sets(lambda _: {"callback_outcome": "failed"})),
        on(CaseClosed, sets(lambda f: {"closed_at": f.occurred_at})),
        on(CaseReopened, known(new_round)),
        on(CaseMerged, sets(lambda f: {"merged_into": f.into})),
        on(CaseUnmerged, known(unmerged)),
        # What time does.
        on(ClockStarted, known(clock_started)),
        on(DeadlineMoved, known(deadline_moved)),
        on(DeadlineBreached, known(deadline_breached)),
        on(ClockStopped, known(clock_stopped)),
        on(ClockResumed, known(clock_resumed)),
        on(CaseFact, known(brought)),
        on(CaseFact, known(due_next)),
    ),
    version=6,
)


class Boards:
    """The board as it is (``Boards(Stored(pool))``) or was (``Boards(Held(folded))``)."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def case(self, case_id: UUID) -> BoardRow | None:
        found: BoardRow | None = self._source.get(BOARDS.table, (case_id,))
        return found

    def numbered(self, number: str) -> list[BoardRow]:
        """The cases with this number; almost always one."""
        return self._select(Is("number", number))

    def cases(
        self, *where: Condition, after: Key | None = None, limit: int | None = None
    ) -> list[BoardRow]:
        """Cases by any conditions, the oldest first; see ``place`` for the next page."""
        return self._select(*where, after=after, limit=limit)

    def _select(self, *where: Condition, **page: Any) -> list[BoardRow]:
        return self._source.select(BOARDS.table, *where, order=ORDER, **page)


ORDER = ("received_at",)


def pages(boards: Boards, *where: Condition, size: int = 1_000) -> Iterator[BoardRow]:
    """Every case by any conditions, read a page at a time."""
    after: Key | None = None
    while rows := boards.cases(*where, after=after, limit=size):
        yield from rows
        after = place(BOARDS.table, rows[-1], ORDER)
