"""How answers are printed: stdout holds only the answer, stderr everything else."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

notes = Console(stderr=True)

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


def say_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table for people; as wide as it needs when the answer goes into a file."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    piped = None if sys.stdout.isatty() else 140
    Console(width=piped).print(table)


def moment(at: datetime | None) -> str:
    """A time as people read it, in the zone of this machine."""
    return "" if at is None else f"{at.astimezone():%m-%d %H:%M}"


def span(seconds: float) -> str:
    """An age as people say it: ``3d 4h``, ``2h 05m``, ``12m``."""
    minutes = int(seconds // 60)
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days}d {hours}h"
    return f"{hours}h {rest:02}m" if hours else f"{rest}m"


def fields(shown: Mapping[str, Any]) -> str:
    """What a fact says, on one line: ``unit=donghu reason=wrong_area``."""
    said = ((k, v) for k, v in shown.items() if v not in (None, "", [], {}))
    return " ".join(f"{name}={value}" for name, value in said)
