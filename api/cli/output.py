"""How answers are printed: stdout holds only the answer, stderr everything else."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from rich.console import Console
from rich.table import Table

notes = Console(stderr=True)

PIPED_WIDTH = 160

# Exit status: fine, found something, could not run.
FINE, FOUND, COULD_NOT_RUN = 0, 1, 2


def say(text: str = "") -> None:
    """One line of the answer."""
    sys.stdout.write(text + "\n")


def json_text(value: Any) -> str:
    """One JSON object on one line; times in ISO 8601 with offset."""
    return msgspec.json.encode(value, enc_hook=str).decode()


def say_json(value: Any) -> None:
    """One JSON object, the whole answer."""
    say(json_text(value))


def say_lines(values: Iterable[Any]) -> None:
    """One JSON object a line."""
    for value in values:
        say_json(value)


def say_table(
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    whole: Collection[str] = (),
) -> None:
    """A table for people, as wide as COLUMNS or the terminal; 160 when piped into a file.

    The columns named in ``whole`` are never broken, so that they can be copied.
    """
    table = Table(title=title, title_justify="left", header_style="bold", expand=False)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in whole)
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    # What facts say is no markup: "[nobody]" would not be printed at all.
    Console(width=width(), markup=False, emoji=False).print(table)


def width() -> int:
    """How many columns of text an answer may take."""
    return shutil.get_terminal_size((PIPED_WIDTH, 24)).columns


def moment(at: datetime | None) -> str:
    """A time as people read it, in the zone of this machine (see ``zone``)."""
    return "" if at is None else f"{at.astimezone():%Y-%m-%d %H:%M}"


def zone() -> str:
    """The zone that printed times are in: ``UTC+08:00``."""
    offset = f"{datetime.now().astimezone():%z}"
    return f"UTC{offset[:3]}:{offset[3:]}"


def span(seconds: float) -> str:
    """An age as people say it: ``3d 4h``, ``2h 05m``, ``12m``."""
    minutes = int(seconds // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days}d {hours}h"
    return f"{hours}h {rest:02}m" if hours else f"{rest}m"


def fields(shown: Mapping[str, Any]) -> str:
    """What a fact says, on one line: ``unit=donghu reason=wrong_area``; ids shortened."""
    said = ((k, v) for k, v in shown.items() if v not in (None, "", [], {}, False))
    return " ".join(f"{name}={_short(value)}" for name, value in said)


def _short(value: Any) -> str:
    if isinstance(value, UUID):
        return f"{str(value)[:8]}…"
    if isinstance(value, list):
        return f"[{', '.join(map(_short, value))}]"
    return moment(value) if isinstance(value, datetime) else str(value)
