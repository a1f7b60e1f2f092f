"""huiyin demo: everything on one machine, with a lived-in sample day."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Annotated

import typer
from rich.progress import track

from api import case_times
from api.cli.board import print_board, read
from api.cli.case import print_chain, print_story
from api.cli.opening import office, refuse
from api.cli.output import FOUND, notes, say
from api.cli.serve import (
    HOST,
    PORT,
    address,
    following,
    listening,
    serve_until_stopped,
)
from api.cli.views import print_report
from api.demo.company import POSTS
from api.demo.play import acts, play, sample_day
from api.office import Office
from api.replay import replay
from projections.alerts import owed
from projections.board_rows import BoardRow
from projections.check import check
from projections.deadlines import Deadlines
from projections.reading import Is, Stored
from projections.views import VIEWS
from store.settings import PROFILE

CATCH_UP_SECONDS_MAX, LOOK_SECONDS = 60.0, 0.1
# Whom one can be over HTTP: one person of each role that a loop needs.
VISITORS = {"lan", "pan", "fan", "lei", "zheng", "ming", "an"}


def demo(
    once: Annotated[
        bool, typer.Option("--once", help="load, print, check the views, end")
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="port to listen on, 0: a free one")
    ] = PORT,
) -> None:
    """Play a sample day through the real commands; stay up until Ctrl-C, or --once."""
    with ExitStack() as stack:
        door = None if once else stack.enter_context(listening(HOST, port))
        opened = stack.enter_context(office())
        if opened.settings.profile != PROFILE:
            refuse(f"the sample day is one of {PROFILE}: unset HUIYIN_PROFILE")
        # The day lies in the past: time is kept when it is over, not between its acts.
        load(opened)
        ended = stack.enter_context(following(opened))
        until_now(opened)
        if door is None:
            if not show_round(opened):
                raise typer.Exit(FOUND)
            return
        show_board(opened)
        where_to_look(address(door), tokens(opened))
        serve_until_stopped(opened, door, ended)


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


def until_now(opened: Office) -> None:
    """Wait until what fell due since the sample day has happened, and the views show it."""
    give_up = monotonic() + CATCH_UP_SECONDS_MAX
    while True:
        opened.catch_up()
        overdue = Deadlines(Stored(opened.store.pool)).fallen(datetime.now(UTC), limit=1)
        if not overdue or monotonic() > give_up:
            return
        sleep(LOOK_SECONDS)


def show_round(opened: Office) -> bool:
    """The board, the chain of the case that climbed highest, its replay, the check."""
    rows = show_board(opened)
    climbed = max(rows, key=lambda row: row.rung)
    entries = opened.store.log.stream(climbed.case_id)
    print_chain(opened, climbed.number, case_times.links(climbed.case_id, entries))
    closed = max((row for row in rows if row.closed_at), key=lambda row: row.version)
    print_story(list(replay(opened.store.log.stream(closed.case_id))))
    report = check(opened.store, VIEWS)
    print_report(report)
    return report.sound


def show_board(opened: Office) -> list[BoardRow]:
    """Print what is open of the house's own cases; all of them, for further looks."""
    source = Stored(opened.store.pool)
    rows = read(source, [Is("source", None)])
    print_board([row for row in rows if row.open], datetime.now(UTC), owed(source))
    return rows


def tokens(opened: Office) -> dict[str, str]:
    """A key to the HTTP door for one person of each role, by ``role person@unit``."""
    return {
        f"{post.role} {post.person}@{post.unit}": opened.store.tokens.create(
            role=post.role, unit=post.unit, person=post.person, post=post.id
        )
        for post in POSTS
        if post.person in VISITORS
    }


def where_to_look(site: str, keys: dict[str, str]) -> None:
    """What to try next, ready to be copied."""
    say(f"HTTP: {site}/openapi.json; keys to it, each shown this once:")
    for who, key in keys.items():
        say(f"  {who:<28} {key}")
    say("try, in another terminal:")
    supervisor = next(key for who, key in keys.items() if who.startswith("supervisor"))
    say(f"  curl -H 'Authorization: Bearer {supervisor}' {site}/views/board")
    say("  .venv/bin/huiyin case replay NUMBER    (a number from the board above)")
    say("Ctrl-C stops everything.")
