"""huiyin log: the facts themselves, checked and taken out."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.opening import office
from api.cli.output import FOUND, say, say_json, say_lines
from api.replay import line
from store.verify import verify

app = typer.Typer(help="The log: verify it, export it.", no_args_is_help=True)


@app.command("verify")
def verify_log(
    as_json: Annotated[bool, typer.Option("--json", help="one object")] = False,
) -> None:
    """Read every fact: no gap, no fall of time, every stream whole, every fact legible;
    and fold every stream that has a snapshot again, to compare."""
    with office() as opened:
        report = verify(opened.store)
    if as_json:
        say_json(report)
    else:
        say(
            f"{report.facts} facts in {report.streams} streams,"
            f" {report.snapshots} snapshots compared"
        )
        for problem in report.problems:
            say(problem)
    if report.problems:
        raise typer.Exit(FOUND)


@app.command("export")
def export(
    after: Annotated[int, typer.Option(help="begin behind this position")] = 0,
) -> None:
    """One JSON line a fact, in the order of the log; personal fields show their mask.

    Ends with status 2 at a fact that this version of the program cannot read.
    """
    with office() as opened:
        say_lines(line(entry) for entry in opened.store.log.scan(after=after))
