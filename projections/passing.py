"""转手 Passing on: who has a case, whom it came from, and was it sent back? (A>B>A)"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec.structs import replace

from domain.case.accept import CaseAccepted
from domain.case.callback import CallbackPlanned
from domain.case.case import CaseFact
from domain.case.dispatch import CaseDispatched
from domain.case.handover import HandoverAccepted
from domain.case.merge import CaseUnmerged
from domain.case.reassign import CaseReassigned
from domain.case.reopen import CaseReopened
from domain.case.returning import ReturnDecided
from projections.table import Row
from projections.view import Handler, known, on


class PassingRow(Row, frozen=True, kw_only=True):
    """One case on its way through the units.

    ``unit`` has it (empty: not known yet), and got it from ``came_from``. ``hops`` counts
    how often it went to another one, ``pingpong`` how often back to the one before.
    """

    unit: str
    came_from: str | None = None
    hops: int = 0
    pingpong: int = 0


P = TypeVar("P", bound=PassingRow)
Step = Callable[[P, Any], P]

SENT: tuple[type[CaseFact], ...] = (
    CaseDispatched,
    CaseReassigned,
    HandoverAccepted,
    ReturnDecided,
)
"""Sent, taken over or taken back: a hop when the unit is another one."""
ROUND: tuple[type[CaseFact], ...] = (CallbackPlanned, CaseReopened, CaseUnmerged)
"""The regular way home, to the callback or to a new round: no hop and no return."""


def handed(row: P, unit: str) -> P:
    """A hop, if another unit has the case now."""
    if unit == row.unit:
        return row
    if not row.unit:
        return replace(row, unit=unit)
    return replace(
        row,
        unit=unit,
        came_from=row.unit,
        hops=row.hops + 1,
        pingpong=row.pingpong + (unit == row.came_from),
    )


def passing(sent: Step[P], came_round: Step[P], succeeded: Step[P]) -> tuple[Handler, ...]:
    """What a view of cases does when one is sent, comes round, or is accepted by what its
    unit has been merged into (the case did not move)."""
    return (
        *(on(kind, known(sent)) for kind in SENT),
        *(on(kind, known(came_round)) for kind in ROUND),
        on(CaseAccepted, known(succeeded)),
    )
