"""Connections: in the application's role, checked before use, their errors translated."""

from __future__ import annotations

import select
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from time import monotonic, sleep
from typing import Any, TypeVar

import psycopg
from eventsourcing import persistence
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool

Pool = ConnectionPool[psycopg.Connection[tuple[Any, ...]]]
T = TypeVar("T")

ROLE = "huiyin_app"
POOL_SIZE_MAX = 24
# How long an operation outlasts a database that is away (a restart takes about a second).
PATIENCE_SECONDS = 10.0
BACK_OFF_SECONDS = (0.02, 0.05, 0.1, 0.2, 0.5)


def application_dsn(dsn: str, *, has_role: bool, name: str = "huiyin") -> str:
    """The same server, worked on in the application's role and in UTC."""
    options = [str(conninfo_to_dict(dsn).get("options") or ""), "-c timezone=UTC"]
    if has_role:
        options.append(f"-c role={ROLE}")
    return make_conninfo(
        dsn, options=" ".join(filter(None, options)), application_name=name
    )


def may_take_role(connection: psycopg.Connection) -> bool:
    """Whether the application's role exists here and this login may set it."""
    found = connection.execute(
        "SELECT pg_has_role(current_user, oid, 'MEMBER') FROM pg_roles WHERE rolname = %s",
        [ROLE],
    ).fetchone()
    return bool(found and found[0])


def open_pool(dsn: str) -> Pool:
    """A pool of connections with autocommit off and rows as tuples."""
    return ConnectionPool(
        dsn,
        min_size=1,
        max_size=POOL_SIZE_MAX,
        timeout=PATIENCE_SECONDS,
        check=check,
        open=True,
        name="huiyin",
    )


def check(connection: psycopg.Connection[Any]) -> None:
    """Refuse a connection whose server has gone.

    An idle socket that has something to read was closed (or has a notice); only then is
    it worth a round trip to ask.
    """
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    if poll.poll(0):
        ConnectionPool.check_connection(connection)


def is_lost(problem: BaseException) -> bool:
    """Whether the connection broke, rather than the statement: the outcome is unknown."""
    if isinstance(problem, psycopg.InterfaceError):
        return True
    if not isinstance(problem, psycopg.OperationalError):
        return False
    # No SQLSTATE: the client noticed. 57P: shut down, crash, starting up. 08: connection.
    state = problem.sqlstate
    return state is None or state[:2] == "08" or state[:3] == "57P"


@contextmanager
def translated() -> Iterator[None]:
    """Raise the library's errors instead of the driver's, as the library's users expect."""
    try:
        yield
    except psycopg.Error as problem:
        raise library_error(problem) from problem


def library_error(problem: psycopg.Error) -> persistence.PersistenceError:
    """The library's error of the same name (both follow PEP 249)."""
    for kind in type(problem).__mro__:
        ours = getattr(persistence, kind.__name__, None)
        if isinstance(ours, type) and issubclass(ours, persistence.PersistenceError):
            return ours(str(problem))
    return persistence.PersistenceError(str(problem))


def patiently(read: Callable[[], T]) -> T:
    """Do a read, again if the connection breaks, for as long as patience lasts."""
    deadline = monotonic() + PATIENCE_SECONDS
    attempts = count()
    while True:
        try:
            return read()
        except psycopg.Error as problem:
            if not is_lost(problem) or monotonic() > deadline:
                raise
            sleep(back_off(next(attempts)))


def back_off(attempt: int) -> float:
    """Seconds to wait after so many failures in a row."""
    return BACK_OFF_SECONDS[min(attempt, len(BACK_OFF_SECONDS) - 1)]


def fetch(pool: Pool, query: str, arguments: Sequence[Any]) -> list[tuple[Any, ...]]:
    """All rows of a short read, over a reconnect if need be; raises the library errors."""

    def read() -> list[tuple[Any, ...]]:
        with pool.connection() as connection:
            # One round trip instead of three (BEGIN, the read, COMMIT).
            connection.autocommit = True
            try:
                with connection.cursor(binary=True) as cursor:
                    return cursor.execute(query.encode(), arguments).fetchall()
            finally:
                if not connection.closed:
                    connection.autocommit = False

    with translated():
        return patiently(read)
