"""huiyin policy: lint a workflow, publish the shipped rules, show what is in force."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from api.calendars import shipped_calendars
from api.cli.opening import moment_option, office, refuse
from api.cli.output import FOUND, notes, say, say_json
from api.policies import publish, publish_shipped, read_tables
from domain.fact import Actor
from domain.policy.lint import Finding, lint, sound
from domain.policy.parse import Malformed, parse
from domain.policy.policy import Policy
from domain.policy.time_checks import time_warnings, vocabulary
from domain.refused import Refused

# Whoever may run this command on the server keeps the rules.
TERMINAL = Actor(person="terminal", role="admin")

app = typer.Typer(help="Rules as data: checked, published, shown.", no_args_is_help=True)


@app.command("lint")
def lint_file(
    file: Annotated[
        Path,
        typer.Argument(
            help="a workflow as JSON or TOML, what `policy show` prints, or the folder"
            " of a profile"
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="one object")] = False,
) -> None:
    """Check a workflow: no dangling state, no dead end, every move with an owner.

    Status 1 when there is an error; warnings alone are fine. The rules of a whole profile
    are then read as if to publish them, with the clocks, ladders and signals: status 2
    when that cannot be done. No database is started.
    """
    found = tables_of(file) if file.is_dir() else read(file)
    whole = file.is_dir() or ("states" not in found and "profile" in found)
    wrong: Malformed | None = None
    try:
        findings = lint(found.get("workflow", {}) if whole else found)
    except Malformed as no_workflow:
        refuse(f"{file}: {no_workflow}")
    try:
        if whole:
            findings += about_time(found)
    except Malformed as row:
        wrong = row
    if as_json:
        say_json({"findings": [shown(finding) for finding in findings]})
    else:
        for finding in findings:
            where = ".".join(filter(None, (finding.state, finding.action)))
            say(f"{finding.severity}: {finding.code} at {where}")
        notes.print(f"{len(findings)} findings")
    if wrong is not None:
        refuse(f"{file}: {wrong}")
    if not sound(findings):
        raise typer.Exit(FOUND)


def about_time(tables: dict[str, Any]) -> list[Finding]:
    """What may be meant so in the rules of time of a whole profile. Raises Malformed."""
    policy = Policy.from_document(parse(tables, vocabulary()))
    return time_warnings(policy, frozenset(shipped_calendars()))


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
    document = None if folder is None else document_of(folder, tables_of(folder))
    with office() as opened:
        if document is None:
            for label in publish_shipped(opened.desk, now):
                say(label)
        else:
            try:
                say(publish(opened.desk, document, now, TERMINAL))
            except Refused as refusal:
                if refusal.code != "command_reused":
                    raise
                label = Policy.from_document(document).label
                refuse(
                    f"{label} is already published with other content: raise `version`"
                    " in profile.toml"
                )


def document_of(where: Path, tables: dict[str, Any]) -> dict[str, Any]:
    """The tables of a profile as one document; refuses, naming table and row."""
    try:
        return parse(tables, vocabulary())
    except Malformed as wrong:
        refuse(f"{where}: {wrong}")


def tables_of(folder: Path) -> dict[str, Any]:
    """The tables in a folder as they are written; refuses what cannot be read."""
    if not folder.is_dir():
        refuse(f"{folder} is not a folder with the tables of a profile")
    try:
        return read_tables(folder)
    except (OSError, ValueError, Malformed) as wrong:
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
