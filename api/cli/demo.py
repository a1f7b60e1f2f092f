"""huiyin demo: everything on one machine, with a lived-in sample day."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from typing import Annotated

import typer
from rich.progress import track

from api.cli.board import print_board, read
from api.cli.case import print_chain, print_story
from api.cli.opening import office
from api.cli.output import FOUND, notes, say
from api.cli.serve import HOST, PORT, following, serve_until_stopped
from api.cli.views import print_report
from api.demo.play import CHINA, acts, play
from api.office import Office
from api.replay import replay
from projections.chains import Chains
from projections.check import check
from projections.reading import Stored
from projections.views import VIEWS

# Whom one can be over HTTP: role and unit.
VISITORS = {
    "agent": "kefu",
    "dispatcher": "kefu",
    "supervisor": "jiandu",
    "auditor": "shenji",
}


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="load, print, check the views, end")
    ] = False,
    port: Annotated[int, typer.Option(help="port to listen on")] = PORT,
) -> None:
    """Play a sample day through the real commands; stay up until Ctrl-C, or --once."""
    with ExitStack() as stack:
        opened = stack.enter_context(office())
        stack.enter_context(following(opened))
        load(opened)
        opened.catch_up()
        if once:
            if not show_round(opened):
                raise typer.Exit(FOUND)
            return
        print_board(read(opened, None, None, everything=False), datetime.now(UTC))
        tokens = {
            role: opened.store.tokens.create(role=role, unit=unit, person=f"demo-{role}")
            for role, unit in VISITORS.items()
        }
        where_to_look(port, tokens)
        serve_until_stopped(opened, HOST, port)


def sample_day() -> date:
    """Yesterday, so that nothing lies in the future."""
    return (datetime.now(CHINA) - timedelta(days=1)).date()


def load(opened: Office) -> None:
    """Play the sample day; what was played before is not played again."""
    day = sample_day()
    voiced = track(
        play(opened, day),
        description=f"playing the sample day {day}",
        total=len(acts(day)),
        console=notes,
    )
    for _ in voiced:
        pass


def show_round(opened: Office) -> bool:
    """The board, the chain of the case that climbed highest, its replay, the check."""
    rows = read(opened, None, None, everything=True)
    print_board([row for row in rows if row.open], datetime.now(UTC))
    climbed = max(rows, key=lambda row: row.rung)
    say(f"the case that climbed highest: {climbed.number}")
    print_chain(opened, Chains(Stored(opened.store.pool)).of(climbed.case_id))
    closed = max((row for row in rows if row.closed_at), key=lambda row: row.version)
    print_story(list(replay(opened.store.log.stream(closed.case_id))))
    report = check(opened.store, VIEWS)
    print_report(report)
    return report.sound


def where_to_look(port: int, tokens: dict[str, str]) -> None:
    """What to try next, ready to be copied."""
    say(f"HTTP: http://{HOST}:{port}/openapi.json; tokens of this demo:")
    for role, token in tokens.items():
        say(f"  {role:<10} {token}")
    say("try, in another terminal:")
    bearer = f"Authorization: Bearer {tokens['supervisor']}"
    say(f"  curl -H '{bearer}' http://{HOST}:{port}/views/board")
    say("  .venv/bin/huiyin case replay NUMBER    (a number from the board above)")
    say("Ctrl-C stops everything.")
