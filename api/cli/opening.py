"""Opening the office for one command, and saying clearly when that cannot be done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NoReturn

import psycopg
import typer
from eventsourcing.persistence import MapperDeserialisationError
from rich.markup import escape

from api.cli.output import COULD_NOT_RUN, FOUND, notes
from api.instants import instant
from api.office import Office, open_office
from consumers.brokers.clients import KafkaUnusable
from domain.refused import Refused
from projections.moments import NotFolded
from store.factory import UnsafeSetting
from store.keyring import VaultError
from store.migrate import NewerDatabase
from store.server import CannotServe
from store.settings import BadSetting, Settings

TROUBLE = (
    BadSetting,
    CannotServe,
    KafkaUnusable,
    MapperDeserialisationError,
    NewerDatabase,
    UnsafeSetting,
    VaultError,
    psycopg.OperationalError,
)


@contextmanager
def office() -> Iterator[Office]:
    """The office for as long as one command runs; trouble with the store ends it with 2.

    A moment that the views cannot be folded for ends it with 1: something was found.
    """
    try:
        with open_office(Settings.from_env()) as opened:
            yield opened
    except TROUBLE as trouble:
        refuse(str(trouble).strip())
    except Refused as refusal:
        refuse(f"{refusal.zh} / {refusal.en} ({refusal.code})")
    except TimeoutError as late:
        refuse(f"{late}: huiyin doctor says what holds them up")
    except NotFolded as found:
        refuse(str(found), FOUND)


def refuse(why: str, status: int = COULD_NOT_RUN) -> NoReturn:
    """Say on stderr why it cannot be done, and end with that status."""
    notes.print(f"[red]huiyin:[/red] {escape(why)}", highlight=False, soft_wrap=True)
    raise typer.Exit(status)


def moment_option(text: str | None) -> datetime | None:
    """The time that an option gives; typer shows what is wrong with it."""
    if text is None:
        return None
    try:
        return instant(text)
    except ValueError as wrong:
        raise typer.BadParameter(str(wrong)) from None
