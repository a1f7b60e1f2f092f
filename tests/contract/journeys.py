"""Made-up lives of cases, and a view that shows a lost, doubled or misplaced fact."""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from domain.case.case import CaseFact
from domain.case.dispatch import CaseDispatched
from domain.case.handover import HandoverAccepted, HandoverOffered
from domain.case.reassign import CaseReassigned
from domain.case.receive import CaseReceived
from domain.fact import Actor, Fact
from projections.table import Cell, Row, Table
from projections.view import View, on, tally
from store import Store

MONDAY = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
UNITS = ("songshan-ops", "songshan-sales", "yuanbaoshan-ops", "chifeng")
SPACE = UUID(int=0x95598)


class Trail(Row, frozen=True, kw_only=True):
    """The places in its case of all facts that were folded, in the order of folding."""

    case_id: UUID
    holder: str
    versions: tuple[int, ...]


class Held(Cell, frozen=True, kw_only=True):
    """How many cases a unit holds: a counter that a doubled fact would spoil."""

    holder: str


def follow(row: Trail | None, fact: CaseFact) -> Trail:
    before = row.versions if row else ()
    holder = getattr(fact, "to_unit", None) or getattr(fact, "holder_unit", None)
    return Trail(
        case_id=fact.originator_id,
        holder=holder or (row.holder if row else ""),
        versions=(*before, fact.originator_version),
    )


TRAILS: View[Trail] = View(
    table=Table("trails", Trail, ("case_id",)),
    docs="Which facts of a case arrived, in which order",
    handlers=(on(CaseFact, follow),),
    tallies=(tally("held", Held, lambda row: [(row.holder,)]),),
)


def case_id(number: int) -> UUID:
    return uuid5(SPACE, str(number))


def life(number: int, hops: int) -> Iterator[CaseFact]:
    """A case from its receipt over so many changes of hands."""
    yield CaseReceived(
        number=f"N{number}",
        business_type="complaint",
        channel="95598",
        holder_unit="95598",
        holder_person="agent-1",
        stage="received",
    )
    holder = "95598"
    for hop in range(hops):
        unit = UNITS[(number + hop) % len(UNITS)]
        if hop == 0:
            yield CaseDispatched(from_unit=holder, to_unit=unit, stage="dispatched")
        elif hop % 2:
            yield HandoverOffered(from_unit=holder, to_unit=unit, stage="handling")
            yield HandoverAccepted(
                from_unit=holder,
                from_person=None,
                to_unit=unit,
                to_person="li",
                stage="handling",
            )
        else:
            yield CaseReassigned(
                from_unit=holder, to_unit=unit, reason="wrong_unit", stage="dispatched"
            )
        holder = unit


def journeys(first: int, cases: int, *, hops_max: int = 8) -> list[Fact]:
    """The facts of so many cases, stamped and mixed as they would come in."""
    dice = random.Random(first)  # noqa: S311 - the same mixture every time
    lives = {n: life(n, dice.randint(0, hops_max)) for n in range(first, first + cases)}
    versions = dict.fromkeys(lives, 0)
    facts: list[Fact] = []
    while lives:
        number = dice.choice(list(lives))
        said = next(lives[number], None)
        if said is None:
            del lives[number]
            continue
        versions[number] += 1
        facts.append(
            said.stamped(
                originator_id=case_id(number),
                originator_version=versions[number],
                occurred_at=MONDAY + timedelta(seconds=len(facts)),
                actor=Actor(person="li", role="handler", unit="songshan-ops"),
                command_id=uuid5(SPACE, f"{number}/{versions[number]}"),
                correlation_id=case_id(number),
                policy="sgcc-2022@1",
            )
        )
    return facts


def record(store: Store, facts: Iterable[Fact], *, at_once: int = 500) -> None:
    """Append facts to the log as if they had been decided."""
    stored = [store.mapper.to_stored_event(fact) for fact in facts]
    for start in range(0, len(stored), at_once):
        store.recorder.insert_events(stored[start : start + at_once])
