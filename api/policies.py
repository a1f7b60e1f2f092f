"""The policies that come with the program: read from files, published into the log."""

from __future__ import annotations

import tomllib
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib import resources
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any
from uuid import uuid5

from api.calendars import publish_calendars
from domain.desk import Desk
from domain.fact import Actor
from domain.policy.book import PublishPolicy, policy_book_id
from domain.policy.extend import EXTENDS, extended
from domain.policy.parse import parse
from domain.policy.policy import Policy
from domain.policy.row import Row, dangling
from domain.policy.time_checks import vocabulary
from domain.refused import Refused

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

LOOK_SECONDS = 0.1
FOUNDING_SECONDS_MAX = 5.0
PUBLISHER = Actor(person="huiyin", role="system")


@cache
def shipped() -> dict[str, dict[str, Any]]:
    """Every shipped profile as one document, by name. Raises Malformed naming the row."""
    return {name: read_profile(folder) for name, folder in sorted(_folders().items())}


def _folders() -> dict[str, Traversable]:
    profiles = resources.files("domain.policy") / "profiles"
    return {folder.name: folder for folder in profiles.iterdir() if folder.is_dir()}


def read_profile(folder: Traversable) -> dict[str, Any]:
    """One profile as one document: each ``TABLE.toml`` of a folder is a table.

    Raises Malformed naming table and row, or tomllib.TOMLDecodeError naming the line.
    """
    return parse(read_tables(folder), vocabulary())


def read_tables(folder: Traversable) -> dict[str, Any]:
    """The tables of one profile, whole: a folder whose profile ``extends`` a shipped one
    holds only the rows in which it differs.

    Raises tomllib.TOMLDecodeError, and Malformed where it extends what is not shipped.
    """
    own = {
        file.name.removesuffix(".toml"): tomllib.loads(file.read_text("utf-8"))
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".toml")
    }
    profile = Row("profile", "profile", own.get("profile", {}))
    if not profile.has(EXTENDS):
        return own
    base = profile.text(EXTENDS)
    if base not in _folders() or base == folder.name:
        raise dangling(profile, EXTENDS, base, "profiles")
    own["profile"] = {key: said for key, said in profile.values.items() if key != EXTENDS}
    return extended(read_tables(_folders()[base]), own)


def found_rules(desk: Desk, at: datetime) -> list[str]:
    """Publish what is shipped into a log that has no rules yet; the labels.

    Rules that came with a later version of the program are published by a person
    (``huiyin policy publish``), never by looking at a board. Where somebody else is just
    publishing them, those of this desk are waited for.
    """
    if not any(_last(desk, profile) for profile in shipped()):
        return publish_shipped(desk, at)
    give_up = monotonic() + FOUNDING_SECONDS_MAX
    awaited = desk.profile in shipped()
    while awaited and not _last(desk, desk.profile) and monotonic() <= give_up:
        sleep(LOOK_SECONDS)
    return []


def publish_shipped(desk: Desk, at: datetime) -> list[str]:
    """Publish each shipped calendar and profile that is later than what the log has, and
    name it; the calendars first, since profiles count in them.

    A second call, or one from another process at the same moment, publishes nothing: the
    command id follows from the label. Where a later version of one's own stands in the
    log, the shipped one is left alone.
    """
    return publish_calendars(desk, at) + [
        publish(desk, document, at, PUBLISHER)
        for profile, document in shipped().items()
        if Policy.from_document(document).version > _last(desk, profile)
    ]


def publish(desk: Desk, document: dict[str, Any], at: datetime, actor: Actor) -> str:
    """Publish one version of a profile and give its label.

    Raises Refused: a version that is not later than the last, rules that do not lint.
    """
    policy = Policy.from_document(document)
    book_id = policy_book_id(policy.profile)
    desk.handle(
        PublishPolicy(
            subject=book_id,
            command_id=uuid5(book_id, policy.label),
            actor=actor,
            at=at,
            document=document,
        ),
        fingerprint=sha256(repr(document).encode()).digest(),
    )
    return policy.label


def _last(desk: Desk, profile: str) -> int:
    try:
        return desk.book(profile).last
    except Refused:
        return 0
