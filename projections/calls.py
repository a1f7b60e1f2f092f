"""Calls 来电: who is on the line or waits, how long did it take, which case came of it?"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from domain.call.abandon import CallAbandoned
from domain.call.answer import CallAnswered
from domain.call.call import CallFact
from domain.call.end import CallEnded
from domain.call.hand_on import CallHandedOn
from domain.call.identify_caller import CallerIdentified
from domain.call.link_case import CallLinked
from domain.call.offer import CallOffered
from domain.call.rate import CallRated
from projections.table import Row, Table
from projections.view import View, known, on, sets


class CallRow(Row, frozen=True, kw_only=True):
    """One call. ``agent`` None: it waits for somebody in ``unit``.

    ``waited`` and ``talked`` are seconds, None until they are over (A7): from the first
    ring to the first answer or to giving up; from the first answer to the end.
    """

    call_id: UUID
    version: int
    open: bool = True
    channel: str
    line: str
    unit: str
    agent: str | None = None
    customer: UUID | None = None
    offered_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    abandoned: bool = False
    waited: float | None = None
    talked: float | None = None
    handed_on: int = 0
    rating: str | None = None
    cases: tuple[UUID, ...] = ()


def offered(_: CallRow | None, fact: CallOffered) -> CallRow:
    return CallRow(
        call_id=fact.originator_id,
        version=fact.originator_version,
        channel=fact.channel,
        line=fact.line,
        unit=fact.unit,
        customer=fact.customer,
        offered_at=fact.occurred_at,
    )


def answered(row: CallRow, fact: CallAnswered) -> CallRow:
    row = replace(row, agent=fact.agent, unit=fact.unit)
    if row.answered_at is not None:
        return row
    waited = seconds(row.offered_at, fact.occurred_at)
    return replace(row, answered_at=fact.occurred_at, waited=waited)


def handed_on(row: CallRow, fact: CallHandedOn) -> CallRow:
    return replace(row, unit=fact.to_unit, agent=fact.to_agent, handed_on=row.handed_on + 1)


def ended(row: CallRow, fact: CallEnded) -> CallRow:
    talked = seconds(row.answered_at, fact.occurred_at) if row.answered_at else None
    return replace(row, open=False, ended_at=fact.occurred_at, talked=talked)


def abandoned(row: CallRow, fact: CallAbandoned) -> CallRow:
    at = fact.occurred_at
    waited = seconds(row.offered_at, at)
    return replace(row, open=False, abandoned=True, ended_at=at, waited=waited)


def identified(row: CallRow, fact: CallerIdentified) -> CallRow:
    return replace(row, customer=fact.customer or row.customer)


def linked(row: CallRow, fact: CallLinked) -> CallRow:
    return replace(row, cases=(*row.cases, fact.case))


def seconds(begin: datetime, end: datetime) -> float:
    # Two machines' clocks may differ a little: a time is never negative.
    return max(0.0, (end - begin).total_seconds())


CALLS: View[CallRow] = View(
    Table(
        "calls",
        CallRow,
        key=("call_id",),
        indexes=(("open", "offered_at", "call_id"), ("customer",), ("cases",)),
    ),
    docs="who is on the line or waits, how long it took, which cases came of it",
    handlers=(
        on(CallOffered, offered, fresh=True),
        on(CallFact, sets(lambda fact: {"version": fact.originator_version})),
        on(CallAnswered, known(answered)),
        on(CallHandedOn, known(handed_on)),
        on(CallEnded, known(ended)),
        on(CallAbandoned, known(abandoned)),
        on(
            CallerIdentified,
            known(identified),
        ),
        on(CallLinked, known(linked)),
        on(CallRated, sets(lambda fact: {"rating": fact.satisfaction})),
    ),
)
