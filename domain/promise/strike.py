"""到时 Strike: what time alone makes happen to a case, one thing after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.case.case import Case, CaseFact
from domain.case.escalation import CaseEscalated
from domain.case.suspension import SuspensionEnded
from domain.policy.time_rows import SignalRule
from domain.promise.climb import SignalRaised
from domain.promise.clock import OVERDUE, DeadlineBreached, DeadlineWarned
from domain.promise.coming import BREACH, END_SUSPENSION, ESCALATE, STALL, WARN, Coming
from domain.promise.follow import reckoned_anew
from domain.promise.ladder import (
    Hearer,
    acting,
    answerable,
    assignee,
    hearer,
    owner_of,
    rung_due,
)
from domain.promise.reckon import superseded_at
from domain.promise.records import Climb, Clock
from domain.setting import Setting
from domain.signals import stall

RECKON = "reckon"
# Of what falls due at the same moment, in this order.
ORDER = (RECKON, END_SUSPENSION, WARN, BREACH, STALL, ESCALATE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """Something that happens to a case ``at`` a moment. ``happen`` says it as facts, in
    the setting as known then; the rest is as in Coming."""

    at: datetime
    what: str
    happen: Callable[[Setting], list[CaseFact]]
    hears: Callable[[], Hearer]
    clock: str | None = None
    rung: int = 0

    def struck(self, until: datetime) -> bool:
        """Whether it has happened by then. What is done at the due moment is in time, so a
        deadline is breached only after it."""
        return self.at < until if self.what == BREACH else self.at <= until


def first(case: Case, setting: Setting) -> Strike | None:
    """The next thing that time does to the case."""
    return min(
        strikes(case, setting),
        key=lambda strike: (strike.at, ORDER.index(strike.what), strike.clock or ""),
        default=None,
    )


def coming(case: Case, setting: Setting) -> Coming | None:
    """The same, as it is written on facts: with who hears of it as things stand."""
    struck = first(case, setting)
    if struck is None:
        return None
    open_clocks = [c for c in case.clocks if c.running and not c.breached]
    due = min(open_clocks, key=lambda clock: clock.due, default=None)
    who = struck.hears()
    return Coming(
        at=struck.at,
        what=struck.what,
        clock=struck.clock,
        rung=struck.rung,
        unit=who.unit,
        post=who.post,
        person=who.person,
        due=due.due if due else None,
        due_clock=due.id if due else None,
    )


def strikes(case: Case, setting: Setting) -> Iterator[Strike]:
    """Everything that time will do to the case as it stands."""
    if setting.policy.terminal(case.stage):
        return
    for clock in case.clocks:
        if clock.running:
            yield from of_clock(case, clock, setting)
    for climb in case.climbs:
        if climb.next_at is not None:
            yield of_climb(case, climb, climb.next_at, setting)
    yield from of_suspension(case, setting)
    yield from of_stall(case, setting)


def of_clock(case: Case, clock: Clock, setting: Setting) -> Iterator[Strike]:
    """A later calendar moves it; then warnings; then, after its due time, the breach."""
    since = superseded_at(clock.calendar, setting)
    if since is not None:
        yield Strike(
            at=since,
            what=RECKON,
            clock=clock.id,
            happen=lambda known: list(reckoned_anew(case, clock, since, known)),
            hears=lambda: acting(case, clock.id, setting, since),
        )
    if clock.breached:
        return
    if clock.warned < len(clock.warn_at):
        moment = clock.warn_at[clock.warned]
        yield Strike(
            at=moment,
            what=WARN,
            clock=clock.id,
            happen=lambda known: warned(case, clock, moment, known),
            hears=lambda: acting(case, clock.id, setting, moment),
        )
    yield Strike(
        at=clock.due,
        what=BREACH,
        clock=clock.id,
        happen=lambda known: breached(clock, known),
        hears=lambda: first_hearer(case, clock, setting),
    )


def warned(case: Case, clock: Clock, at: datetime, setting: Setting) -> list[CaseFact]:
    who = acting(case, clock.id, setting, at)
    return [
        DeadlineWarned(
            clock=clock.id,
            n=clock.warned + 1,
            due=clock.due,
            unit=who.unit,
            post=who.post,
            told=who.person,
            fallback=who.fallback,
        )
    ]


def breached(clock: Clock, setting: Setting) -> list[CaseFact]:
    code = setting.policy.clocks[clock.step].ladder
    next_at = None
    if code is not None:
        next_at = rung_due(setting.policy.ladders[code], 1, clock.due, setting)
    return [
        DeadlineBreached(
            clock=clock.id,
            step=clock.step,
            kind=clock.kind,
            due=clock.due,
            ladder=code,
            next_at=next_at,
        )
    ]


def first_hearer(case: Case, clock: Clock, setting: Setting) -> Hearer:
    """Who is told first when the clock is not kept."""
    code = setting.policy.clocks[clock.step].ladder
    if code is None:
        return acting(case, clock.id, setting, clock.due)
    rule = setting.policy.ladders[code].rungs[0]
    return hearer(case, rule, owner_of(case, clock.id, setting), setting, clock.due)


def of_climb(case: Case, climb: Climb, at: datetime, setting: Setting) -> Strike:
    """The next rung, or the last one again where an answer to it did not help. A later
    calendar may put it off."""
    ladder = setting.policy.ladders[climb.ladder]
    rung = min(climb.rung + 1, len(ladder.rungs))
    at = max(at, rung_due(ladder, rung, climb.since, setting) or at)
    rule = ladder.rungs[rung - 1]
    unit = answerable(case, climb, setting)
    return Strike(
        at=at,
        what=ESCALATE,
        clock=climb.id,
        rung=rung,
        happen=lambda known: climbed(case, climb, rung, at, known),
        hears=lambda: hearer(case, rule, unit, setting, at),
    )


def climbed(
    case: Case, climb: Climb, rung: int, at: datetime, setting: Setting
) -> list[CaseFact]:
    """Told at the rung, in the organisation as of then; and when the next one is."""
    ladder = setting.policy.ladders[climb.ladder]
    unit = answerable(case, climb, setting)
    who = hearer(case, ladder.rungs[rung - 1], unit, setting, at)
    before = [told for told in case.told if told.climb == climb.id]
    return [
        CaseEscalated(
            rung=rung,
            from_post=before[-1].post if before else case.holder_post,
            to_post=who.post,
            told=who.person,
            unit=who.unit,
            reason=climb.signal if climb.signal != OVERDUE else "late",
            rule=climb.ladder,
            fallback=who.fallback,
            climb=climb.id,
            due=at,
            next_at=next_rung(climb, rung + 1, at, setting),
        )
    ]


def next_rung(climb: Climb, rung: int, at: datetime, setting: Setting) -> datetime | None:
    """It counts from the trigger; where an answer held the climb back, not before now."""
    due = rung_due(setting.policy.ladders[climb.ladder], rung, climb.since, setting)
    return None if due is None else max(due, at)


def of_suspension(case: Case, setting: Setting) -> Iterator[Strike]:
    """It rests until then at most: then it goes on, whether anybody remembers or not."""
    until = case.suspended_until
    if until is None or (case.stage, END_SUSPENSION) not in setting.policy.moves:
        return
    yield Strike(
        at=until,
        what=END_SUSPENSION,
        happen=lambda _: [SuspensionEnded(until=until)],
        hears=lambda: assignee(case, case.holder_unit, setting, until),
    )


def of_stall(case: Case, setting: Setting) -> Iterator[Strike]:
    """Nobody who answers for it has done anything for so long (B43). While leaders are told
    that it is late, that it lies idle is no news."""
    rule = setting.policy.signals.get(STALL)
    if rule is None or case.acted_at is None:
        return
    if any(climb.signal == OVERDUE for climb in case.climbs):
        return
    climb = f"{STALL}:{case.acted_at.isoformat()}"
    at = stall.due(case, rule, setting)
    if at is None or climb in case.signals:
        return
    told_first = setting.policy.ladders[rule.ladder].rungs[0]
    yield Strike(
        at=at,
        what=STALL,
        clock=climb,
        happen=lambda known: [raise_signal(rule, 1, climb, at, known)],
        hears=lambda: hearer(case, told_first, case.holder_unit, setting, at),
    )


def raise_signal(
    rule: SignalRule, times: int, climb: str, since: datetime, setting: Setting
) -> SignalRaised:
    """A signal, and when the first rung of its ladder is told."""
    ladder = setting.policy.ladders[rule.ladder]
    return SignalRaised(
        signal=rule.code,
        times=times,
        climb=climb,
        since=since,
        ladder=ladder.code,
        next_at=rung_due(ladder, 1, since, setting),
    )
