"""A row of the board 看板, one a case, and what each fact changes in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct, field
from msgspec.structs import replace

from domain.case.accept import CaseAccepted
from domain.case.callback import CallbackCompleted, CallbackPlanned
from domain.case.case import CaseFact
from domain.case.escalation import CaseEscalated, EscalationAnswered
from domain.case.handover import HandoverAccepted
from domain.case.identify import CustomerIdentified
from domain.case.merge import CaseUnmerged
from domain.case.receive import CaseReceived
from domain.case.reopen import CaseReopened
from domain.case.supervise import SupervisionAnswered, SupervisionClosed, SupervisionOrdered
from domain.case.witness import CaseWitnessed, StepWitnessed
from projections.next_steps import next_step
from projections.open_orders import OpenOrders, after
from projections.table import Row
from projections.told import Told, told_by


class Mark(Struct, frozen=True, kw_only=True, gc=False):
    """What the board remembers of a clock; ``due`` is when it was, if that is past."""

    running: bool = True
    breached: bool = False
    due: datetime | None = None
    provisional: bool = False


class BoardRow(Row, frozen=True, kw_only=True):
    """One case. Times are UTC; ages are computed when asked, never kept.

    ``version`` is that of the case at ``position``. ``open``: its policy has something
    left to do in this stage. ``next_step`` is the action word of what must happen next
    (None: the stage has no usual one), ``next_unit`` and ``next_person`` who must do it
    (None: nobody, the case is done; a person only when one is known). ``units`` are all
    that ever held it. ``rung``: how far up the chain it is in this round, 0 for nowhere;
    ``unanswered`` are the leaders who were told and have not answered, ``told_units`` the
    units of all who were told in this round. ``callback_due``: decided so (None: not yet);
    ``rehandle``: the customer is not content, and may have it handled again. ``orders`` are
    the supervision orders that nobody has closed, ``ordered_units`` the units
    they are for. ``deviations``: steps of history that the workflow has no move for.

    ``due`` is the earliest due time still ahead, of ``due_clock`` (None: an extension that
    no clock runs for), ``provisional`` while an official notice may still move it.
    ``clocks`` are those that were ever begun, ``overdue`` how many of them run past their
    due time; of these ``late_clock`` has been late the longest, since ``late_since``.
    ``coming`` is what time alone does next, at ``coming_at``, about the clock or
    climb ``coming_clock``: then ``coming_person`` of ``coming_unit`` is told (at
    ``coming_rung``) or must act.
    """

    case_id: UUID
    version: int
    number: str
    policy: str
    stage: str
    open: bool
    business_type: str
    channel: str
    category: str | None = None
    level: str | None = None
    area: str | None = None
    received_at: datetime
    stage_since: datetime
    holder_unit: str
    holder_person: str | None = None
    holder_since: datetime
    units: tuple[str, ...]
    next_step: str | None = None
    next_unit: str | None = None
    next_person: str | None = None
    offered_unit: str | None = None
    offered_person: str | None = None
    suspension_asked: bool = False
    extension_asked: bool = False
    due: datetime | None = None
    due_clock: str | None = None
    provisional: bool = False
    overdue: int = 0
    late_since: datetime | None = None
    late_clock: str | None = None
    clocks: dict[str, Mark] = field(default_factory=dict)
    coming_at: datetime | None = None
    coming: str | None = None
    coming_clock: str | None = None
    coming_rung: int = 0
    coming_unit: str | None = None
    coming_person: str | None = None
    answered_at: datetime | None = None
    callback_due: bool | None = None
    callback_for: datetime | None = None
    callback_attempts: int = 0
    callback_outcome: str | None = None
    satisfaction: str | None = None
    solved: bool | None = None
    rehandle: bool = False
    closed_at: datetime | None = None
    rung: int = 0
    unanswered: tuple[Told, ...] = ()
    told_units: tuple[str, ...] = ()
    orders: OpenOrders = ()
    ordered_units: tuple[str, ...] = ()
    urged: int = 0
    supervised: int = 0
    reopened: int = 0
    customer: UUID | None = None
    secret: bool = False
    anonymous: bool = False
    repeat_of: UUID | None = None
    merged_into: UUID | None = None
    deviations: int = 0
    source: str | None = None
    source_id: str | None = None

    @property
    def answered(self) -> bool:
        return self.answered_at is not None

    @property
    def callback_possible(self) -> bool:
        """Nobody outside the centre may know who it is, or nobody does (A6)."""
        return not (self.secret or self.anonymous)


def begun(fact: Any, unit: str, person: str | None) -> BoardRow:
    """A case as it begins here, received or witnessed."""
    return BoardRow(
        case_id=fact.originator_id,
        version=fact.originator_version,
        number=fact.number,
        policy=fact.policy or "",
        stage=fact.stage,
        open=not fact.terminal,
        business_type=fact.business_type,
        channel=fact.channel,
        received_at=fact.occurred_at,
        stage_since=fact.occurred_at,
        closed_at=fact.occurred_at if fact.terminal else None,
        holder_unit=unit,
        holder_person=person,
        holder_since=fact.occurred_at,
        units=(unit,),
        source=fact.source,
        source_id=fact.source_id,
    )


def received(_: BoardRow | None, fact: CaseReceived) -> BoardRow:
    row = begun(fact, fact.holder_unit, fact.holder_person)
    return replace(
        row,
        area=fact.area,
        customer=fact.customer,
        secret=fact.secret,
        anonymous=fact.anonymous,
    )


def witnessed(_: BoardRow | None, fact: CaseWitnessed) -> BoardRow:
    row = begun(fact, fact.holder_unit, fact.holder_person)
    return replace(
        row,
        category=fact.category,
        level=fact.level,
        area=fact.area,
        customer=fact.customer,
    )


def stepped(row: BoardRow, fact: StepWitnessed) -> BoardRow:
    """One row of history: who held the case after it, and whether it ended or began again.

    ``moved_on`` has seen to the stage already, so ``closed_at`` tells the stage before.
    """
    row = replace(row, deviations=row.deviations + (fact.deviation is not None))
    if fact.terminal and row.closed_at is None:
        row = replace(row, closed_at=fact.occurred_at)
    elif not fact.terminal and row.closed_at is not None:
        row = replace(row, closed_at=None, reopened=row.reopened + 1)
    if (fact.unit, fact.person) == (row.holder_unit, row.holder_person):
        return row
    return held(row, fact.occurred_at, fact.unit, fact.person)


def moved_on(row: BoardRow, fact: CaseFact) -> BoardRow:
    """Every fact of a case: its version, and its stage if that is another one now.

    What was only asked for or offered in the last stage lapses with it.
    """
    if fact.stage == row.stage:
        return replace(row, version=fact.originator_version)
    return replace(
        row,
        version=fact.originator_version,
        stage=fact.stage,
        open=not fact.terminal,
        stage_since=fact.occurred_at,
        offered_unit=None,
        offered_person=None,
        suspension_asked=False,
        extension_asked=False,
    )


def held(row: BoardRow, at: datetime, unit: str, person: str | None = None) -> BoardRow:
    """Exactly one unit holds the case from now on, and perhaps one person in it."""
    return replace(
        row,
        holder_unit=unit,
        holder_person=person,
        holder_since=at if unit != row.holder_unit else row.holder_since,
        units=row.units if unit in row.units else (*row.units, unit),
        offered_unit=None,
        offered_person=None,
    )


def to_unit(row: BoardRow, fact: Any) -> BoardRow:
    return held(row, fact.occurred_at, fact.to_unit)


def to_person(row: BoardRow, fact: HandoverAccepted) -> BoardRow:
    return held(row, fact.occurred_at, fact.to_unit, fact.to_person)


def accepted(row: BoardRow, fact: CaseAccepted) -> BoardRow:
    return held(row, fact.occurred_at, fact.unit, fact.person)


def identified(row: BoardRow, fact: CustomerIdentified) -> BoardRow:
    return replace(row, customer=fact.customer or row.customer, anonymous=False)


def escalated(row: BoardRow, fact: CaseEscalated) -> BoardRow:
    units = tuple(dict.fromkeys((*row.told_units, fact.unit)))
    unanswered = (*row.unanswered, told_by(fact))
    rung = max(row.rung, fact.rung)
    return replace(row, rung=rung, unanswered=unanswered, told_units=units)


def escalation_answered(row: BoardRow, fact: EscalationAnswered) -> BoardRow:
    left = tuple(told for told in row.unanswered if told != told_by(fact))
    return replace(row, unanswered=left)


def supervised(
    row: BoardRow, fact: SupervisionOrdered | SupervisionAnswered | SupervisionClosed
) -> BoardRow:
    orders = after(row.orders, fact)
    units = tuple(dict.fromkeys(order.unit for order in orders))
    return replace(row, orders=orders, ordered_units=units)


NOT_CALLED_BACK: dict[str, Any] = {
    "callback_for": None,
    "callback_attempts": 0,
    "callback_outcome": None,
    "satisfaction": None,
    "solved": None,
    "rehandle": False,
}


def called_back(fact: CallbackCompleted) -> dict[str, Any]:
    return {
        "callback_outcome": "completed",
        "callback_attempts": fact.attempts,
        "satisfaction": fact.satisfaction,
        "solved": fact.solved,
        "rehandle": fact.rehandle,
    }


def callback_planned(row: BoardRow, fact: CallbackPlanned) -> BoardRow:
    row = replace(row, **NOT_CALLED_BACK | {"callback_for": fact.planned_for})
    return to_unit(row, fact)


def new_round(row: BoardRow, fact: CaseReopened) -> BoardRow:
    row = replace(
        row,
        **NOT_CALLED_BACK,
        reopened=row.reopened + 1,
        due=None,
        answered_at=None,
        callback_due=None,
        closed_at=None,
        rung=0,
        unanswered=(),
        told_units=(),
    )
    return to_unit(row, fact)


def unmerged(row: BoardRow, fact: CaseUnmerged) -> BoardRow:
    return to_unit(replace(row, merged_into=None), fact)


def due_next(row: BoardRow, _: CaseFact) -> BoardRow:
    """Last of all: who must do what now."""
    word, unit, person = next_step(row)
    if (word, unit, person) == (row.next_step, row.next_unit, row.next_person):
        return row
    return replace(row, next_step=word, next_unit=unit, next_person=person)
