"""随事计时 Follow: what a fact of a case does to its clocks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from domain.case.case import Case, CaseFact
from domain.case.classify import CaseClassified, CaseReclassified
from domain.case.extension import ExtensionApproved
from domain.case.identify import CustomerIdentified
from domain.case.level import LevelAssessed, LevelRaised
from domain.case.link_repeat import CaseLinkedAsRepeat
from domain.case.merge import CaseUnmerged
from domain.case.referral import ReferralReceived
from domain.case.reopen import CaseReopened
from domain.case.suspension import SuspensionApproved, SuspensionEnded
from domain.policy.rows import Limit
from domain.policy.time_rows import ClockRule
from domain.promise.clock import (
    OVERDUE,
    ClockFact,
    ClockResumed,
    ClockStarted,
    ClockStopped,
    DeadlineMoved,
)
from domain.promise.ladder import rung_due
from domain.promise.reckon import deadline, limit_for
from domain.promise.records import DROPPED, KEPT, LATE, OUTER, STEP, Clock, Grant, Pause
from domain.promise.words import words
from domain.setting import Setting

# What makes another matter of the case, so that another limit may hold.
BECAUSE: dict[type[CaseFact], str] = {
    LevelAssessed: "level",
    LevelRaised: "level",
    CaseClassified: "category",
    CaseReclassified: "category",
    CustomerIdentified: "circumstances",
    CaseLinkedAsRepeat: "circumstances",
    ReferralReceived: "circumstances",
}
BEGINS_A_ROUND = ("case.received", "case.reopened")


def follow(case: Case, fact: CaseFact, setting: Setting) -> list[ClockFact]:
    """What the fact starts, stops and moves. The case has taken the fact in already."""
    found: list[ClockFact] = []
    for rule in setting.policy.clocks.values():
        found += by_words(case, rule, fact, setting)
    stopped = {each.clock for each in found if isinstance(each, ClockStopped)}
    for clock in case.clocks:
        if clock.running and clock.id not in stopped:
            found += moved(case, clock, fact, setting)
    if type(fact) in BECAUSE:
        begun = {each.step for each in found if isinstance(each, ClockStarted)}
        for rule in setting.policy.clocks.values():
            if rule.step not in begun:
                found += promised_after_all(case, rule, fact.occurred_at, setting)
    return found


# Begun and ended ------------------------------------------------------------------------


def by_words(
    case: Case, rule: ClockRule, fact: CaseFact, setting: Setting
) -> Iterator[ClockFact]:
    """Stop it, drop it, let it run on, or begin it, as the words of its rule have it."""
    said, at = words(fact), fact.occurred_at
    running = case.running(rule.step)
    ends = not rule.stops.isdisjoint(said)
    anew = not rule.restarts.isdisjoint(said)
    drops = fact.terminal or anew or not rule.drops.isdisjoint(said)
    if running is not None and (ends or drops):
        yield stop(running, at, done=ends)
        running = None
    elif running is not None and running.breached and isinstance(fact, CaseReopened):
        yield resume(case, running, rule, at, setting, from_below=True)
    if fact.terminal or running is not None:
        return
    last = next((c for c in reversed(case.clocks) if c.step == rule.step), None)
    if last is not None and runs_on(case, last, rule, fact):
        yield resume(case, last, rule, at, setting)
    elif (anew or not rule.starts.isdisjoint(said)) and concerns(case, rule, fact, setting):
        yield from begin(case, rule, fact.counts_from, setting, at)


def concerns(case: Case, rule: ClockRule, fact: CaseFact, setting: Setting) -> bool:
    """A referral starts the clock of the body that sent it, and no other's."""
    if not isinstance(fact, ReferralReceived):
        return True
    found = limit_for(case, rule.step, setting)
    return found is None or not found.bodies or fact.body in found.bodies


def stop(clock: Clock, at: datetime, *, done: bool) -> ClockStopped:
    outcome = DROPPED
    if done:
        outcome = KEPT if at <= clock.due else LATE
    return ClockStopped(
        clock=clock.id, step=clock.step, kind=clock.kind, outcome=outcome, due=clock.due
    )


def runs_on(case: Case, last: Clock, rule: ClockRule, fact: CaseFact) -> bool:
    """Whether a clock that stopped was stopped too soon: what was done is sent back, or the
    merge that dropped it is undone."""
    if isinstance(fact, CaseUnmerged):
        undone = last.outcome == DROPPED and last.stopped_at == case.merged_at
        return undone and (last.kind == OUTER or begins_a_round(rule))
    return last.outcome in {KEPT, LATE} and not rule.resumes.isdisjoint(words(fact))


