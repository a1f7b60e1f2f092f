"""huiyin 回音: the command line. Exit status 0 fine, 1 found something, 2 could not run."""

from __future__ import annotations

import typer

from api.cli import (
    alerts,
    board,
    calendar,
    case,
    demo,
    doctor,
    imports,
    kafka,
    log,
    policy,
    report,
    serve,
    stats,
    token,
    views,
)

app = typer.Typer(
    name="huiyin",
    help="回音 Huiyin: complaints and quality supervision, from facts that never change.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("work")(serve.work)
app.command("board")(board.board)
app.command("alerts")(alerts.alerts)
app.command("doctor")(doctor.doctor)
app.command("import")(imports.import_log)
app.add_typer(case.app, name="case")
app.add_typer(views.app, name="views")
app.add_typer(policy.app, name="policy")
app.add_typer(calendar.app, name="calendar")
app.add_typer(kafka.app, name="kafka")
app.add_typer(log.app, name="log")
app.add_typer(stats.app, name="stats")
app.add_typer(report.app, name="report")
app.add_typer(token.app, name="token")
