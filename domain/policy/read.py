"""From the tables of a policy document to the rows that the business reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta
from typing import Any

from domain.policy.row import Row, dangling
from domain.policy.rows import (
    RUNNING,
    Callback,
    Category,
    Criterion,
    Level,
    Limit,
    Named,
    Quiet,
    Reason,
    RoleRule,
    Route,
    Satisfaction,
    TypeRule,
    named,
    names,
)

Document = Mapping[str, Any]

COUNTED = ("yes", "special", "weak", "no")
DISPATCH = ("at_once", "always", "if_unanswered", "never")
CALLBACK = ("all", "sample", "none")
SCOPES = ("all", "own")
UNITS = ("s", "min", "h", "d", "wd", "y", "%", "rings")
CLOCKS = (*RUNNING, "measure", "published")
TEXTS = ("zh", "en", "source")


def _table(document: Document, table: str) -> Iterator[Row]:
    """The named rows of a table; none when the policy has no such table."""
    for name, values in Row(table, table, document.get(table, {})).values.items():
        yield Row(table, name, values)


def read_types(document: Document) -> dict[str, TypeRule]:
    """A1: business types by code."""
    found = {}
    for row in _table(document, "types"):
        row.only(*TEXTS, "complaint", "dispatch", "callback", "callback_rate", "readers")
        counted, callback = (
            row.one_of("complaint", COUNTED),
            row.one_of("callback", CALLBACK),
        )
        rate = row.number("callback_rate", 0.0 if callback == "none" else 1.0)
        if rate > 1:
            raise row.wrong("callback_rate", "a share from 0 to 1", rate)
        if callback == "sample" and not row.has("callback_rate"):
            raise row.wrong("callback_rate", "a share from 0 to 1 for a sampled type", None)
        found[row.name] = TypeRule(
            zh=row.text("zh"),
            en=row.text("en"),
            source=row.source(),
            complaint=counted == "yes",
            counted=counted,
            dispatch=row.one_of("dispatch", DISPATCH),
            callback=callback,
            callback_rate=rate,
            readers=names(row, "readers"),
        )
    return found


def read_named(document: Document, table: str, below: str = "") -> dict[str, Named]:
    """A table of words: channels, areas, actions; or one ``below`` another table."""
    found = {}
    top = Row(table, table, document.get(table, {}))
    for row in top.below(below) if below else _table(document, table):
        row.only(*TEXTS)
        found[row.name] = named(row)
    return found


def read_roles(document: Document) -> dict[str, RoleRule]:
    """B33: who may do and see what."""
    found = {}
    for row in _table(document, "roles"):
        row.only(*TEXTS, "scope", "may", "views")
        found[row.name] = RoleRule(
            zh=row.text("zh"),
            en=row.text("en"),
            source=row.source(),
            scope=row.one_of("scope", SCOPES),
            may=names(row, "may"),
            views=names(row, "views"),
        )
    return found


def read_categories(document: Document) -> dict[str, Category]:
    """A2: ``business.metering`` lies under ``business``, and is for its business types."""
    found: dict[str, Category] = {}
    for row in sorted(_table(document, "categories"), key=lambda row: row.name.count(".")):
        row.only(*TEXTS, "types", "meaning", "red_line")
        parent, _, _ = row.name.rpartition(".")
        if parent and parent not in found:
            raise dangling(row, "parent", parent, "categories")
        found[row.name] = Category(
            zh=row.text("zh"),
            en=row.text("en"),
            source=row.source(),
            code=row.name,
            depth=row.name.count(".") + 1,
            parent=parent or None,
            types=names(row, "types") or (found[parent].types if parent else frozenset()),
            red_line=row.flag("red_line", default=False),
            meaning=_meaning(row) if row.has("meaning") else None,
        )
    return found


def _meaning(row: Row) -> Named:
    meaning = Row("categories", f"{row.name}.meaning", row.values["meaning"])
    meaning.only(*TEXTS)
    return named(meaning)


def read_levels(document: Document) -> dict[str, Level]:
    """A3: levels by code."""
    found = {}
    top = Row("levels", "levels", document.get("levels", {}))
    top.only("levels", "criteria", "first_report")
    for row in top.below("levels"):
        row.only(*TEXTS, "rank")
        found[row.name] = Level(
            zh=row.text("zh"),
            en=row.text("en"),
            source=row.source(),
            code=row.name,
            rank=row.whole("rank"),
        )
    return found


def read_criteria(document: Document) -> tuple[Criterion, ...]:
    """A3: the decision table, in the order of the file."""
    found = []
    for row in Row("levels", "levels", document.get("levels", {})).below("criteria"):
        row.only(*TEXTS, "level", "when")
        when = Row("levels", f"{row.name}.when", row.values.get("when"))
        for key, wanted in when.values.items():
            _condition(when, key, wanted)
        found.append(
            Criterion(
                zh=row.text("zh"),
                en=row.text("en"),
                source=row.source(),
                code=row.name,
                level=row.text("level"),
                when=when.values,
            )
        )
    return tuple(found)


def _condition(when: Row, key: str, wanted: object) -> None:
    """A condition of the decision table: a text, a flag, a list, or a least number."""
    if key.endswith("_min"):
        when.whole(key)
    elif isinstance(wanted, bool):
        when.flag(key)
    elif isinstance(wanted, list | tuple):
        when.texts(key)
    else:
        when.text(key)


def read_reasons(document: Document) -> dict[tuple[str, str], Reason]:
    """Coded reasons by (kind, code)."""
    found = {}
    for kind, codes in Row(
        "reasons", "reasons", document.get("reasons", {})
    ).values.items():
        for code, values in Row("reasons", kind, codes).values.items():
            row = Row("reasons", f"{kind}.{code}", values)
            row.only(*TEXTS, "types", "flags", "at_once", "reached", "on_site")
            found[kind, code] = Reason(
                zh=row.text("zh"),
                en=row.text("en"),
                source=row.source(),
                kind=kind,
                code=code,
                types=names(row, "types"),
                flags=names(row, "flags"),
                at_once=row.flag("at_once", default=False),
                reached=row.flag("reached", default=False),
                on_site=row.flag("on_site", default=False),
            )
    return found


def _setting(table: Row, key: str) -> Row:
    """One setting of a table: ``[key] value = …, source = …``."""
    row = Row(table.table, key, table.values.get(key, {}))
    row.only("value", "unit", "source")
    row.text("unit", "")
    row.source()
    return row


def _local_time(row: Row, key: str) -> time:
    found = row.text(key)
    try:
        return time.fromisoformat(found)
    except ValueError:
        raise row.wrong(key, "a local time like 21:00", found) from None


def read_callback(document: Document) -> Callback:
    """A6: how customers are called back; the defaults of A6 without such a table."""
    if "callback" not in document:
        return Callback()
    table = Row("callback", "callback", document["callback"])
    table.only(
        "attempts_max",
        "gap_hours_min",
        "spread_half_days",
        "rehandle_max",
        "independent",
        "levels_always",
        "quiet",
        "satisfaction",
    )
    quiet = []
    for row in table.below("quiet"):
        row.only(*TEXTS, "from", "to", "on")
        quiet.append(
            Quiet(
                start=_local_time(row, "from"),
                end=_local_time(row, "to"),
                on=row.flag("on"),
                source=row.source(),
            )
        )
    return Callback(
        attempts_max=_setting(table, "attempts_max").whole("value"),
        gap=timedelta(hours=_setting(table, "gap_hours_min").number("value")),
        spread_half_days=_setting(table, "spread_half_days").flag("value"),
        rehandle_max=_setting(table, "rehandle_max").whole("value"),
        independent=_setting(table, "independent").flag("value"),
        quiet=tuple(quiet),
        levels_always=_levels_always(table),
    )


def _levels_always(table: Row) -> frozenset[str]:
    """The levels that are always called back; none where the table does not say."""
    if not table.has("levels_always"):
        return frozenset()
    return names(_setting(table, "levels_always"), "value")


def read_satisfaction(document: Document) -> dict[str, Satisfaction]:
    """A6: the steps of the satisfaction scale by code."""
    found = {}
    for row in Row("callback", "callback", document.get("callback", {})).below(
        "satisfaction"
    ):
        row.only(*TEXTS, "score", "satisfied", "redo")
        found[row.name] = Satisfaction(
            zh=row.text("zh"),
            en=row.text("en"),
            source=row.source(),
            code=row.name,
            score=row.whole("score"),
            satisfied=row.flag("satisfied"),
            redo=row.flag("redo", default=False),
        )
    return found


def read_limits(document: Document) -> dict[str, Limit]:
    """A5: time limits by code, in the order of the file."""
    found = {}
    for row in _table(document, "limits"):
        row.only(
            *TEXTS,
            "step",
            "value",
            "unit",
            "clock",
            "types",
            "areas",
            "levels",
            "categories",
            "channels",
            "bodies",
            "unless",
            "calendar",
            "end_of_day",
        )
        found[row.name] = Limit(
            zh=row.text("zh"),
            en=row.text("en"),
            source=row.source(),
            code=row.name,
            step=row.text("step"),
            value=row.number("value"),
            unit=row.one_of("unit", UNITS),
            clock=row.one_of("clock", CLOCKS),
            types=names(row, "types"),
            areas=names(row, "areas"),
            levels=names(row, "levels"),
            categories=names(row, "categories"),
            channels=names(row, "channels"),
            bodies=names(row, "bodies"),
            unless=names(row, "unless"),
            calendar=row.text("calendar", ""),
            end_of_day=row.flag("end_of_day", default=False),
        )
    return found


def read_routing(document: Document) -> tuple[Route, ...]:
    """B58: routes in the order of the file."""
    found = []
    for row in _table(document, "routing"):
        row.only(*TEXTS, "block", "unit_kind", "direct", "types", "areas", "categories")
        found.append(
            Route(
                zh=row.text("zh"),
                en=row.text("en"),
                source=row.source(),
                code=row.name,
                block=row.text("block"),
                unit_kind=row.text("unit_kind"),
                direct=row.flag("direct", default=False),
                types=names(row, "types"),
                areas=names(row, "areas"),
                categories=names(row, "categories"),
            )
        )
    return tuple(found)


def read_utc_offset(profile: Row) -> timedelta:
    """How far local time is from UTC; +08:00 without such a row."""
    found = profile.text("utc_offset", "+08:00")
    try:
        offset = datetime.fromisoformat(f"2000-01-01T00:00:00{found}").utcoffset()
    except ValueError:
        offset = None
    if offset is None:
        raise profile.wrong("utc_offset", "an offset from UTC like +08:00", found)
    return offset


def read_counting_basis(profile: Row) -> str:
    """P15: whether a complaint counts on receipt or only once substantiated."""
    if not profile.has("counting_basis"):
        return "on_receipt"
    row = _setting(profile, "counting_basis")
    return row.one_of("value", ("on_receipt", "on_substantiation"))
