"""Membership: a name in a consumer group, and a share in the views that the group feeds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, LiteralString

import psycopg

from projections.ground import Connection, lock_number, lock_of
from projections.view import View

SHARED: LiteralString = "SELECT pg_try_advisory_lock_shared(%s)"
ALONE: LiteralString = "SELECT pg_try_advisory_lock(%s)"


class Followed(Exception):
    """Another process follows these views from the log: it has to stop first."""


class Lost(Exception):
    """The connection that held a name and a share in the views is gone."""


@dataclass(frozen=True, slots=True)
class Member:
    """A name in the group, for as long as the connection that holds it is there."""

    name: str
    connection: Connection

    def still(self) -> None:
        """Raises Lost: somebody else may bear the name by now, or have the views."""
        try:
            self.connection.execute("SELECT 1")
        except psycopg.OperationalError as error:
            raise Lost(
                f"the connection to the database that held the name {self.name} broke;"
                f" if it goes on, see to the database: {error}"
            ) from error


@contextmanager
def membership(dsn: str, feed: str, views: Iterable[View[Any]]) -> Iterator[Member]:
    """A name in the group that nobody else bears, and a share in the locks of the views.

    The first name that is free: so whoever follows a worker that died bears its name, and
    Kafka gives it the partitions at once. The locks go with the connection.
    Raises Followed.
    """
    with psycopg.connect(dsn, autocommit=True) as connection:
        for view in views:
            if not _locked(connection, SHARED, lock_of(view.name)):
                raise Followed(
                    f"the view {view.name} is followed from the log by a process without"
                    " HUIYIN_KAFKA: stop it, or start it with the same setting"
                )
        for number in count(1):
            name = f"{feed}-{number}"
            lock = lock_number(f"kafka member {name}")
            if _locked(connection, ALONE, lock):
                yield Member(name, connection)
                return


def _locked(connection: Connection, query: LiteralString, number: int) -> bool:
    found = connection.execute(query, [number]).fetchone()
    return bool(found and found[0])
