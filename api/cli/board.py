"""huiyin board: every loop that is not closed, now or as it stood at a moment."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from api.cli.opening import moment_option, office
from api.cli.output import moment, notes, say_json, say_table, span, width, zone
from api.cli.times import ahead, duration
from projections.alerts import ALERTS, owed
from projections.board_rows import BoardRow
from projections.boards import BOARDS, Boards, pages
from projections.moments import source_at
from projections.reading import Condition, Either, Is, Source, Within

COLUMNS = (
    "number",
    "type",
    "level",
    "stage",
    "holder",
    "age",
    "in stage",
    "next step",
    "due, and then",
    "rung",
)
DISPENSABLE = {"type", "level", "in stage", "rung"}
ROOMY = 130
LAST = datetime.max.replace(tzinfo=UTC)
MARKS = (
    ("overdue", "超"),
    ("urged", "催"),
    ("supervised", "督"),
    ("reopened", "重"),
    ("repeat_of", "复"),
)


class Sorting(StrEnum):
    """The oldest case first; or what is overdue, then what is due first."""

    RECEIVED = "received"
    DUE = "due"


def board(  # noqa: PLR0913 - one parameter an option
    *,
    as_of: Annotated[
        str | None, typer.Option(help="as it was known at this moment")
    ] = None,
    happened_by: Annotated[
        str | None, typer.Option(help="what had happened by this moment")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="closed cases too")] = False,
    unit: Annotated[str | None, typer.Option(help="only what this unit holds")] = None,
    source: Annotated[str | None, typer.Option(help="only of this imported log")] = None,
    overdue: Annotated[
        bool, typer.Option("--overdue", help="only what runs past a due time")
    ] = False,
    due_within: Annotated[
        str | None, typer.Option(help="only what is due within 20 min, 2 h or 1 d")
    ] = None,
    sort: Annotated[
        Sorting, typer.Option(help="which case comes first")
    ] = Sorting.RECEIVED,
    as_json: Annotated[bool, typer.Option("--json", help="one object")] = False,
) -> None:
    """The closed-loop board 闭环看板: stage, holder, next step, what is due and then."""
    known, happened = moment_option(as_of), moment_option(happened_by)
    if known and happened:
        raise typer.BadParameter("one of --as-of and --happened-by, not both")
    at = known or happened or datetime.now(UTC)
    soon = duration(due_within)
    with office() as opened:
        behind = 0 if known or happened else opened.come_along()
        where: list[Condition] = [] if everything else [Is("open", True)]
        where += [Is("holder_unit", unit)] if unit else []
        where += [Is("source", source)] if source else []
        where += [past_due(at)] if overdue else []
        where += [Within("due", below=at + soon)] if soon else []
        views = source_at(opened.store, [BOARDS, ALERTS], known=known, happened=happened)
        rows, alerts = read(views, where), owed(views)
    if sort is Sorting.DUE:
        rows.sort(key=lambda row: urgency(row, at))
    if as_json:
        counts = {"count": len(rows), "alerts": alerts, "behind": behind}
        say_json({"items": rows, "at": known or happened} | counts)
        return
    print_board(rows, at, alerts)
    if not rows and known:
        notes.print(
            f"nothing was on record by {moment(known)}; what had happened by then, "
            "though recorded later, is shown by --happened-by"
        )


def read(source: Source, where: list[Condition]) -> list[BoardRow]:
    """The rows of the board, the oldest case first."""
    return list(pages(Boards(source), *where))


def past_due(at: datetime) -> Condition:
    """Breached on record, or past its due time without anybody having looked yet."""
    return Either((Within("overdue", least=1), Within("due", below=at)))


def urgency(row: BoardRow, at: datetime) -> tuple[bool, datetime]:
    """What is late comes first, the longest late before; then what is due first."""
    when = row.late_since or row.due or row.coming_at or LAST
    return not past_due(at).holds(row), when


def print_board(rows: list[BoardRow], at: datetime, alerts: int) -> None:
    """The board as people read it; ages as of ``at``. What is dispensable goes first where
    there is no room. ``alerts``: how many are open beside it."""
    count = sum(row.open for row in rows)
    title = f"closed-loop board 闭环看板 {moment(at)} {zone()}: {count} open"
    title += f"; alerts 告警: {alerts} open (huiyin alerts)" if alerts else ""
    kept = [
        n
        for n, column in enumerate(COLUMNS)
        if width() >= ROOMY or column not in DISPENSABLE
    ]
    lines = (cells(row, at) for row in rows)
    columns = [COLUMNS[n] for n in kept]
    say_table(title, columns, ([line[n] for n in kept] for line in lines), whole=["number"])


def cells(row: BoardRow, at: datetime) -> list[str | None]:
    """One line of the board.

    Marks: 超 overdue, 催 urged, 督 supervised, 重 reopened, 复 repeat.
    """
    who = " ".join(filter(None, (row.holder_unit, row.holder_person)))
    next_who = row.next_person or row.next_unit
    marks = "".join(mark for name, mark in MARKS if getattr(row, name))
    return [
        f"{row.number} {marks}".rstrip(),
        row.business_type,
        row.level,
        row.stage,
        who,
        span((at - row.received_at).total_seconds()) if row.open else None,
        span((at - row.stage_since).total_seconds()) if row.open else None,
        f"{row.next_step} → {next_who}" if row.next_step else None,
        ahead(row, at) if row.open else None,
        str(row.rung) if row.rung else None,
    ]
