"""huiyin case: one case as it stands, fact by fact, and up the chain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import typer

from api import case_ref, case_times
from api.cli.calendar import say_sum
from api.cli.opening import moment_option, office, refuse
from api.cli.output import (
    fields,
    json_text,
    moment,
    say,
    say_json,
    say_lines,
    say_table,
    zone,
)
from api.cli.times import moved, state_of_clock
from api.office import Office
from api.replay import replay
from api.worked_sums import calendar_of, worked_sum
from domain.case.case import Case
from domain.promise.coming import STALL
from domain.refused import NotFound
from projections.boards import Boards
from projections.clock_rows import ClockRow
from projections.reading import Stored

app = typer.Typer(
    help="One case: show it, replay it, see who answers.", no_args_is_help=True
)

Ref = Annotated[str, typer.Argument(metavar="CASE", help="number, UUID, or SOURCE:ID")]
AsOf = Annotated[str | None, typer.Option(help="as it was known at this moment")]
Json = Annotated[bool, typer.Option("--json", help="JSON")]


@contextmanager
def found(ref: str) -> Iterator[tuple[Office, UUID]]:
    """The office, and the case that a person means by ``ref``."""
    with office() as opened:
        behind = opened.come_along()
        boards = Boards(Stored(opened.store.pool))

        def by_number(number: str) -> list[UUID]:
            return [row.case_id for row in boards.numbered(number)]

        def among(cases: Sequence[UUID]) -> list[UUID]:
            return [each for each in cases if opened.desk.case(each) is not None]

        try:
            case_id = case_ref.case_id(ref, by_number, among)
        except case_ref.Ambiguous as several:
            refuse(f"{several}: {', '.join(map(str, several.cases))}")
        except NotFound:
            unless = " (unless it is among the facts that the views lack)" if behind else ""
            refuse(f"no case {ref}{unless}; a CASE is a number, a UUID, or SOURCE:ID")
        if not isinstance(opened.desk.case(case_id), Case):
            refuse(f"no case {ref}; a CASE is a number, a UUID, or SOURCE:ID")
        yield opened, case_id


@app.command("show")
def show(ref: Ref, as_json: Json = False) -> None:
    """The case as it stands, and its story fact by fact."""
    with found(ref) as (opened, case_id):
        lines = list(replay(opened.store.log.stream(case_id)))
    state = lines[-1]["state"]
    if as_json:
        say_json({"id": case_id, "version": lines[-1]["version"], "state": state})
        return
    say(f"{state['number']}  {state['business_type']}  {state['stage']}")
    for name, value in state.items():
        if value not in (None, "", [], {}, False, 0):
            say(f"  {name}: {json_text(value)}")
    print_story(lines)


@app.command("replay")
def replay_case(ref: Ref, as_json: Json = False) -> None:
    """Every fact with the state after it. ``--json``: one line a fact."""
    with found(ref) as (opened, case_id):
        lines = list(replay(opened.store.log.stream(case_id)))
    if as_json:
        say_lines(lines)
    else:
        print_story(lines)


def print_story(lines: list[dict[str, Any]]) -> None:
    """A case fact by fact: when, who, what, and the stage after it."""
    number = lines[-1]["state"]["number"]
    say_table(
        f"replay 回放 {number}: {len(lines)} facts, times in {zone()}",
        ("v", "position", "occurred", "who", "fact", "says", "stage after"),
        (
            (
                line["version"],
                line["position"],
                moment(line["occurred_at"]),
                f"{line['actor']['person']} ({line['actor']['role']})",
                line["topic"],
                fields(
                    {
                        k: v
                        for k, v in line["fact"].items()
                        if k not in {"stage", "terminal", "coming"}
                    }
                ),
                line["state"]["stage"],
            )
            for line in lines
        ),
    )


@app.command("chain")
def chain(ref: Ref, as_of: AsOf = None, as_json: Json = False) -> None:
    """Who answers for the case: from who handles it up to every leader told."""
    known = moment_option(as_of)
    with found(ref) as (opened, case_id):
        links = case_times.links(case_id, on_record(opened, case_id, known))
        if as_json:
            say_json({"id": case_id, "links": links})
        else:
            print_chain(opened, ref, links)


def on_record(opened: Office, case_id: UUID, known: datetime | None) -> list[Any]:
    """The facts of a case that were on record then."""
    entries = case_times.known_at(opened.store.log.stream(case_id), known)
    if not entries:
        refuse(f"nothing of that case was on record by {moment(known)}")
    return entries


def print_chain(opened: Office, name: str, links: list[dict[str, Any]]) -> None:
    """The chain, lowest rung first in the order of the acts.

    ``since / told``: when, by the rules; and when the system did, where that was later.
    """
    organisation = opened.desk.organisation()

    def named(person: str | None) -> str:
        name = organisation.name(person) if person else None
        return f"{name} ({person})" if name else (person or "nobody 无人")

    say_table(
        f"accountability chain 责任链 of {name}, times in {zone()}",
        ("n", "rung", "unit", "post", "person", "since / told", "why", "answered"),
        (
            (
                link["n"],
                link["rung"],
                link["unit"],
                link["post"],
                named(link["person"]),
                _told(link),
                _why(link),
                _answer(link),
            )
            for link in links
        ),
    )


def _told(link: dict[str, Any]) -> str:
    """When it was due to be told, and when it really was, if the minute is another."""
    due, told = moment(link["told_at"]), moment(link["recorded_at"])
    return due if told == due or not link["rung"] else f"{due}, told {told}"


def _why(link: dict[str, Any]) -> str:
    """``late answer.1 [deputy]``: the reason, the clock or the time, why somebody else."""
    signal, _, cause = (link["climb"] or "").partition(":")
    said = [link["reason"]]
    # A stall is named after the moment of the last act, which stands in the timeline.
    said += [cause] if signal != STALL else []
    said += [f"[{link['fallback']}]"] if link["fallback"] else []
    return " ".join(filter(None, said))


def _answer(link: dict[str, Any]) -> str:
    """Whether it was answered, and when the next rung is told unless somebody acts."""
    if not link["rung"]:
        return ""
    said = "lapsed" if link["lapsed_at"] else "waits 待答复"
    if link["answered_at"]:
        said = f"{moment(link['answered_at'])} {link['answered_by']}"
    return f"{said}; next rung {moment(link['next_at'])}" if link["next_at"] else said


@app.command("clocks")
def clocks(
    ref: Ref,
    as_of: AsOf = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="the sum of each, window by window")
    ] = False,
    as_json: Json = False,
) -> None:
    """What was promised until when, what came of it; as of any moment, what held then."""
    known = moment_option(as_of)
    with found(ref) as (opened, case_id):
        rows = case_times.clocks(case_id, on_record(opened, case_id, known))
        told: list[Any] = case_times.explained(rows, opened.desk) if explain else rows
        if as_json:
            say_json({"id": case_id, "clocks": told})
            return
        print_clocks(ref, rows)
        for row in rows if explain else ():
            print_sum(opened, row)


def print_sum(opened: Office, row: ClockRow) -> None:
    """How a due time came about, for a person to check by hand."""
    policy, book = opened.desk.policy(row.policy or ""), opened.desk.calendar_book
    limit = policy.limits[row.rule]
    say(f"{row.clock}: {limit.value:g} {limit.unit}, {limit.zh} / {limit.en} ({row.rule})")
    calendar = calendar_of(row, book)
    say_sum(worked_sum(row, policy, book), calendar)
    say(f"due {calendar.local(row.due):%Y-%m-%d %H:%M} {row.calendar or 'clock time'}\n")


def print_clocks(name: str, rows: list[ClockRow]) -> None:
    """The clocks in the order in which they began."""
    say_table(
        f"clocks 时钟 of {name}, times in {zone()}",
        ("clock", "kind", "state", "since", "due", "calendar", "moved", "unit", "limit"),
        (
            (
                row.clock,
                row.kind,
                state_of_clock(row),
                moment(row.started_at),
                f"{moment(row.due)}{' ~' if row.provisional else ''}",
                row.calendar or "clock time",
                moved(row),
                row.unit,
                row.rule,
            )
            for row in rows
        ),
    )
