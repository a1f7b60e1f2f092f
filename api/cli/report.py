"""huiyin report: figures of a period, each of which opens into the cases behind it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from api import workbook
from api.cli.opening import moment_option, office, refuse
from api.cli.output import notes, say_json, say_table
from api.reports import BY, BadQuestion, Wish, heading, opened, percent, report
from domain.organisation.organisation import Organisation
from domain.policy.policy import Policy
from projections.kpis import VIEWS, Kpis, Question
from projections.moments import source_at

app = typer.Typer(
    help="Figures of a period, and the cases behind each.", no_args_is_help=True
)

# What an option is called where the question names its own parameter.
OPTIONS = {"from": "--from/--to"}


@app.callback()
def reports() -> None:
    """Figures of a period, and the cases behind each."""


First = Annotated[str, typer.Option("--from", help="first local day: 2026-03-01")]
Last = Annotated[str, typer.Option("--to", help="last local day, included")]
Unit = Annotated[str | None, typer.Option(help="this unit, those below and merged into it")]
By = Annotated[str | None, typer.Option(help=f"one of {', '.join(BY)}")]
Customers = Annotated[
    int | None, typer.Option(help="how many there are, for complaints per customers")
]
Annualised = Annotated[bool, typer.Option(help="complaints per customers as for a year")]
Code = Annotated[
    str | None,
    typer.Option("--open", metavar="CODE", help="the cases behind this measure"),
]
AsOf = Annotated[str | None, typer.Option(help="as it was known at this moment")]
HappenedBy = Annotated[str | None, typer.Option(help="what had happened by this moment")]
Xlsx = Annotated[
    Path | None, typer.Option(help="a workbook: figures, and the cases behind each")
]


@app.command("kpi")
def kpi(  # noqa: PLR0913, PLR0917 - one for each option of the command
    first: First,
    last: Last,
    unit: Unit = None,
    by: By = None,
    customers: Customers = None,
    annualised: Annualised = False,
    code: Code = None,
    as_of: AsOf = None,
    happened_by: HappenedBy = None,
    xlsx: Xlsx = None,
    as_json: Annotated[bool, typer.Option("--json", help="one object")] = False,
) -> None:
    """KPI 指标: in-time, callback, complaint and call figures of the policy's measures.

    Times of events place a case in the period; a figure without a base has no value.
    """
    known, happened = moment_option(as_of), moment_option(happened_by)
    if known and happened:
        raise typer.BadParameter("one of --as-of and --happened-by, not both")
    if xlsx and (code or as_json):
        raise typer.BadParameter("--xlsx goes without --open and --json: it has it all")
    wish = Wish(
        first=first,
        last=last,
        unit=unit,
        by=by,
        customers=customers,
        annualised=annualised,
    )
    with office() as opening:
        if not (known or happened):
            opening.come_along()
        policy = opening.desk.policy_in_force(datetime.now(UTC))
        at = known or happened or datetime.now(UTC)
        question = asked(wish, policy, opening.desk.organisation(), at)
        source = source_at(opening.store, VIEWS, known=known, happened=happened)
        view = Kpis(source, policy)
        if code is not None:
            say_opened(view, code, question, as_json=as_json)
        elif xlsx is not None:
            write_workbook(xlsx, wish, view, question, policy)
        else:
            say_figures(wish, view, question, policy, as_json=as_json)


def asked(wish: Wish, policy: Policy, books: Organisation, at: datetime) -> Question:
    """The question that the options put; typer shows what is wrong with one."""
    try:
        return wish.question(policy, books, at)
    except BadQuestion as wrong:
        misasked(wrong)


def misasked(wrong: BadQuestion) -> NoReturn:
    name = OPTIONS.get(wrong.name, f"--{wrong.name}")
    raise typer.BadParameter(str(wrong), param_hint=name) from None


def say_figures(
    wish: Wish, view: Kpis, question: Question, policy: Policy, *, as_json: bool
) -> None:
    figures = report(view.figures(question))
    if as_json:
        say_json(heading(wish, question, policy) | {"figures": figures})
        return
    if not figures:
        notes.print(f"{policy.label} has no measures; a later version of it may")
    grouped = question.by is not None
    columns = ["code", "measure 指标", "value", "n / d", "环比", "同比"]
    period = question.period
    say_table(
        f"KPI 指标 {period.first} – {period.last}, rules {policy.label}",
        [question.by or "", *columns] if grouped else columns,
        (line(figure, grouped=grouped) for figure in figures),
        whole=["code", "value"],
    )


def line(figure: dict[str, Any], *, grouped: bool) -> list[str | None]:
    cells = [
        figure["code"],
        f"{figure['zh']} {figure['en']}",
        figure["text"],
        " / ".join(
            f"{part:g}"
            for part in (figure["numerator"], figure["denominator"])
            if part is not None
        ),
        percent(figure["change"], signed=True),
        percent(figure["year_change"], signed=True),
    ]
    return [figure["group"], *cells] if grouped else cells


def say_opened(view: Kpis, code: str, question: Question, *, as_json: bool) -> None:
    try:
        rows = opened(view, code, question)
    except BadQuestion as wrong:
        misasked(wrong)
    if as_json:
        counted = sum(row["counted"] for row in rows)
        say_json({"measure": code, "items": rows, "count": len(rows), "counted": counted})
        return
    for row in rows:
        say_json(row)


def write_workbook(
    file: Path, wish: Wish, view: Kpis, question: Question, policy: Policy
) -> None:
    figures = report(view.figures(question))
    behind = {code: opened(view, code, question) for code in policy.measures}
    try:
        workbook.write(file, heading(wish, question, policy), figures, behind, policy)
    except OSError as trouble:
        refuse(f"{file} cannot be written: {trouble}")
    notes.print(f"{len(figures)} figures in {file}")
