"""Chains 问责链: who answers for a case, from who handles it up to each leader told?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import astuple, replace

from domain.case.accept import CaseAccepted
from domain.case.callback import CallbackPlanned
from domain.case.case import CaseFact
from domain.case.dispatch import CaseDispatched
from domain.case.escalation import CaseEscalated, EscalationAnswered
from domain.case.handover import HandoverAccepted
from domain.case.merge import CaseUnmerged
from domain.case.reassign import CaseReassigned
from domain.case.receive import CaseReceived
from domain.case.reopen import CaseReopened
from domain.case.returning import ReturnDecided
from domain.case.witness import CaseWitnessed, StepWitnessed
from domain.promise.clock import OVERDUE, ClockStopped, DeadlineMoved
from domain.promise.coming import STALL
from projections.reading import Is, Source
from projections.table import Row, Table
from projections.told import told_by
from projections.view import Occurrences, View, known, on

STALLS = f"{STALL}:"


class RungRow(Row, frozen=True, kw_only=True):
    """One link of the chain of a case, the ``n``-th (from 1), as it was at the act.

    ``rung`` 0: ``person`` (None: nobody yet) handles the case for ``unit`` from
    ``told_at``. ``rung`` 1 and up: ``person`` in ``post`` was told then, for ``reason``,
    by ``rule``; ``fallback`` says why it is not the leader of ``unit``, or that it was
    ``nobody`` at all. ``climb`` is the ladder under way (None: a person escalated), on
    which that rung was ``due``; ``next_at`` is the rung after it unless somebody acts
    (None: it was told, or the climb is at an end). ``version`` is the case's when this
    link began: the log knows when that was recorded. ``round`` rises with each reopening.
    ``lapsed_at``: the case was done before it was answered.
    """

    case_id: UUID
    n: int
    version: int
    round: int
    rung: int
    unit: str
    post: str | None = None
    person: str | None = None
    told_at: datetime
    reason: str | None = None
    rule: str | None = None
    fallback: str | None = None
    climb: str | None = None
    due: datetime | None = None
    next_at: datetime | None = None
    policy: str | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None
    lapsed_at: datetime | None = None

    @property
    def waits(self) -> bool:
        """A leader was told and has neither answered nor been spared it."""
        return self.rung > 0 and self.answered_at is None and self.lapsed_at is None


class ChainRow(Row, frozen=True, kw_only=True):
    """The chain of one case, in the order of the acts."""

    case_id: UUID
    round: int = 1
    links: tuple[RungRow, ...] = ()


# Folds -----------------------------------------------------------------------------------


def begun(_: ChainRow | None, fact: CaseReceived | CaseWitnessed) -> ChainRow:
    row = ChainRow(case_id=fact.originator_id)
    return handles(row, fact, fact.holder_unit, fact.holder_person, fact.actor.post)


def handles(
    row: ChainRow, fact: CaseFact, unit: str, person: str | None, post: str | None = None
) -> ChainRow:
    """Rung 0 is somebody else's from now on. Who takes what lay with nobody fills it in."""
    last = row.links[-1] if row.links else None
    if last and last.rung == 0 and (last.unit, last.person) == (unit, person):
        return row
    if last and last.rung == 0 and last.unit == unit and last.person is None:
        link = replace(
            last,
            person=person,
            post=post,
            told_at=fact.occurred_at,
            version=fact.originator_version,
        )
        return replace(row, links=(*row.links[:-1], link))
    return linked(row, fact, rung=0, unit=unit, post=post, person=person)


def linked(row: ChainRow, fact: CaseFact, **what: Any) -> ChainRow:
    link = RungRow(
        case_id=row.case_id,
        n=len(row.links) + 1,
        version=fact.originator_version,
        round=row.round,
        told_at=fact.occurred_at,
        policy=fact.policy,
        **what,
    )
    return replace(row, links=(*row.links, link))


def accepted(row: ChainRow, fact: CaseAccepted) -> ChainRow:
    return handles(row, fact, fact.unit, fact.person, fact.post)


def taken_over(row: ChainRow, fact: HandoverAccepted) -> ChainRow:
    return handles(row, fact, fact.to_unit, fact.to_person, fact.to_post)


def sent(row: ChainRow, fact: Any) -> ChainRow:
    return handles(row, fact, fact.to_unit, None)


def stepped(row: ChainRow, fact: StepWitnessed) -> ChainRow:
    """Of history, only who held it last: nobody was asked to answer for more."""
    last = row.links[-1] if row.links else None
    if last is None or last.rung > 0:
        return handles(row, fact, fact.unit, fact.person)
    if (last.unit, last.person) == (fact.unit, fact.person):
        return row
    link = replace(
        last,
        unit=fact.unit,
        person=fact.person,
        told_at=fact.occurred_at,
        version=fact.originator_version,
    )
    return replace(row, links=(*row.links[:-1], link))


