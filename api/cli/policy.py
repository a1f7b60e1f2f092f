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
from api.policies import publish, publish_shipped, read_profile
from domain.fact import Actor
from domain.policy.lint import Finding, lint, sound
from domain.policy.parse import Malformed

# Whoever may run this command on the server keeps the rules.
TERMINAL = Actor(person="terminal", role="admin")

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
def publish_rules(
    folder: Annotated[
        Path | None, typer.Argument(help="a profile of one's own, as TOML tables")
    ] = None,
) -> None:
    """Publish a profile of one's own, or every shipped version that the log lacks.

    Prints the labels. A published version never changes: a correction is a later version.
    """
    now = datetime.now(UTC)
    document = None if folder is None else profile_of(folder)
    with office() as opened:
        if document is None:
            for label in publish_shipped(opened.desk, now):
                say(label)
        else:
            say(publish(opened.desk, document, now, TERMINAL))


def profile_of(folder: Path) -> dict[str, Any]:
    """The rules in a folder as one document; refuses, naming table and row."""
    if not folder.is_dir():
        refuse(f"{folder} is not a folder with the tables of a profile")
    try:
        return read_profile(folder)
    except Malformed as wrong:
        refuse(f"{folder}: {wrong}")
    except (OSError, ValueError) as wrong:
        refuse(f"{folder} cannot be read: {wrong}")


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
