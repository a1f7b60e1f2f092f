"""huiyin views: list them, compare them with the log, make them anew, unpark facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from api.cli.opening import office, refuse
from api.cli.output import FOUND, notes, say, say_json, say_table
from projections.check import Report, check
from projections.folding import Parked
from projections.ground import standings
from projections.parked import parked, retry
from projections.rebuild import rebuild
from projections.view import View
from projections.views import VIEWS

app = typer.Typer(help="What people look at, folded from the log.", no_args_is_help=True)

Names = Annotated[list[str] | None, typer.Argument(help="default: all")]
Json = Annotated[bool, typer.Option("--json", help="one object")]


def named(names: Sequence[str] | None) -> list[View[Any]]:
    """The views with these names, or all; refuses one that is none."""
    by_name = {view.name: view for view in VIEWS}
    for name in names or ():
        if name not in by_name:
            refuse(f"no view {name}; there are {', '.join(sorted(by_name))}")
    return [by_name[name] for name in names] if names else list(VIEWS)


@app.command("list")
def list_views(as_json: Json = False) -> None:
    """Every view: which question it answers, where it stands, what waits in it."""
    with office() as opened:
        opened.come_along()
        waiting = parked(opened.store.pool, VIEWS)
        with opened.store.pool.connection() as connection:
            stands = standings(connection)
        head = opened.store.log.head()
        rows = [
            {
                "view": view.name,
                "feed": stands[view.name].feed,
                "position": stands[view.name].position,
                "head": head,
                "parked": sum(1 for each in waiting if each.view == view.name),
                "answers": view.docs,
            }
            for view in VIEWS
        ]
    if as_json:
        say_json({"views": rows})
        return
    columns = ("view", "feed", "position", "head", "parked", "answers")
    say_table("views", columns, [[row[name] for name in columns] for row in rows])


@app.command("check")
def check_views(names: Names = None, as_json: Json = False) -> None:
    """Fold the log again and name every row that differs. Status 1 when there is one."""
    views = named(names)
    with office() as opened:
        opened.come_along()
        with notes.status("folding the log again"):
            report = check(opened.store, views)
    if as_json:
        say_json(report)
    else:
        print_report(report)
    if not report.sound:
        raise typer.Exit(FOUND)


def print_report(report: Report) -> None:
    """What a check found, in words."""
    say(f"{report.rows} rows compared, {report.differing} differences")
    for each in report.differences:
        say(f"{each.table} {each.key}: stored {each.stored}")
        say(f"{' ' * len(each.table)} {each.key}: folded {each.folded}")
    print_parked(report.parked)
    for table, key in report.broken_promises:
        say(f"{table} {key}: declared new, but was there")


def print_parked(waiting: Sequence[Parked]) -> None:
    """Facts that a view could not take, and why."""
    for each in waiting:
        say(f"parked in {each.view} {each.key} at {each.position}: {each.reason}")


@app.command("retry")
def retry_views(names: Names = None, as_json: Json = False) -> None:
    """Fold parked facts again, in order, once a fold was mended. Status 1 if some stay."""
    views = named(names)
    with office() as opened:
        opened.come_along()
        before = len(parked(opened.store.pool, views))
        waiting = [each for view in views for each in retry(opened.store, view)]
    if as_json:
        say_json({"taken": before - len(waiting), "parked": waiting})
    else:
        say(f"{before - len(waiting)} of {before} parked facts taken")
        print_parked(waiting)
    if waiting:
        raise typer.Exit(FOUND)


@app.command("rebuild")
def rebuild_views(names: Names = None, as_json: Json = False) -> None:
    """Make views anew beside the old ones, which serve meanwhile, then swap."""
    views = named(names)
    with office() as opened:
        opened.come_along()
        with notes.status("rebuilding"):
            rebuild(opened.store, views)
        positions = {view.name: opened.position(view.name) for view in views}
    if as_json:
        say_json({"rebuilt": positions})
    else:
        for name, position in positions.items():
            say(f"{name} stands at {position}")
