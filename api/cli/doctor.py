"""huiyin doctor: is everything in its place, and if not, what to do."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Annotated, LiteralString, NamedTuple

import typer

from api.cli.opening import office
from api.cli.output import FOUND, say, say_json
from api.office import Office
from consumers.brokers.clients import KafkaUnusable
from consumers.status.status import status
from consumers.status.wrong import wrong
from projections.parked import parked
from projections.timekeepers import timekeeping
from projections.views import VIEWS
from projections.watching import watching

REFUSED_SHOWN = 3


class Look(NamedTuple):
    """One thing looked at: whether it is well, and what was seen."""

    what: str
    well: bool
    seen: str


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="one object")] = False,
) -> None:
    """Look at everything that must be in its place. Status 1 when something is not."""
    with office() as opened:
        looks = list(look_round(opened))
    if as_json:
        say_json({"well": all(look.well for look in looks), "looks": looks})
    else:
        for look in looks:
            say(f"{'ok  ' if look.well else 'BAD '} {look.what}: {look.seen}")
    if not all(look.well for look in looks):
        raise typer.Exit(FOUND)


def look_round(opened: Office) -> Iterator[Look]:
    """Every look, in the order in which trouble is worth knowing."""
    yield Look("Python", sys.version_info >= (3, 11), sys.version.split()[0])
    yield Look("eventsourcing", True, version("eventsourcing"))
    for what, question, wanted in QUESTIONS:
        with opened.store.pool.connection() as connection:
            row = connection.execute(question).fetchone()
        seen = str(row[0]) if row else "nothing"
        yield Look(what, wanted is None or seen == wanted, seen)
    key = opened.settings.kek_file
    private = key.exists() and not key.stat().st_mode & 0o077
    seen = "its owner's alone" if private else "missing, or open to others: chmod 600"
    yield Look("key file", private, f"{key}: {seen}")
    yield intake_unit(opened)
    about_kafka = list(kafka(opened))  # before anybody here may take views back
    opened.come_along()
    head = opened.store.log.head()
    for view in VIEWS:
        position = opened.position(view.name)
        yield Look(f"view {view.name}", position >= head, f"at {position} of {head}")
    waiting = len(parked(opened.store.pool, VIEWS))
    yield Look("parked facts", waiting == 0, str(waiting))
    yield time_kept(opened)
    yield watched(opened)
    yield from about_kafka


def kafka(opened: Office) -> Iterator[Look]:
    """Where it is switched on: what is wrong with it, in a line each."""
    if opened.settings.kafka is None:
        return
    try:
        found = wrong(status(opened.store, opened.settings))
    except KafkaUnusable as why:
        found = [str(why)]
    for text in found:
        yield Look("Kafka", False, text)
    if not found:
        yield Look(
            "Kafka", True, f"{opened.settings.kafka}; huiyin kafka status tells more"
        )


def time_kept(opened: Office) -> Look:
    """Whoever keeps time must keep up; whether anybody does is only said."""
    with opened.store.pool.connection() as connection:
        found = timekeeping(connection)
    scanned = (
        f"last scan {found.last_scan:%Y-%m-%d %H:%M:%S} UTC"
        if found.last_scan
        else "no scan yet"
    )
    seen = (
        f"{'running' if found.running else 'not running'}, {scanned}; {found.overdue} cases"
        f" wait for more than a minute, {found.failing} fail"
    )
    return Look(
        "timekeeper", found.well, f"{seen} ({found.error})" if found.error else seen
    )


def watched(opened: Office) -> Look:
    """What the watch over all cases could not look at, or the desk did not take."""
    with opened.store.pool.connection() as connection:
        found = watching(connection)
    seen = (
        f"{found.behind} facts behind, {found.unsent} alerts not sent yet;"
        f" {found.unseen} could not be looked at, {len(found.refused)} refused"
    )
    return Look("watch", found.well, "; ".join([seen, *found.refused[:REFUSED_SHOWN]]))


def intake_unit(opened: Office) -> Look:
    """The unit that cases fall back to must be there, once there are units at all."""
    now = datetime.now(UTC)
    unit = opened.desk.policy_in_force(now).intake_unit
    organisation = opened.desk.organisation()
    there = not organisation.units(now) or organisation.unit(unit, now) is not None
    seen = (
        unit if there else f"{unit} is no open unit: open it, or name another in a profile"
    )
    return Look("intake unit of the rules", there, seen)


# What the database must answer; None: anything will do.
QUESTIONS: tuple[tuple[str, LiteralString, str | None], ...] = (
    ("PostgreSQL", "SHOW server_version", None),
    ("fsync", "SHOW fsync", "on"),
    ("synchronous_commit", "SHOW synchronous_commit", "on"),
    ("role", "SELECT current_user", "huiyin_app"),
    (
        "guards of the log",
        """SELECT count(*) FROM pg_trigger
           WHERE tgrelid = 'log.facts'::regclass AND tgenabled = 'A'""",
        "2",
    ),
)
