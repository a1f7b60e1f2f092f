"""Whether the rules of time hold together: words, limits, clocks, ladders, calendars."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from domain.fact import Fact
from domain.organisation.records import BLOCKS
from domain.policy.lint import WARNING, Finding
from domain.policy.policy import Policy
from domain.policy.row import Row, dangling
from domain.policy.rows import Limit
from domain.policy.time_rows import (
    DAYS,
    SPAN_UNITS,
    WORKING_DAYS,
    ClockRule,
    Ladder,
    SignalRule,
    Span,
)
from domain.promise.words import flags

TEN_YEARS = timedelta(days=3_660)
NO_LONGER = "at most 3660 wd, and at most ten years"
COUNTED = "in wd, h, min or s where a calendar is named"
WORD = "the topic of a fact about cases, or TOPIC.field, TOPIC.not_field of a yes or no"
KEYS = ("starts", "restarts", "stops", "drops", "resumes")
STALL, ENDS_BY_ITSELF = "stall", "end-suspension"
BY_HAND = "case.escalated.by_hand"
OF_TIME = frozenset(
    {
        "case.clock_started",
        "case.clock_resumed",
        "case.clock_stopped",
        "case.deadline_moved",
        "case.deadline_warned",
        "case.deadline_breached",
        "case.signal_raised",
        "case.owner_forced",
        "case.escalated",
    }
)
"""What time itself does: a clock that listens for it would never come to an end."""


def vocabulary() -> frozenset[str]:
    """Every word a clock can listen for, from the facts about cases that there are."""
    known = set()
    for kind in _kinds(Fact):
        topic = kind.__dict__.get("TOPIC", "")
        if topic.startswith("case."):
            known |= {topic} | {
                f"{topic}.{no}{field}" for field in flags(kind) for no in ("", "not_")
            }
    return frozenset(word for word in known if not of_time(word))


def of_time(word: str) -> bool:
    """Whether time says it. What is escalated by hand, somebody did."""
    return ".".join(word.split(".")[:2]) in OF_TIME and word != BY_HAND


def _kinds(kind: type[Fact]) -> Iterator[Any]:
    for below in kind.__subclasses__():
        yield below
        yield from _kinds(below)


def check_time(policy: Policy, words: frozenset[str]) -> None:
    """Raises Malformed, naming table, row and remedy, for the first thing that is wrong.

    Rules from before there were clocks have none, and nothing is asked of them.
    """
    for ladder in policy.ladders.values():
        _check_ladder(ladder, policy)
    for rule in policy.signals.values():
        _check_signal(rule, policy)
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
    for span in clock.warn:
        _check_span(row, "warn", span, "", policy)
    limits = [lim for lim in policy.limits.values() if lim.runs and lim.step == clock.step]
    if not limits:
        raise dangling(row, "step", clock.step, "limits")
    _of_one_kind(limits)


def _of_one_kind(limits: list[Limit]) -> None:
    """Another limit may hold under way: whose promise it is stays the same."""
    for limit in limits:
        if limit.clock != limits[0].clock:
            wants = f"{limits[0].clock}, as in row {limits[0].code} of the same step"
            raise Row("limits", limit.code, {}).wrong("clock", wants, limit.clock)


def _check_limit(limit: Limit, policy: Policy) -> None:
    row = Row("limits", limit.code, {})
    if limit.step not in policy.clocks:
        wants = f"measure or published, unless the table clocks has a row {limit.step}"
        raise row.wrong("clock", wants, limit.clock)
    if limit.unit not in SPAN_UNITS:
        raise row.wrong("unit", "one of " + ", ".join(SPAN_UNITS), limit.unit)
    if not limit.value:
        raise row.wrong("value", "more than 0, or no clock runs", limit.value)
    if limit.unit == WORKING_DAYS and limit.value != int(limit.value):
        raise row.wrong("value", "a whole number of working days", limit.value)
    if limit.end_of_day and limit.unit != WORKING_DAYS:
        raise row.wrong("unit", "wd where end_of_day is true", limit.unit)
    if limit.calendar and limit.unit == DAYS:
        raise row.wrong("unit", COUNTED, limit.unit)
    _check_span(
        row, "value", Span(value=limit.value, unit=limit.unit), limit.calendar, policy
    )


def _check_ladder(ladder: Ladder, policy: Policy) -> None:
    for n, rung in enumerate(ladder.rungs):
        row = Row("ladders", f"{ladder.code}.rungs[{n}]", {})
        _check_span(row, "after", rung.after, rung.calendar, policy)
    if ladder.answer_holds is not None:
        row, counted = Row("ladders", ladder.code, {}), ladder.rungs[-1].calendar
        _check_span(row, "answer_holds", ladder.answer_holds, counted, policy, own=False)
    _rises(ladder)


def _check_span(
    row: Row, key: str, span: Span, calendar: str, policy: Policy, *, own: bool = True
) -> None:
    """So long, counted in that calendar ("": clock time, or the policy's for working days);
    ``own``: it is named in the same row."""
    if span.unit == WORKING_DAYS:
        if not calendar:
            _has_working_days(policy)
        if span.value > TEN_YEARS.days:
            raise row.wrong(key, NO_LONGER, str(span))
    elif span.seconds > TEN_YEARS.total_seconds():
        raise row.wrong(key, NO_LONGER, str(span))
    if own and calendar and span.unit == DAYS:
        raise row.wrong(key, COUNTED, str(span))


def _has_working_days(policy: Policy) -> None:
    if not policy.calendar:
        raise Row("profile", "profile", {}).lacks(
            "calendar", "the name of the calendar that working days are counted in"
        )


def _rises(ladder: Ladder) -> None:
    """Each rung later than those before it that are counted alike."""
    latest: dict[tuple[bool, str], float] = {}
    for n, rung in enumerate(ladder.rungs):
        days = rung.after.unit == WORKING_DAYS
        length = rung.after.value if days else rung.after.seconds
        if length <= latest.get((days, rung.calendar), -1):
            row = Row("ladders", f"{ladder.code}.rungs[{n}]", {})
            raise row.wrong("after", "later than the rung before it", str(rung.after))
        latest[days, rung.calendar] = length


def _check_signal(rule: SignalRule, policy: Policy) -> None:
    row = Row("signals", rule.code, {})
    if rule.times < 1:
        raise row.wrong("times", "at least 1", rule.times)
    if rule.code == STALL:
        if rule.after is None:
            raise row.lacks("after", "how long nobody may have acted, like 8 h")
        if rule.times != 1:
            raise row.wrong("times", "left out: a stall has no number", rule.times)
        if rule.force:
            raise row.wrong("force", "left out: nobody sent the case on", rule.force)
    if rule.code == "major" and not rule.levels:
        raise row.lacks("levels", "the levels whose cases are major")
    if rule.after is not None:
        _check_span(row, "after", rule.after, rule.calendar, policy)


def _check_orders(policy: Policy) -> None:
    orders = policy.orders
    for block in sorted(orders.blocks - set(BLOCKS)):
        raise Row("orders", "blocks", {}).wrong("value", ", ".join(BLOCKS), block)
    for key, span in (("urge_gap", orders.urge_gap), ("rest_max", orders.rest_max)):
        if span is not None and span > TEN_YEARS:
            raise Row("orders", key, {}).wrong("value", NO_LONGER, f"{span.days} d")
    if orders.rest_max is not None and not orders.rest_max:
        raise Row("orders", "rest_max", {}).wrong("value", "more than 0", "0")


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
                for where, name in named_calendars(policy)
                if name not in calendars
            ),
        )
    ]


def _untimed(policy: Policy) -> list[str]:
    """States that no stall is noticed in, except those that time itself ends."""
    stall = policy.signals.get(STALL)
    watched = frozenset(policy.states) if stall and not stall.stages else frozenset()
    watched |= stall.stages if stall else frozenset()
    return [
        state
        for state in policy.states
        if state not in watched
        and not policy.terminal(state)
        and (state, ENDS_BY_ITSELF) not in policy.moves
    ]


def named_calendars(policy: Policy) -> Iterator[tuple[str, str]]:
    """Every calendar that is named, and where."""
    named = [("profile", policy.calendar)]
    named += [(f"limits.{limit.code}", limit.calendar) for limit in policy.limits.values()]
    named += [(f"signals.{rule.code}", rule.calendar) for rule in policy.signals.values()]
    for ladder in policy.ladders.values():
        named += [(f"ladders.{ladder.code}", rung.calendar) for rung in ladder.rungs]
    return ((where, name) for where, name in named if name)
