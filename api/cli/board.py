"""huiyin board: every loop that is not closed, now or as it stood at a moment."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from api.cli.opening import moment_option, office
from api.cli.output import moment, say_json, say_table, span
from api.office import Office
from projections.board_rows import BoardRow
from projections.boards import BOARDS, Boards, pages
from projections.moments import source_at
from projections.reading import Is

COLUMNS = (
    "number",
    "type",
    "level",
    "stage",
    "holder",
    "age",
    "in stage",
    "next step",
    "rung",
)
MARKS = (("urged", "催"), ("supervised", "督"), ("reopened", "重"), ("repeat_of", "复"))


def board(
    as_of: Annotated[
        str | None, typer.Option(help="as it was known at this moment")
    ] = None,
    happened_by: Annotated[
        str | None, typer.Option(help="what had happened by this moment")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="closed cases too")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="one object")] = False,
) -> None:
    """The closed-loop board 闭环看板: stage, holder, age, time in stage, next step."""
    known, happened = moment_option(as_of), moment_option(happened_by)
    if known and happened:
        raise typer.BadParameter("one of --as-of and --happened-by, not both")
    with office() as opened:
        opened.catch_up()
        rows = read(opened, known, happened, everything=everything)
    if as_json:
        say_json({"items": rows, "at": known or happened, "count": len(rows)})
    else:
        print_board(rows, known or happened or datetime.now(UTC))


def read(
    opened: Office, known: datetime | None, happened: datetime | None, *, everything: bool
) -> list[BoardRow]:
    """The rows of the board, the oldest case first."""
    source = source_at(opened.store, [BOARDS], known=known, happened=happened)
    return list(pages(Boards(source), *([] if everything else [Is("open", True)])))


def print_board(rows: list[BoardRow], at: datetime) -> None:
    """The board as people read it; ages as of ``at``."""
    title = f"closed-loop board 闭环看板 {moment(at)}: {sum(row.open for row in rows)} open"
    say_table(title, COLUMNS, (cells(row, at) for row in rows))


def cells(row: BoardRow, at: datetime) -> list[str | None]:
    """One line of the board. Marks: 催 urged, 督 supervised, 重 reopened, 复 repeat."""
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
        str(row.rung) if row.rung else None,
    ]
