"""告知谁 Ladder: who is told at a rung, in the organisation as it stands at that moment."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from domain.organisation.records import Rung
from domain.policy.time_rows import Ladder, RungRule
from domain.promise.reckon import after
from domain.setting import Setting

if TYPE_CHECKING:
    from domain.case.case import Case
    from domain.case.state import Told
    from domain.command import Command
    from domain.promise.records import Climb

ASSIGNEE, DESK, TOP = "assignee", "desk", "top"
HOLDER, LEADER, OFFERED, CENTRE = "holder", "leader", "offered", "centre"
ORDERED, TOLD = "ordered", "told"
# Why it is somebody else than the rule names, besides those of Rung.fallback.
NO_ASSIGNEE, ABOVE_THE_TOP, NAMED, NOBODY = (
    "no_assignee",
    "above_the_top",
    "named",
    "nobody",
)
STAYS_WRONG = frozenset({"overdue", "stall"})
"""Signals that an answer only holds: the case is still late, or still lies idle."""


ABOUT_THE_HANDLING = frozenset({"low_rating"})
"""Signals seen while the centre holds the case, about the unit that replied."""


class Hearer(NamedTuple):
    """Who is told on behalf of ``unit``, and why it is not whom the rule names."""

    unit: str
    post: str | None
    person: str | None
    fallback: str | None


def acting(case: Case, clock_id: str, setting: Setting, at: datetime) -> Hearer:
    """Whoever has to act before a clock is due, as its rule says.

    ``holder``: who holds the case in person; ``leader``: who leads the unit that holds it;
    ``offered``: whom it is offered to; ``centre``: the lead of the dispatch desk;
    ``ordered``: the leader of the unit under order; ``told``: who was told by hand and is
    silent.
    """
    owner, unit = owner_rule(case, clock_id, setting), owner_of(case, clock_id, setting)
    if owner == CENTRE:
        return desk_lead(setting, at)
    if owner == OFFERED and case.offered_to_person is not None:
        return Hearer(unit, None, case.offered_to_person, None)
    if owner == TOLD and (waiting := silent(case)):
        return Hearer(waiting[0].unit, waiting[0].post, waiting[0].person, None)
    if owner in {LEADER, OFFERED, ORDERED}:
        return seated(setting.organisation.leader(unit, at), setting, at)
    return assignee(case, unit, setting, at)


def owner_of(case: Case, clock_id: str | None, setting: Setting) -> str:
    """The unit that has to act, in whose line its ladder is climbed; see ``acting``."""
    owner = owner_rule(case, clock_id, setting)
    if owner == CENTRE:
        return case.units[0]
    if owner == OFFERED:
        return case.offered_to_unit or case.holder_unit
    if owner == ORDERED:
        waiting = (order.to_unit for order in case.open_orders() if not order.answered)
        return next(waiting, case.holder_unit)
    if owner == TOLD:
        return next((told.unit for told in silent(case)), case.holder_unit)
    return case.holder_unit


def owner_rule(case: Case, clock_id: str | None, setting: Setting) -> str:
    clock = case.clock(clock_id) if clock_id is not None else None
    return setting.policy.clocks[clock.step].owner if clock is not None else HOLDER


def silent(case: Case) -> list[Told]:
    """Who was told by hand and has not answered, the latest first."""
    return [t for t in reversed(case.told) if not t.answered and t.climb is None]


def answerable(case: Case, climb: Climb, setting: Setting) -> str:
    """The unit in whose line a ladder is climbed: whose handling the customer is not
    content with, or else whoever has to act."""
    if climb.signal in ABOUT_THE_HANDLING and case.replied_unit is not None:
        return case.replied_unit
    return owner_of(case, climb.cause, setting)


def hearer(case: Case, rule: RungRule, unit: str, setting: Setting, at: datetime) -> Hearer:
    """Whom the rule names, in the line of ``unit``; see ``in_line``."""
    if rule.tells == ASSIGNEE:
        return assignee(case, unit, setting, at)
    return in_line(rule.tells, rule.up, unit, setting, at)


def in_line(tells: str, up: int, unit: str, setting: Setting, at: datetime) -> Hearer:
    """The lead of the dispatch ``desk``, the ``top`` of the line of ``unit``, or the leader
    ``up`` levels above it; else the deputy, the next above, the named fallback (S3, B73).

    Never nothing: where even the fallback is vacant, ``nobody`` says so.
    """
    if tells == DESK:
        return desk_lead(setting, at)
    chain = setting.organisation.chain(unit, at)
    if tells == TOP:
        return seated(chain[-1], setting, at)
    if up < len(chain):
        return seated(chain[up], setting, at)
    return named_fallback(chain[-1].unit, setting, at, ABOVE_THE_TOP)


def assignee(case: Case, unit: str, setting: Setting, at: datetime) -> Hearer:
    """Who holds the case in person for ``unit``; while nobody does, the lead of the
    dispatch desk."""
    if case.holder_person is not None and case.holder_unit == unit:
        return Hearer(case.holder_unit, case.holder_post, case.holder_person, None)
    found = desk_lead(setting, at)
    return found._replace(fallback=found.fallback or NO_ASSIGNEE)


def desk_lead(setting: Setting, at: datetime) -> Hearer:
    """The lead of the dispatch desk."""
    lead = setting.organisation.leader(setting.policy.intake_unit, at)
    return seated(lead, setting, at)


def seated(rung: Rung, setting: Setting, at: datetime) -> Hearer:
    if rung.person is None:
        return named_fallback(rung.unit, setting, at, NAMED)
    return Hearer(rung.unit, rung.post, rung.person, rung.fallback)


def named_fallback(unit: str, setting: Setting, at: datetime, why: str) -> Hearer:
    """The leader of the policy's fallback unit hears it on behalf of ``unit``."""
    rung = setting.organisation.leader(setting.policy.fallback_unit, at)
    if rung.person is None:
        return Hearer(unit, None, None, NOBODY)
    return Hearer(unit, rung.post, rung.person, why)


def rung_due(
    ladder: Ladder, rung: int, since: datetime, setting: Setting
) -> datetime | None:
    """When the ``rung``-th rung (from 1) is told unless somebody acts; None: there is none.

    Each counts from the trigger, in its own calendar.
    """
    if rung > len(ladder.rungs):
        return None
    rule = ladder.rungs[rung - 1]
    return after(rule.after, rule.calendar, since, setting)


def held_until(
    case: Case, told: Told, command: Command, setting: Setting
) -> datetime | None:
    """When the climb goes on after an answer; None: it is at an end.

    What is answered but still late is looked at again after ``answer_holds``; at the top,
    the top is told again. A ladder whose answers do not end it goes on as it was.
    """
    climb: Climb | None = next((c for c in case.climbs if c.id == told.climb), None)
    if climb is None:
        return None
    ladder = setting.policy.ladders[climb.ladder]
    if not ladder.answer_ends:
        return climb.next_at
    if climb.signal not in STAYS_WRONG:
        return None
    if ladder.answer_holds is None:
        return climb.next_at
    calendar = ladder.rungs[-1].calendar
    held = after(ladder.answer_holds, calendar, command.at, setting)
    return held if climb.next_at is None else max(climb.next_at, held)
