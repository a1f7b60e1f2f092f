"""随事计时 Follow: what a fact of a case does to its clocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from domain.case.case import Case, CaseFact
from domain.case.classify import CaseClassified, CaseReclassified
from domain.case.extension import ExtensionApproved
from domain.case.level import LevelAssessed, LevelRaised
from domain.case.suspension import SuspensionApproved, SuspensionEnded
from domain.policy.rows import Limit
from domain.policy.time_rows import ClockRule
from domain.promise.clock import (
    ClockFact,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineMoved,
)
from domain.promise.reckon import deadline, limit_for
from domain.promise.records import DROPPED, KEPT, LATE, STEP, Clock, Grant, Pause
from domain.promise.words import words
from domain.setting import Setting

BECAUSE: dict[type[CaseFact], str] = {
    LevelAssessed: "level",
    LevelRaised: "level",
    CaseClassified: "category",
    CaseReclassified: "category",
}
RECEIVED = "case.received"


def follow(case: Case, fact: CaseFact, setting: Setting) -> list[ClockFact]:
    """What the fact starts, stops and moves. The case has taken the fact in already."""
    said, at = words(fact), fact.occurred_at
    found: list[ClockFact] = []
    for rule in setting.policy.clocks.values():
        found += of_clock(case, rule, said, at, fact.terminal, setting)
    stopped = {each.clock for each in found if isinstance(each, ClockStopped)}
    running = [clock for clock in case.clocks if clock.running and clock.id not in stopped]
    for clock in running:
        found += moved(case, clock, fact, setting)
    if type(fact) in BECAUSE:
        begun = {clock.step for clock in case.clocks}
        begun |= {each.step for each in found if isinstance(each, ClockStarted)}
        for rule in setting.policy.clocks.values():
            if rule.step not in begun:
                found += promised_after_all(case, rule, at, setting)
    return found


def of_clock(
    case: Case,
    rule: ClockRule,
    said: frozenset[str],
    at: datetime,
    terminal: bool,
    setting: Setting,
) -> Iterator[ClockFact]:
    """Stop it, drop it, let it run on, or begin it, as the words of its rule have it."""
    running = case.running(rule.step)
    ends = not rule.stops.isdisjoint(said)
    anew = not rule.restarts.isdisjoint(said)
    drops = terminal or anew or not rule.drops.isdisjoint(said)
    if running is not None and (ends or drops):
        yield stop(running, at, done=ends)
        running = None
    if terminal:
        return
    before = next((c for c in reversed(case.clocks) if c.step == rule.step), None)
    if (
        running is None
        and before is not None
        and before.outcome in {KEPT, LATE}
        and not rule.resumes.isdisjoint(said)
    ):
        yield ClockResumed(clock=before.id, due=before.due)
        return
    if anew or (running is None and not rule.starts.isdisjoint(said)):
        yield from begin(case, rule, at, setting, at)


def stop(clock: Clock, at: datetime, *, done: bool) -> ClockStopped:
    outcome = DROPPED
    if done:
        outcome = KEPT if at <= clock.due else LATE
    return ClockStopped(
        clock=clock.id, step=clock.step, kind=clock.kind, outcome=outcome, due=clock.due
    )


def begin(
    case: Case, rule: ClockRule, since: datetime, setting: Setting, at: datetime
) -> Iterator[ClockStarted]:
    """A clock for the step, if there is a limit for this case."""
    found = limit_for(case, rule.step, setting)
    if found is None:
        return
    runs = sum(clock.step == rule.step for clock in case.clocks)
    blank = Clock(
        id=f"{rule.step}.{runs + 1}",
        step=rule.step,
        kind=found.clock,
        rule=found.code,
        started_at=since,
        due=since,
    )
    reckoned = deadline(blank, rule, found, setting, at)
    yield ClockStarted(
        clock=blank.id,
        step=blank.step,
        kind=blank.kind,
        rule=blank.rule,
        started_at=since,
        due=reckoned.due,
        calendar=reckoned.calendar,
        warn_at=reckoned.warn_at,
        provisional=reckoned.provisional,
    )


def promised_after_all(
    case: Case, rule: ClockRule, at: datetime, setting: Setting
) -> Iterator[ClockStarted]:
    """What the case turned out to be has a promise that it had not before: it counts from
    receipt, unless what it promises is done already."""
    if RECEIVED not in rule.starts or case.received_at is None:
        return
    if rule.stops.isdisjoint(case.words):
        yield from begin(case, rule, case.received_at, setting, at)


def moved(
    case: Case, clock: Clock, fact: CaseFact, setting: Setting
) -> Iterator[ClockFact]:
    """What a rest, a grant or a better understanding of the case does to a running clock.

    Only our own steps rest: the customer's promise and a regulator's are never paused by
    us (A5). What was breached before a rest stays so. What the case turned out to be may
    have no such promise at all.
    """
    rule, at = setting.policy.clocks[clock.step], fact.occurred_at
    if isinstance(fact, SuspensionApproved) and clock.kind == STEP and not clock.breached:
        paused = (*clock.pauses, Pause(since=at, until=fact.until))
        yield from move(case, replace(clock, pauses=paused), rule, "suspended", at, setting)
    elif isinstance(fact, SuspensionEnded) and clock.pauses:
        yield from awake(case, clock, rule, at, setting)
    elif isinstance(fact, ExtensionApproved) and rule.extends:
        granted = replace(clock, granted=Grant(due=fact.new_due, at=at))
        yield from move(case, granted, rule, "extended", at, setting)
    elif type(fact) in BECAUSE and limit_for(case, clock.step, setting) is None:
        yield stop(clock, at, done=False)
    elif type(fact) in BECAUSE:
        afresh = replace(clock, granted=None)
        yield from move(case, afresh, rule, BECAUSE[type(fact)], at, setting)


def awake(
    case: Case, clock: Clock, rule: ClockRule, at: datetime, setting: Setting
) -> Iterator[DeadlineMoved]:
    """The rest is over, perhaps before its time."""
    *earlier, last = clock.pauses
    if at < last.until:
        pauses = (*earlier, Pause(since=last.since, until=at))
        yield from move(case, replace(clock, pauses=pauses), rule, "resumed", at, setting)


def move(
    case: Case,
    clock: Clock,
    rule: ClockRule,
    why: str,
    at: datetime,
    setting: Setting,
) -> Iterator[DeadlineMoved]:
    """The clock reckoned anew; nothing when that changes nothing."""
    found: Limit | None = limit_for(case, clock.step, setting)
    if found is None:
        return
    reckoned = deadline(clock, rule, found, setting, at)
    known = case.clock(clock.id)
    unchanged = known is not None and (
        (known.due, known.rule, known.calendar, known.pauses, known.granted)
        == (reckoned.due, found.code, reckoned.calendar, clock.pauses, clock.granted)
    )
    if unchanged:
        return
    yield DeadlineMoved(
        clock=clock.id,
        why=why,
        rule=found.code,
        from_due=clock.due,
        due=reckoned.due,
        calendar=reckoned.calendar,
        warn_at=reckoned.warn_at,
        provisional=reckoned.provisional,
        granted=clock.granted,
        pauses=clock.pauses,
    )