def told(row: ChainRow, fact: CaseEscalated) -> ChainRow:
    return linked(
        goes_on(row, fact.climb, None),
        fact,
        rung=fact.rung,
        unit=fact.unit,
        post=fact.to_post,
        person=fact.told,
        reason=fact.reason,
        rule=fact.rule,
        fallback=fact.fallback,
        climb=fact.climb,
        due=fact.due,
        next_at=fact.next_at,
    )


def answered(row: ChainRow, fact: EscalationAnswered) -> ChainRow:
    """For exactly who was told there: another line of units has a first rung too."""
    meant = astuple(told_by(fact))
    links = [
        replace(link, answered_at=fact.occurred_at, answered_by=fact.person)
        if link.waits
        and link.round == row.round
        and (link.rung, link.unit, link.post, link.person, link.climb) == meant
        else link
        for link in row.links
    ]
    return goes_on(replace(row, links=tuple(links)), fact.climb, fact.next_at)


def goes_on(row: ChainRow, climb: str | None, at: datetime | None) -> ChainRow:
    """The last link of a climb says when it goes on; None: not from there."""
    last = max((k.n for k in row.links if climb and k.climb == climb), default=0)
    links = [replace(link, next_at=at) if link.n == last else link for link in row.links]
    return replace(row, links=tuple(links)) if last else row


def clock_stopped(row: ChainRow, fact: ClockStopped) -> ChainRow:
    return goes_on(row, f"{OVERDUE}:{fact.clock}", None)


def deadline_moved(row: ChainRow, fact: DeadlineMoved) -> ChainRow:
    """What lies ahead again is no longer climbed for."""
    ahead = fact.due > fact.occurred_at
    return goes_on(row, f"{OVERDUE}:{fact.clock}", None) if ahead else row


def went_on(row: ChainRow, fact: CaseFact) -> ChainRow:
    """Any act of an owner ends a stall, and the end of a case ends every climb."""
    links = [
        replace(link, next_at=None)
        if link.next_at is not None
        and (fact.terminal or (fact.OWNER_ACT and (link.climb or "").startswith(STALLS)))
        else link
        for link in row.links
    ]
    return replace(row, links=tuple(links)) if links != list(row.links) else row


def lapsed(row: ChainRow, fact: CaseFact) -> ChainRow:
    """Nobody can answer any more once the case is done."""
    if not fact.terminal or not any(link.waits for link in row.links):
        return row
    links = [
        replace(link, lapsed_at=fact.occurred_at) if link.waits else link
        for link in row.links
    ]
    return replace(row, links=tuple(links))


def unmerged(row: ChainRow, fact: CaseUnmerged) -> ChainRow:
    """The matter is here again, and whoever was told of it has to answer after all."""
    links = [
        replace(link, lapsed_at=None) if link.round == row.round else link
        for link in row.links
    ]
    return sent(replace(row, links=tuple(links)), fact)


def new_round(row: ChainRow, fact: CaseReopened) -> ChainRow:
    """The climb starts at the bottom again; whoever has not answered need not now."""
    links = [
        replace(
            link,
            lapsed_at=fact.occurred_at if link.waits else link.lapsed_at,
            next_at=None,
        )
        for link in row.links
    ]
    return sent(replace(row, round=row.round + 1, links=tuple(links)), fact)


def changed_links(
    before: ChainRow | None, after: ChainRow | None, _: CaseFact
) -> Iterator[RungRow]:
    """The links that a step added or changed."""
    old = before.links if before else ()
    for n, link in enumerate(after.links if after else ()):
        if n >= len(old) or old[n] != link:
            yield link


RUNGS: Occurrences[ChainRow] = Occurrences(
    Table("rungs", RungRow, key=("case_id", "n"), indexes=(("person",), ("unit",))),
    changed_links,
)

CHAINS: View[ChainRow] = View(
    Table("chains", ChainRow, key=("case_id",)),
    docs="who answers for each case, from who handles it up to every leader told",
    handlers=(
        on(CaseReceived, begun, fresh=True),
        on(CaseWitnessed, begun, fresh=True),
        on(StepWitnessed, known(stepped)),
        on(CaseAccepted, known(accepted)),
        on(HandoverAccepted, known(taken_over)),
        on(CaseDispatched, known(sent)),
        on(CaseReassigned, known(sent)),
        on(ReturnDecided, known(sent)),
        on(CallbackPlanned, known(sent)),
        on(CaseUnmerged, known(unmerged)),
        on(CaseEscalated, known(told)),
        on(EscalationAnswered, known(answered)),
        on(ClockStopped, known(clock_stopped)),
        on(DeadlineMoved, known(deadline_moved)),
        on(CaseFact, known(went_on)),
        on(CaseFact, known(lapsed)),
        on(CaseReopened, known(new_round)),
    ),
    occurrences=(RUNGS,),
    version=3,
)


class Chains:
    """The chains as they are (``Stored``) or were (``Held``)."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def of(self, case_id: UUID) -> list[RungRow]:
        """The chain of one case, in the order of the acts."""
        return self._source.select(RUNGS.table, Is("case_id", case_id))
