"""From the tables about time to their rows: clocks, ladders, signals, orders."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from domain.policy.row import Row
from domain.policy.rows import names
from domain.policy.time_rows import (
    OWNERS,
    SIGNALS,
    TELLS,
    WORKING_DAYS,
    ClockRule,
    Ladder,
    Orders,
    RungRule,
    SignalRule,
    Span,
)

Document = Mapping[str, Any]

TEXTS = ("zh", "en", "source")
SPAN = "a span like 4 wd, 20 min, 2 h"
NO_ORDERS = Orders()


def read_clocks(document: Document) -> dict[str, ClockRule]:
    """A4: the clock of each step, by step."""
    found = {}
    for row in _table(document, "clocks"):
        row.only(
            *TEXTS,
            "starts",
            "restarts",
            "stops",
            "drops",
            "resumes",
            "owner",
            "warn",
            "ladder",
            "extends",
            "rests",
        )
        found[row.name] = ClockRule(
            zh=row.text("zh"),
            en=row.text("en"),
            source=row.source(),
            step=row.name,
            starts=names(row, "starts"),
            restarts=names(row, "restarts"),
            stops=names(row, "stops"),
            drops=names(row, "drops"),
            resumes=names(row, "resumes"),
            owner=row.one_of("owner", OWNERS, "holder"),
            warn=tuple(_span(row, "warn", text) for text in row.texts("warn")),
            ladder=row.text("ladder") if row.has("ladder") else None,
            extends=row.flag("extends", default=False),
            rests=row.flag("rests", default=False),
        )
    return found


def read_ladders(document: Document) -> dict[str, Ladder]:
    """B43, S3: ladders by code, each with at least one rung."""
    found = {}
    for row in _table(document, "ladders"):
        row.only(*TEXTS, "rungs", "answer_holds", "answer_ends")
        rungs = tuple(_rung(rung) for rung in row.rows("rungs"))
        if not rungs:
            raise row.wrong("rungs", "a list of at least one rung", list(rungs))
        found[row.name] = Ladder(
            zh=row.text("zh"),
            en=row.text("en"),
            source=row.source(),
            code=row.name,
            rungs=rungs,
            answer_holds=_optional(row, "answer_holds"),
            answer_ends=row.flag("answer_ends", default=True),
        )
    return found


def _rung(row: Row) -> RungRule:
    row.only("after", "tells", "up", "calendar")
    return RungRule(
        after=_span(row, "after", row.text("after")),
        tells=row.one_of("tells", TELLS),
        up=row.whole("up", 0),
        calendar=row.text("calendar", ""),
    )


def read_signals(document: Document) -> dict[str, SignalRule]:
    """B35, B43, B44, S3: the signals that are noticed, by code."""
    found = {}
    for row in _table(document, "signals"):
        row.only(
            *TEXTS,
            "ladder",
            "times",
            "after",
            "calendar",
            "stages",
            "levels",
            "force",
        )
        if row.name not in SIGNALS:
            raise row.wrong(row.name, "named one of " + ", ".join(SIGNALS), row.name)
        found[row.name] = SignalRule(
            zh=row.text("zh"),
            en=row.text("en"),
            source=row.source(),
            code=row.name,
            ladder=row.text("ladder"),
            times=row.whole("times", 1),
            after=_optional(row, "after"),
            calendar=row.text("calendar", ""),
            stages=names(row, "stages"),
            levels=names(row, "levels"),
            force=row.flag("force", default=False),
        )
    return found


def read_orders(document: Document) -> Orders:
    """B1, B42: how often one may urge, who has power over which unit, how long it rests."""
    if "orders" not in document:
        return NO_ORDERS
    table = Row("orders", "orders", document["orders"])
    table.only("urge_gap", "blocks", "release", "rest_max")
    gap, blocks, release = (
        _setting(table, key) for key in ("urge_gap", "blocks", "release")
    )
    longest = _setting(table, "rest_max") if table.has("rest_max") else None
    return Orders(
        urge_gap=_clock_time(gap),
        blocks=names(blocks, "value"),
        release=names(release, "value"),
        rest_max=None if longest is None else _clock_time(longest),
    )


def _clock_time(row: Row) -> timedelta:
    span = _span(row, "value", row.text("value"))
    if span.unit == WORKING_DAYS:
        raise row.wrong("value", "a span in clock time like 2 h", str(span))
    return timedelta(seconds=span.seconds)


def _table(document: Document, table: str) -> Iterator[Row]:
    for name, values in Row(table, table, document.get(table, {})).values.items():
        yield Row(table, name, values)


def _setting(table: Row, key: str) -> Row:
    row = Row(table.table, key, table.values.get(key, {}))
    row.only("value", "source")
    row.source()
    return row


def _span(row: Row, key: str, text: str) -> Span:
    try:
        return Span.parse(text)
    except ValueError:
        raise row.wrong(key, SPAN, text) from None


def _optional(row: Row, key: str) -> Span | None:
    return _span(row, key, row.text(key)) if row.has(key) else None
