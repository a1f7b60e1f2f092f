"""From the tables about what is noticed across cases to their rows: alerts, topics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isclose
from typing import Any

from domain.policy.alert_rows import (
    ACTIONS,
    ALERTS,
    COMPARED,
    LEADER,
    OF_NO_UNIT,
    TELLS,
    AlertRule,
    Topic,
)
from domain.policy.row import Row
from domain.policy.time_rows import WORKING_DAYS, Span
from domain.policy.topics import plain

Document = Mapping[str, Any]

TEXTS = ("zh", "en", "source")
COMPARES = ("hop", "weeks", "factor")
KEYS = ("window", "times", "quiet", "action", "tells", "up", *COMPARES)
CLOCK_TIME = "a span in clock time like 10 min, 2 h, 7 d"
YEAR = 366 * 86_400
WEEKS_MAX, HOPS_MAX = 52, 60
WORD_MIN = 2
"""One sign alone stands in too many words."""


def read_alerts(document: Document) -> dict[str, AlertRule]:
    """B21, B43, B44, B75, B81: what is noticed across cases, by code."""
    found = {}
    for row in _table(document, "alerts"):
        row.only(*TEXTS, *KEYS)
        if row.name not in ALERTS:
            raise row.wrong(row.name, "named one of " + ", ".join(ALERTS), row.name)
        found[row.name] = _alert(row)
    return found


def _alert(row: Row) -> AlertRule:
    compared = row.name in COMPARED
    if not compared:
        _left_out(row, COMPARES, "left out: it is not compared with other weeks")
    rule = AlertRule(
        zh=row.text("zh"),
        en=row.text("en"),
        source=row.source(),
        code=row.name,
        window=_span(row, "window"),
        times=row.whole("times"),
        quiet=_span(row, "quiet"),
        action=row.one_of("action", ACTIONS),
        tells=row.one_of("tells", TELLS),
        up=row.whole("up", 0),
        hop=_span(row, "hop") if compared else None,
        weeks=row.whole("weeks") if compared else 0,
        factor=row.number("factor") if compared else 0,
    )
    if rule.times < 1:
        raise row.wrong("times", "at least 1", rule.times)
    _tells_somebody(row, rule)
    if rule.hop is not None:
        _compares(row, rule, rule.hop)
    return rule


def _tells_somebody(row: Row, rule: AlertRule) -> None:
    if rule.tells == LEADER and rule.code in OF_NO_UNIT:
        raise row.wrong("tells", "desk or top: it is about no unit", rule.tells)
    if rule.tells != LEADER:
        _left_out(row, ("up",), "left out: only a leader's line is climbed")


def _compares(row: Row, rule: AlertRule, hop: Span) -> None:
    hops = rule.window.seconds / hop.seconds
    if not (1 <= round(hops) <= HOPS_MAX and isclose(hops, round(hops))):
        wants = f"a part of {rule.window}, which it fills 1 to {HOPS_MAX} times"
        raise row.wrong("hop", wants, str(hop))
    if not 1 <= rule.weeks <= WEEKS_MAX:
        raise row.wrong("weeks", f"from 1 to {WEEKS_MAX}", rule.weeks)
    if rule.factor < 1:
        raise row.wrong("factor", "at least 1", rule.factor)


def read_topics(document: Document) -> dict[str, Topic]:
    """B21, B81: what texts are about, by code; no word stands for two topics."""
    found: dict[str, Topic] = {}
    taken: dict[str, str] = {}
    for row in _table(document, "topics"):
        row.only(*TEXTS, "words")
        words = row.texts("words")
        if not words:
            raise row.lacks("words", "the words by which a text speaks of it")
        for word in words:
            if len(plain(word).strip()) < WORD_MIN or plain(word).strip() != plain(word):
                wants = f"words of at least {WORD_MIN} signs, without blanks round them"
                raise row.wrong("words", wants, word)
            if (other := taken.setdefault(plain(word), row.name)) != row.name:
                raise row.wrong("words", f"words that {other} does not have", word)
        found[row.name] = Topic(
            zh=row.text("zh"),
            en=row.text("en"),
            source=row.source(),
            code=row.name,
            words=words,
        )
    return found


def _left_out(row: Row, keys: tuple[str, ...], wants: str) -> None:
    for key in keys:
        if row.has(key):
            raise row.wrong(key, wants, row.values[key])


def _span(row: Row, key: str) -> Span:
    """So long in clock time: more than nothing, at most a year."""
    text = row.text(key)
    try:
        span = Span.parse(text)
    except ValueError:
        raise row.wrong(key, CLOCK_TIME, text) from None
    if span.unit == WORKING_DAYS:
        raise row.wrong(key, CLOCK_TIME, text)
    if not 0 < span.seconds <= YEAR:
        raise row.wrong(key, "more than 0, and at most 366 d", text)
    return span


def _table(document: Document, table: str) -> Iterator[Row]:
    for name, values in Row(table, table, document.get(table, {})).values.items():
        yield Row(table, name, values)
