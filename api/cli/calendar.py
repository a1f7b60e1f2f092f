"""huiyin calendar: working time computed, explained, published and shown."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from api.calendars import (
    calendar_document,
    publish_calendar,
    publish_calendars,
    shipped_calendar,
    shipped_calendars,
)
from api.cli.compute import answers
from api.cli.opening import moment_option, office, refuse
from api.cli.output import notes, say, say_json, say_table
from api.cli.policy import TERMINAL
from api.instants import instant
from api.plain_json import BOM, read_json
from domain.policy.time_rows import WORKING_DAYS, Span
from domain.promise.calendar import Calendar, always
from domain.promise.calendar_book import title_of
from domain.promise.calendar_spec import shown
from domain.promise.reckon import DAYS
from domain.promise.sums import Sum, worked, worked_days
from domain.refused import Refused

app = typer.Typer(
    help="Working time: computed, explained, published, shown.", no_args_is_help=True
)
Chosen = Annotated[
    str, typer.Option("--calendar", help="a shipped calendar, or a JSON or TOML file")
]
LONG = (
    "“4 wd”: working days; “2 h”, “20 min”, “30 s”: working time; “1 d”: days of the wall, "
    "86,400 s of elapsed time each"
)
DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
AsJson = Annotated[bool, typer.Option("--json", help="one JSON object")]


@app.command("compute")
def compute(
    file: Annotated[Path, typer.Argument(help="the calendar, as JSON or TOML")],
) -> None:
    """Answer questions from stdin, one JSON object a line, with one line each.

    What cannot be answered is refused on its own line. No database is started.
    """
    calendar = _from_file(file)
    # Bytes: a line that is no UTF-8 is refused like any other.
    for answer in answers(calendar, typer.get_binary_stream("stdin")):
        say_json(answer)
        typer.get_text_stream("stdout").flush()


@app.command("day")
def day(
    day: Annotated[str, typer.Argument(metavar="DATE", help="written like 2026-10-01")],
    name: Chosen = "cn-office",
    as_json: AsJson = False,
) -> None:
    """What a calendar says of a date: its windows, and by which rule. No database."""
    calendar = _chosen(name)
    try:
        told = calendar.day(_date(day))
    except Refused as no:
        refuse(no.en)
    if as_json:
        say_json(told)
        return
    hours = ", ".join(f"{opens}-{closes}" for opens, closes in told.windows)
    say(f"{day} {'working 上班' if told.working else 'closed 休息'} {hours}".rstrip())
    say(told.source)


@app.command("due")
def due(
    start: Annotated[str, typer.Argument(help="such as 2026-09-30T15:00:00+08:00")],
    span: Annotated[str, typer.Option("--for", help=LONG)],
    name: Chosen = "cn-office",
    pause: Annotated[
        list[str] | None, typer.Option(help="FROM/TO, as often as there were pauses")
    ] = None,
    end_of_day: Annotated[
        bool, typer.Option("--end-of-day", help="of working days: until closing time")
    ] = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="the sum, window by window")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """When something is due, so long after it began. No database."""
    calendar = _chosen(name)
    begun = moment_option(start)
    assert begun is not None  # noqa: S101  # an argument is always given
    try:
        long = Span.parse(span)
    except ValueError:
        raise typer.BadParameter(
            f"{shown(span)} is no span like “4 wd” or “20 min”"
        ) from None
    if long.unit == DAYS:
        calendar = always(calendar.spec.zone.key)
    pauses = [_pause(each) for each in pause or ()]
    try:
        if long.unit == WORKING_DAYS:
            found = worked_days(calendar, begun, int(long.value), end_of_day, pauses)
        else:
            found = worked(calendar, begun, long.seconds, pauses)
        provisional = calendar.provisional(found.start, found.due)
    except Refused as no:
        refuse(no.en)
    if as_json:
        told = {"start": found.start, "due": found.due, "provisional": provisional}
        sum_ = {"unit": found.unit, "lines": found.lines} if explain else {}
        say_json(told | sum_)
        return
    if explain:
        say_sum(found, calendar)
    say(f"due {_moment(found.due)} {calendar.spec.zone.key}")
    if provisional:
        notes.print("provisional 暂定: the official holidays of a year in it are not out")


@app.command("publish")
def publish(
    file: Annotated[
        Path | None, typer.Argument(help="a calendar of one's own, as TOML or JSON")
    ] = None,
) -> None:
    """Publish a calendar of one's own, or every shipped version that the log lacks.

    A published version never changes: a late notice or a correction is a later version.
    """
    now = datetime.now(UTC)
    document = None if file is None else _document(file)
    with office() as opened:
        if document is None:
            for label in publish_calendars(opened.desk, now):
                say(label)
            return
        try:
            say(publish_calendar(opened.desk, document, now, TERMINAL))
        except Refused as no:
            if no.code != "command_reused":
                raise
            label = title_of(document).label
            refuse(f"{label} is already published with other content: raise `version`")


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="such as cn-office")] = "cn-office",
    as_of: Annotated[str | None, typer.Option(help="in force at this moment")] = None,
) -> None:
    """Print the version in force at a moment, whole, as JSON."""
    when = moment_option(as_of) or datetime.now(UTC)
    with office() as opened:
        book = opened.desk.calendar_book(name)
        label, _ = book.in_force(when)
        say_json(book.versions[int(label.rpartition("@")[2])][1])


def _chosen(name: str) -> Calendar:
    """A shipped calendar by its name, or one in a file."""
    if name in shipped_calendars():
        return shipped_calendar(name)
    if not Path(name).exists():
        known = ", ".join(shipped_calendars())
        refuse(f"{name} is neither a file nor a shipped calendar: {known}")
    return _from_file(Path(name))


def _from_file(file: Path) -> Calendar:
    document = _document(file)
    try:
        return Calendar.from_document(document)
    except Refused as wrong:
        refuse(f"{file}: {wrong.en}")


def _document(file: Path) -> dict[str, Any]:
    """A calendar from a file; refuses what cannot be read, and says where."""
    try:
        raw = file.read_bytes().removeprefix(BOM)
        toml = file.suffix == ".toml"
        found = tomllib.loads(raw.decode("utf-8")) if toml else read_json(raw)
        if not isinstance(found, dict):
            refuse(f"{file}: a calendar is an object with the keys “tz” and “weekly”")
        return calendar_document(found)
    except Refused as wrong:
        refuse(f"{file}: {wrong.en}")
    except OSError as wrong:
        refuse(f"cannot read {file}: {wrong.strerror}")
    except UnicodeDecodeError:
        refuse(f"{file} is not UTF-8; write it in UTF-8")
    except RecursionError:
        refuse(f"{file}: too many brackets within brackets")
    except ValueError as wrong:
        refuse(f"{file} cannot be read as its name says: {wrong}")


def _date(text: str) -> date:
    try:
        if DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise typer.BadParameter(f"{shown(text)} is no date like 2026-10-01")


def _pause(text: str) -> tuple[datetime, datetime]:
    since, _, until = text.partition("/")
    try:
        return instant(since), instant(until)
    except ValueError as wrong:
        raise typer.BadParameter(f"{shown(text)}: write FROM/TO; {wrong}") from None


def say_sum(found: Sum, calendar: Calendar) -> None:
    """A sum, window by window, in the zone of its calendar."""
    counting = ", counting the days after it" if found.unit == WORKING_DAYS else ""
    say_table(
        f"from {_moment(found.start)} {calendar.spec.zone.key}{counting}",
        ("date", "", "from", "to", found.unit, "in all", ""),
        _cells(found),
    )


def _cells(found: Sum) -> Iterable[tuple[Any, ...]]:
    for line in found.lines:
        weekday = f"{date.fromisoformat(line.date):%a}"
        unit = "" if line.unit == found.unit else f" {line.unit}"
        counted = (f"{line.counted}{unit}", f"{line.total}{unit}")
        yield (line.date, weekday, line.opens, line.closes, *counted, line.note)


def _moment(at: datetime) -> str:
    return at.isoformat(sep=" ", timespec="minutes" if not at.second else "auto")
