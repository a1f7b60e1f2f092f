"""huiyin policy: lint a workflow, publish the shipped rules, show what is in force."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from api.cli.opening import moment_option, office, refuse
from api.cli.output import FOUND, notes, say, say_json
from api.policies import shipped
from domain.policy.lint import Finding, lint, sound
from domain.policy.parse import Malformed

app = typer.Typer(help="Rules as data: checked, published, shown.", no_args_is_help=True)


@app.command("lint")
def lint_file(
    file: Annotated[Path, typer.Argument(help="a workflow as JSON or TOML")],
    as_json: Annotated[bool, typer.Option("--json", help="one object")] = False,
) -> None:
    """Check a workflow: no dangling state, no dead end, every move with an owner.

    Status 1 when there is an error; warnings alone are fine. No database is started.
    """
    try:
        findings = lint(read(file))
    except Malformed as wrong:
        refuse(f"{file}: {wrong}")
    if as_json:
        say_json({"findings": [shown(finding) for finding in findings]})
    else:
        for finding in findings:
            where = ".".join(filter(None, (finding.state, finding.action)))
            say(f"{finding.severity}: {finding.code} at {where}")
        notes.print(f"{len(findings)} findings")
    if not sound(findings):
        raise typer.Exit(FOUND)


def shown(finding: Finding) -> dict[str, str | None]:
    return {"code": finding.code, "state": finding.state, "action": finding.action}


def read(file: Path) -> dict[str, Any]:
    """A workflow from a file; refuses what cannot be read, and says where."""
    try:
        text = file.read_text("utf-8")
        found = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    except OSError as wrong:
        refuse(f"cannot read {file}: {wrong.strerror}")
    except (UnicodeDecodeError, ValueError, RecursionError) as wrong:
        refuse(f"{file} is neither JSON nor TOML as its name says: {wrong}")
    if not isinstance(found, dict):
        refuse(f"{file}: a workflow is an object with the key “states”")
    return found


@app.command("publish")
def publish() -> None:
    """Publish every shipped version that the log does not have yet."""
    with office() as opened:
        # Opening the office has published them; what is left is to say where they stand.
        for profile in sorted(shipped()):
            say(opened.desk.book(profile).label_at(datetime.now(UTC)))


@app.command("show")
def show(
    profile: Annotated[str | None, typer.Argument(help="default: HUIYIN_PROFILE")] = None,
    at: Annotated[str | None, typer.Option(help="in force at this moment")] = None,
) -> None:
    """Print the rules in force at a moment, whole, as JSON."""
    when = moment_option(at) or datetime.now(UTC)
    with office() as opened:
        label = opened.desk.book(profile or opened.desk.profile).label_at(when)
        say_json(opened.desk.policy(label).document)
