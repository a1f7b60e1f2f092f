"""huiyin import: history from another system, with a progress bar and a summary."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from eventsourcing.persistence import PersistenceError
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

from api.cli.opening import office, refuse
from api.cli.output import FOUND, notes, say_json, say_table
from api.imports.batches import Summary
from api.imports.importer import import_history
from api.imports.mapping import Mapping, load, shipped
from api.imports.rejects import Rejects
from api.imports.source import Unusable
from api.office import Office


def import_log(
    file: Annotated[Path, typer.Argument(help="CSV or XES, plain or gzip")],
    mapping: Annotated[
        str,
        typer.Option(help=f"a .toml file (docs/mapping.md), or {', '.join(shipped())}"),
    ],
    source: Annotated[
        str | None, typer.Option(help="name of the log, instead of the mapping's")
    ] = None,
    rejects: Annotated[
        Path | None, typer.Option(help="unreadable rows; default FILE.rejects.csv")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """Witness what another system recorded. Import again after an interruption, or when
    the file has grown: only what is new is added. Status 1 when rows were not taken."""
    begun = time.monotonic()
    not_taken = rejects or file.with_name(f"{file.name}.rejects.csv")
    try:
        told = named(load(mapping), source)
        with office() as opened:
            summary = witness(opened, told, file, not_taken)
    except Unusable as why:
        refuse(str(why))
    except PersistenceError as why:
        refuse(f"{why}; import again, it goes on where it stopped")
    answer = asdict(summary) | {"seconds": round(time.monotonic() - begun, 2)}
    if as_json:
        say_json(answer)
    else:
        say_table(f"imported {file.name}", ("", ""), answer.items())
    if summary.rejected or summary.changed:
        notes.print(f"rows that were not taken: {escape(str(not_taken))}", soft_wrap=True)
        raise typer.Exit(FOUND)


def named(mapping: Mapping, source: str | None) -> Mapping:
    """The mapping with another name for its log. Raises Unusable for what is no name."""
    if source is None:
        return mapping
    if not source or ":" in source:
        raise Unusable("--source must be a name without a colon")
    return msgspec.structs.replace(mapping, source=source)


def witness(opened: Office, mapping: Mapping, file: Path, not_taken: Path) -> Summary:
    """Import, then wait until every view has seen it."""
    policy = opened.desk.policy_in_force(datetime.now(UTC))
    with progress() as bars, closing(Rejects(not_taken)) as rejects:
        summary = import_history(
            opened.store,
            opened.desk,
            mapping,
            file,
            policy=policy,
            rejects=rejects,
            watcher=bars,
        )
    with notes.status("views"):
        opened.catch_up()
    return summary


class Bars:
    """One bar for the reading, one for the writing, on stderr."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._reading = progress.add_task("reading", total=None)
        self._writing = progress.add_task("writing", total=None, visible=False)

    def reading(self, done: int, total: int) -> None:
        self._progress.update(self._reading, completed=done, total=total)

    def writing(self, done: int, total: int) -> None:
        self._progress.update(self._writing, completed=done, total=total, visible=True)


@contextmanager
def progress() -> Iterator[Bars]:
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn())
    with Progress(*columns, console=notes, transient=True) as shown:
        yield Bars(shown)
