"""Whether the rules of time hold together: words, limits, clocks, ladders, calendars."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from domain.fact import Fact
from domain.organisation.records import BLOCKS
from domain.policy.lint import WARNING, Finding
from domain.policy.policy import Policy
from domain.policy.row import Row, dangling
from domain.policy.rows import Limit
from domain.policy.time_rows import SPAN_UNITS, WORKING_DAYS, ClockRule, Ladder
from domain.promise.words import flags

SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86_400, WORKING_DAYS: 1}
WORD = "the topic of a fact about cases, or TOPIC.field, TOPIC.not_field of a yes or no"
KEYS = ("starts", "restarts", "stops", "drops", "resumes")
ENDS_BY_ITSELF = "end-suspension"


def vocabulary() -> frozenset[str]:
    """Every word a clock can listen for, from the facts about cases that there are."""
    known = set()
    for kind in _kinds(Fact):
        topic = kind.__dict__.get("TOPIC", "")
        if topic.startswith("case."):
            known |= {topic}
            known |= {
                f"{topic}.{no}{field}" for field in flags(kind) for no in ("", "not_")
            }
    return frozenset(known)


def _kinds(kind: type[Fact]) -> Iterator[Any]:
    for below in kind.__subclasses__():
        yield below
        yield from _kinds(below)


def check_time(policy: Policy, words: frozenset[str]) -> None:
    """Raises Malformed, naming table, row and remedy, for the first thing that is wrong.

    Rules from before there were clocks have none, and nothing is asked of them.
    """
    for ladder in policy.ladders.values():
        _rises(ladder)
    _check_signals(policy)
    _check_orders(policy)
    for limit in policy.limits.values():
        for body in sorted(limit.bodies):
            if ("body", body) not in policy.reasons:
                raise dangling(Row("limits", limit.code, {}), "bodies", body, "reasons")
        if policy.clocks and limit.runs:
            _check_limit(limit, policy)
    for clock in policy.clocks.values():
        _check_clock(clock, policy, words)


def _check_clock(clock: ClockRule, policy: Policy, words: frozenset[str]) -> None:
    row = Row("clocks", clock.step, {})
    for key in KEYS:
        for word in sorted(getattr(clock, key) - words):
            raise row.wrong(key, WORD, word)
    if not clock.starts | clock.restarts:
        raise row.lacks("starts", "the words by which it begins")
    if not clock.stops:
        raise row.lacks("stops", "the words by which it is done")
    if not any(limit.runs and limit.step == clock.step for limit in policy.limits.values()):
        raise dangling(row, "step", clock.step, "limits")
    if any(span.unit == WORKING_DAYS for span in clock.warn):
        _has_working_days(policy)


def _check_limit(limit: Limit, policy: Policy) -> None:
    row = Row("limits", limit.code, {})
    if limit.step not in policy.clocks:
        wants = f"measure or published, unless the table clocks has a row {limit.step}"
        raise row.wrong("clock", wants, limit.clock)
    if limit.unit not in SPAN_UNITS:
        raise row.wrong("unit", "one of " + ", ".join(SPAN_UNITS), limit.unit)
    if limit.unit == WORKING_DAYS and limit.value != int(limit.value):
        raise row.wrong("value", "a whole number of working days", limit.value)
    if limit.end_of_day and limit.unit != WORKING_DAYS:
        raise row.wrong("unit", "wd where end_of_day is true", limit.unit)
    if limit.calendar and limit.unit == "d":
        raise row.wrong("unit", "wd, h, min or s where a calendar is named", limit.unit)
    if limit.unit == WORKING_DAYS and not limit.calendar:
        _has_working_days(policy)


def _has_working_days(policy: Policy) -> None:
    if not policy.calendar:
        raise Row("profile", "profile", {}).lacks(
            "calendar", "the name of the calendar that working days are counted in"
        )


def _rises(ladder: Ladder) -> None:
    """Each rung later than those before it that are counted alike."""
    latest: dict[tuple[bool, str], float] = {}
    for n, rung in enumerate(ladder.rungs):
        alike = (rung.after.unit == WORKING_DAYS, rung.calendar)
        length = rung.after.value * SECONDS[rung.after.unit]
        if length <= latest.get(alike, -1):
            row = Row("ladders", f"{ladder.code}.rungs[{n}]", {})
            raise row.wrong("after", "later than the rung before it", str(rung.after))
        latest[alike] = length


def _check_signals(policy: Policy) -> None:
    for rule in policy.signals.values():
        row = Row("signals", rule.code, {})
        if rule.times < 1:
            raise row.wrong("times", "at least 1", rule.times)
        if rule.code == "stall" and rule.after is None:
            raise row.lacks("after", "how long nobody may have acted, like 8 h")
        if rule.code == "major" and not rule.levels:
            raise row.lacks("levels", "the levels whose cases are major")


def _check_orders(policy: Policy) -> None:
    for block in sorted(policy.orders.blocks - set(BLOCKS)):
        raise Row("orders", "blocks", {}).wrong("value", ", ".join(BLOCKS), block)


def time_warnings(policy: Policy, calendars: frozenset[str]) -> list[Finding]:
    """What may be meant so: ``no_rung`` (a clock whose breach nobody is told of),
    ``untimed_state`` (a case may lie there for ever unnoticed), ``unknown_calendar`` (none
    of these ``calendars``; it is published apart). Nothing where there are no clocks."""
    if not policy.clocks:
        return []
    return [
        Finding(code, where, what, WARNING)
        for code, where, what in (
            *(
                ("no_rung", f"clocks.{clock.step}", None)
                for clock in policy.clocks.values()
                if clock.ladder is None
            ),
            *(("untimed_state", state, None) for state in _untimed(policy)),
            *(
                ("unknown_calendar", where, name)
                for where, name in _calendars(policy)
                if name not in calendars
            ),
        )
    ]


def _untimed(policy: Policy) -> list[str]:
    """States that no stall is noticed in, except those that time itself ends."""
    stall = policy.signals.get("stall")
    watched = frozenset(policy.states) if stall and not stall.stages else frozenset()
    watched |= stall.stages if stall else frozenset()
    return [
        state
        for state in policy.states
        if state not in watched
        and not policy.terminal(state)
        and (state, ENDS_BY_ITSELF) not in policy.moves
    ]


def _calendars(policy: Policy) -> Iterator[tuple[str, str]]:
    """Every calendar that is named, and where."""
    named = [("profile", policy.calendar)]
    named += [(f"limits.{limit.code}", limit.calendar) for limit in policy.limits.values()]
    named += [(f"signals.{rule.code}", rule.calendar) for rule in policy.signals.values()]
    for ladder in policy.ladders.values():
        named += [(f"ladders.{ladder.code}", rung.calendar) for rung in ladder.rungs]
    return ((where, name) for where, name in named if name)
