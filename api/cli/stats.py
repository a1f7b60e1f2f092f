"""huiyin stats: figures, each of which opens into exactly what it counts."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli.opening import office, refuse
from api.cli.output import say, say_json, say_table, span
from api.stats import NoList, figures, listable, listed
from projections.handovers import Handovers
from projections.reading import Stored

app = typer.Typer(help="Figures, and the cases that each one counts.", no_args_is_help=True)


@app.callback()
def stats() -> None:
    """Figures, and the cases that each one counts."""


@app.command("handovers")
def handovers(
    source: Annotated[
        str | None, typer.Option(help="only cases of this imported log (bpi2013)")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            "--list", metavar="KEY", help=f"what a number counts: {', '.join(listable())}"
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object")] = False,
) -> None:
    """How cases change hands 转办: hand-overs, ping-pong 推诿, layers 层级, dwell 停留."""
    with office() as opened:
        opened.come_along()
        view = Handovers(Stored(opened.store.pool))
        if source is not None and source not in (known := view.sources()):
            refuse(f"no case was imported from {source}; from: {', '.join(known) or '-'}")
        if key is not None:
            _list(view, key, source)
        elif as_json:
            say_json(figures(view, source))
        else:
            title = f"hand-overs of {source}" if source else "hand-overs"
            found = figures(view, source)
            dwell = found.pop("dwell")
            say_table(title, ("figure 指标", "number 数值"), found.items())
            lay = ((unit, span(seconds)) for unit, seconds in dwell.items())
            say_table("where cases lay 停留时长", ("unit", "in all"), lay)


def _list(view: Handovers, key: str, source: str | None) -> None:
    try:
        for each in listed(view, key, source):
            if isinstance(each, str):
                say(each)
            else:
                say_json(each)
    except NoList as why:
        refuse(str(why))
