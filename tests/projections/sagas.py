"""Views made to be hard on the engine: rows that go, folds that fail, no table for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace as changed

from domain.case.case import CaseFact
from domain.case.dispatch import CaseDispatched
from domain.case.link_repeat import CaseLinkedAsRepeat
from domain.case.reassign import CaseReassigned
from domain.case.receive import CaseReceived
from domain.case.urge import CustomerUrged
from domain.case.withdraw import CaseWithdrawn
from domain.fact import Fact
from projections.table import Cell, Key, Row, Table
from projections.view import Occurrences, View, known, on, tally
from tests.projections.telling import stream


class Saga(Row, frozen=True, kw_only=True):
    """What happened to a case, in every kind of column."""

    case_id: UUID
    unit: str
    since: datetime
    times: int = 0
    hours: float = 0.0
    urgent: bool = False
    path: tuple[str, ...] = ()
    stays: dict[str, float]
    earlier: UUID | None = None


class SagaCell(Cell, frozen=True, kw_only=True):
    """How many cases there are with a unit."""

    unit: str
    urgent: bool


class Move(Row, frozen=True, kw_only=True):
    """One move of a case."""

    case_id: UUID
    n: int
    to_unit: str


class Unhappy(Exception):
    """What a fold says to the fact that it cannot take."""


def begun(_: Saga | None, fact: CaseReceived) -> Saga:
    return Saga(
        case_id=fact.originator_id,
        unit=fact.holder_unit,
        since=fact.occurred_at,
        path=(fact.holder_unit,),
        stays={},
    )


def moved(row: Saga, fact: CaseDispatched) -> Saga:
    return changed(
        row,
        unit=fact.to_unit,
        times=row.times + 1,
        hours=row.hours + 0.1,
        path=(*row.path, fact.to_unit),
        stays=row.stays | {row.unit: row.stays.get(row.unit, 0.0) + 1 / 3},
    )


def sorted_out(row: Saga, fact: CaseReassigned) -> Saga:
    """``poison``: the fold fails. ``nul``, ``huge``: the table refuses the row."""
    if fact.reason == "poison":
        raise Unhappy("never again")
    if fact.reason == "nul":
        return changed(row, unit="a\0b")
    if fact.reason == "huge":
        return changed(row, times=1 << 70)
    return row


def gone(_: Saga, __: CaseWithdrawn) -> None:
    return None


def urged(row: Saga, _: CustomerUrged) -> Saga:
    return changed(row, urgent=True)


def by_unit(row: Saga) -> Iterable[Key]:
    yield row.unit, row.urgent


def move(before: Saga | None, after: Saga | None, _: CaseFact) -> Iterable[Move]:
    if before and after and after.times > before.times:
        yield Move(case_id=after.case_id, n=after.times, to_unit=after.unit)


SAGAS: View[Saga] = View(
    Table("sagas", Saga, key=("case_id",), indexes=(("unit",), ("path",))),
    docs="what happened to each case that was not withdrawn",
    handlers=(
        on(CaseReceived, begun),
        on(CaseDispatched, known(moved)),
        on(CaseReassigned, known(sorted_out)),
        on(CustomerUrged, known(urged)),
        on(CaseWithdrawn, known(gone)),
    ),
    tallies=(tally("saga_cells", SagaCell, by_unit),),
    occurrences=(Occurrences(Table("saga_moves", Move, key=("case_id", "n")), move),),
)


class Repetition(Row, frozen=True, kw_only=True):
    """How often a case was repeated by others, by which last, and how often it repeats."""

    case_id: UUID
    times: int = 0
    last: UUID | None = None
    repeats: int = 0


def repeated(row: Repetition | None, fact: CaseLinkedAsRepeat) -> Repetition:
    row = row or Repetition(case_id=fact.earlier_case)
    return changed(row, times=row.times + 1, last=fact.originator_id)


def repeats(row: Repetition | None, fact: CaseLinkedAsRepeat) -> Repetition:
    row = row or Repetition(case_id=fact.originator_id)
    return changed(row, repeats=row.repeats + 1)


def of_earlier(fact: CaseLinkedAsRepeat) -> Key:
    return (fact.earlier_case,)


# One fact changes two rows, and a row is made of facts of many streams: order matters.
REPETITIONS: View[Repetition] = View(
    Table("repetitions", Repetition, key=("case_id",)),
    docs="how often other cases were linked to each case as a repetition",
    handlers=(
        on(CaseLinkedAsRepeat, repeated, key=of_earlier),
        on(CaseLinkedAsRepeat, repeats),
    ),
    log_order=True,
)

VIEWS: tuple[View[Any], ...] = (SAGAS, REPETITIONS)


def mended(view: View[Any]) -> View[Any]:
    """The same view after somebody has mended the fold that failed."""

    def fold(row: Saga, fact: CaseReassigned) -> Saga:
        return changed(row, unit=fact.to_unit)

    handlers = [
        on(CaseReassigned, known(fold)) if handler.fact is CaseReassigned else handler
        for handler in view.handlers
    ]
    return replace(view, handlers=tuple(handlers))


# Facts -----------------------------------------------------------------------------------


def received() -> Fact:
    return CaseReceived(
        number="1",
        business_type="complaint",
        channel="95598",
        holder_unit="95598",
        holder_person="dan",
        stage="received",
    )


def dispatched(unit: str) -> Fact:
    return CaseDispatched(from_unit="95598", to_unit=unit, stage="dispatched")


def reassigned(reason: str) -> Fact:
    return CaseReassigned(from_unit="A", to_unit="Z", reason=reason, stage="dispatched")


def linked(number: int) -> Fact:
    return CaseLinkedAsRepeat(earlier_case=stream(number), earlier_number="", stage="x")


URGED = CustomerUrged(times=1, stage="dispatched")
WITHDRAWN = CaseWithdrawn(reason="solved", stage="withdrawn")