def begins_a_round(rule: ClockRule) -> bool:
    """Whether the clock is of the case as a whole, and not of one step of its handling."""
    return any(word.startswith(BEGINS_A_ROUND) for word in rule.starts)


def resume(
    case: Case,
    clock: Clock,
    rule: ClockRule,
    at: datetime,
    setting: Setting,
    *,
    from_below: bool = False,
) -> ClockResumed:
    """The same clock runs on. If it is late, its ladder is climbed on from the last rung
    told, or again ``from_below``: a new round of the case tells everybody anew."""
    if not clock.breached or rule.ladder is None:
        return ClockResumed(clock=clock.id, due=clock.due)
    climb = f"{OVERDUE}:{clock.id}"
    rung, since = 0, at
    if not from_below:
        since = clock.due
        rung = max((told.rung for told in case.told if told.climb == climb), default=0)
    due = rung_due(setting.policy.ladders[rule.ladder], rung + 1, since, setting)
    return ClockResumed(
        clock=clock.id,
        due=clock.due,
        ladder=rule.ladder,
        since=since,
        rung=rung,
        next_at=None if due is None else max(due, at),
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
    the beginning of this round, unless it runs, was kept, or is not wanted any more."""
    beginning = {word for word in case.words if word.startswith(BEGINS_A_ROUND)}
    over = rule.stops | rule.drops
    if case.running(rule.step) is not None or case.round_at is None:
        return
    if not rule.starts.isdisjoint(beginning) and over.isdisjoint(case.words):
        yield from begin(case, rule, case.round_at, setting, at)


# Moved ----------------------------------------------------------------------------------


def moved(
    case: Case, clock: Clock, fact: CaseFact, setting: Setting
) -> Iterator[ClockFact]:
    """What a rest, a grant or a better understanding of the case does to a running clock.

    Only those of our own steps rest that the rule says so of: the customer's promise and a
    regulator's are never paused by us (A5). What was breached before a rest stays so.
    """
    rule, at = setting.policy.clocks[clock.step], fact.occurred_at
    if isinstance(fact, SuspensionApproved):
        if rule.rests and clock.kind == STEP and not clock.breached:
            paused = (*clock.pauses, Pause(since=at, until=fact.until))
            changed = replace(clock, pauses=paused)
            yield from move(case, changed, rule, "suspended", at, setting)
    elif isinstance(fact, SuspensionEnded):
        yield from awake(case, clock, rule, at, setting)
    elif isinstance(fact, ExtensionApproved):
        if rule.extends:
            granted = replace(clock, granted=Grant(due=fact.new_due, at=at))
            yield from move(case, granted, rule, "extended", at, setting)
    elif type(fact) in BECAUSE:
        yield from understood(case, clock, rule, fact, setting)


def awake(
    case: Case, clock: Clock, rule: ClockRule, at: datetime, setting: Setting
) -> Iterator[DeadlineMoved]:
    """The rest is over, perhaps before its time."""
    if not clock.pauses or at >= clock.pauses[-1].until:
        return
    *earlier, last = clock.pauses
    pauses = (*earlier, Pause(since=last.since, until=at))
    yield from move(case, replace(clock, pauses=pauses), rule, "resumed", at, setting)


def understood(
    case: Case, clock: Clock, rule: ClockRule, fact: CaseFact, setting: Setting
) -> Iterator[ClockFact]:
    """Another limit holds for what the case turned out to be, from the same beginning; or
    none does any more. More time that was granted was granted under the old one."""
    found = limit_for(case, clock.step, setting)
    if found is None:
        yield stop(clock, fact.occurred_at, done=False)
    elif found.code != clock.rule:
        why, afresh = BECAUSE[type(fact)], replace(clock, granted=None)
        yield from move(case, afresh, rule, why, fact.occurred_at, setting)


def reckoned_anew(
    case: Case, clock: Clock, at: datetime, setting: Setting
) -> Iterator[ClockFact]:
    """A later version of its calendar is in force: the old answer stays on record."""
    if limit_for(case, clock.step, setting) is None:
        yield stop(clock, at, done=False)
    else:
        rule = setting.policy.clocks[clock.step]
        yield from move(case, clock, rule, "calendar", at, setting)


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
