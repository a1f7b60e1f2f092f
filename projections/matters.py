"""事项 Matters: where was each case placed, whose is it, who acted on it last?

Nobody reads this for one case. It is what the watch over all cases needs to know of each:
its ``sightings`` are what alerts count.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from domain.case.accept import CaseAccepted
from domain.case.case import CaseFact
from domain.case.classify import CaseClassified, CaseReclassified
from domain.case.identify import CustomerIdentified
from domain.case.receive import CaseReceived
from domain.case.witness import CaseWitnessed, StepWitnessed
from domain.promise.climb import SignalRaised
from projections.passing import PassingRow, handed, passing
from projections.sightings import SIGHTINGS
from projections.table import Table
from projections.view import View, known, on


class MatterRow(PassingRow, frozen=True, kw_only=True):
    """One case, as far as it counts together with others.

    ``received_in`` is the unit that received it, ``placed`` the one that it was first
    dispatched to (where that is the same unit: the first other one). ``voiced`` is the last
    command that somebody of a unit gave about it, ``signals`` counts what was noticed.
    """

    case_id: UUID
    received_in: str
    received_at: datetime
    business_type: str
    category: str | None = None
    customer: UUID | None = None
    placed: str | None = None
    voiced: UUID | None = None
    signals: int = 0


def received(_: MatterRow | None, fact: CaseReceived) -> MatterRow:
    return MatterRow(
        case_id=fact.originator_id,
        unit=fact.holder_unit,
        received_in=fact.holder_unit,
        received_at=fact.occurred_at,
        business_type=fact.business_type,
        customer=fact.customer,
    )


def witnessed(_: MatterRow | None, fact: CaseWitnessed) -> MatterRow:
    """A case with a history counts as placed: where it began is long ago. Its first row
    says who had it."""
    return MatterRow(
        case_id=fact.originator_id,
        unit="",
        received_in="",
        received_at=fact.occurred_at,
        business_type=fact.business_type,
        category=fact.category,
        customer=fact.customer,
        placed=fact.holder_unit,
    )


def stepped(row: MatterRow, fact: StepWitnessed) -> MatterRow:
    return handed(row, fact.unit)


def voiced(row: MatterRow, fact: CaseFact) -> MatterRow:
    """Somebody of a unit acted on it; a command is one act, whatever came of it."""
    if fact.actor.unit is None or fact.command_id == row.voiced:
        return row
    return replace(row, voiced=fact.command_id)


def sent(row: MatterRow, fact: Any) -> MatterRow:
    unit = fact.to_unit
    row = handed(row, unit)
    if row.placed is None or (row.placed == row.received_in and unit != row.placed):
        return replace(row, placed=unit)
    return row


def came_round(row: MatterRow, fact: Any) -> MatterRow:
    if fact.to_unit == row.unit and row.came_from is None:
        return row
    return replace(row, unit=fact.to_unit, came_from=None)


def succeeded(row: MatterRow, fact: CaseAccepted) -> MatterRow:
    return row if fact.unit == row.unit else replace(row, unit=fact.unit)


def classified(row: MatterRow, fact: CaseClassified) -> MatterRow:
    return replace(row, category=fact.category)


def reclassified(row: MatterRow, fact: CaseReclassified) -> MatterRow:
    return replace(row, category=fact.category, business_type=fact.business_type)


def identified(row: MatterRow, fact: CustomerIdentified) -> MatterRow:
    return replace(row, customer=fact.customer or row.customer)


def noticed(row: MatterRow, _: SignalRaised) -> MatterRow:
    return replace(row, signals=row.signals + 1)


MATTERS: View[MatterRow] = View(
    Table("matters", MatterRow, key=("case_id",)),
    docs="what the watch over all cases has to know of each one",
    handlers=(
        on(CaseReceived, received, fresh=True),
        on(CaseWitnessed, witnessed, fresh=True),
        on(StepWitnessed, known(stepped)),
        on(CaseFact, known(voiced)),
        *passing(sent, came_round, succeeded),
        on(CaseClassified, known(classified)),
        on(CaseReclassified, known(reclassified)),
        on(CustomerIdentified, known(identified)),
        on(SignalRaised, known(noticed)),
    ),
    occurrences=(SIGHTINGS,),
)
