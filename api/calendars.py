"""The calendars that come with the program: read from files, published into the log."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any
from uuid import uuid5

from api.official_days import with_official_days
from domain.desk import Desk
from domain.fact import Actor
from domain.promise.calendar import Calendar
from domain.promise.calendar_book import (
    PublishCalendar,
    Title,
    calendar_book_id,
    title_of,
)
from domain.refused import Refused

PUBLISHER = Actor(person="huiyin", role="system")


@cache
def shipped_calendars() -> dict[str, dict[str, Any]]:
    """Every shipped calendar as the document that is published, by name."""
    folder = resources.files("domain.promise") / "calendars"
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    documents = [
        calendar_document(tomllib.loads(file.read_text("utf-8")))
        for file in files
        if file.name.endswith(".toml")
    ]
    return {document["name"]: document for document in documents}


@cache
def shipped_calendar(name: str) -> Calendar:
    """A shipped calendar. Raises Refused("no_such_calendar")."""
    if name not in shipped_calendars():
        raise Refused("no_such_calendar", calendar=name)
    return Calendar.from_document(shipped_calendars()[name])


def calendar_document(table: Mapping[str, Any]) -> dict[str, Any]:
    """A calendar as it is published, from how it is written: official days in it one by
    one, dates and times as texts. Raises Refused("calendar_malformed")."""
    return with_official_days({key: _plain(said) for key, said in table.items()})


def publish_calendars(desk: Desk, at: datetime) -> list[str]:
    """Publish each shipped calendar that is later than what the log has, and name it.

    Once, whoever else does the same at the same moment: the command id follows from the
    label. Where a later version of one's own stands in the log, that one stays.
    """
    return [
        publish_calendar(desk, document, at, PUBLISHER)
        for document in shipped_calendars().values()
        if title_of(document).version > last_version(desk, document["name"])
    ]


def publish_calendar(
    desk: Desk, document: dict[str, Any], at: datetime, actor: Actor
) -> str:
    """Publish one version of a calendar and give its label.

    Raises Refused: a version that is not later than the last, a malformed calendar.
    """
    title: Title = title_of(document)
    book_id = calendar_book_id(title.name)
    content = json.dumps(document, sort_keys=True).encode()
    desk.handle(
        PublishCalendar(
            subject=book_id,
            command_id=uuid5(book_id, title.label),
            actor=actor,
            at=at,
            document=document,
        ),
        fingerprint=sha256(content).digest(),
    )
    return title.label


def last_version(desk: Desk, name: str) -> int:
    """The last version of a calendar in the log; 0 when there is none."""
    try:
        return desk.calendar_book(name).last
    except Refused:
        return 0


def _plain(said: Any) -> Any:
    """The same value in the kinds that JSON has."""
    if isinstance(said, Mapping):
        return {str(key): _plain(each) for key, each in said.items()}
    if isinstance(said, list):
        return [_plain(each) for each in said]
    return said.isoformat() if isinstance(said, date | datetime | time) else said
