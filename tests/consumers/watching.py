"""What a watch raised, and a view of matters that stands where a test wants it to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from consumers.watch.watch import Watch
from projections.engine import Engine
from projections.matters import MATTERS
from projections.rebuild import make_ready
from store import Store

RAISED = """
SELECT kind, key, unit, other_unit, category, topic, customer, at, since, until, n, usual,
       position, last_at, peak, policy, id
FROM signals.raised ORDER BY position, kind, key"""


def fold(store: Store) -> int:
    """Bring the view of matters to the head of the log; where it stands."""
    make_ready(store, [MATTERS])
    engine = Engine(store, [MATTERS])
    try:
        while engine.step():
            pass
        return engine.position
    finally:
        engine.close()


def look_on(watch: Watch) -> int:
    """Until there is nothing more to look at; how often there was something."""
    times = 0
    while watch.look():
        times += 1
    return times


def stand_at(store: Store, position: int) -> None:
    """Have the view say that it is settled up to here, however far it is folded."""
    execute(store, "UPDATE views.positions SET position = %s", [position])


def begin_again(store: Store) -> None:
    """As if nobody had ever looked."""
    execute(store, "DELETE FROM signals.raised")
    execute(store, "DELETE FROM signals.missed")
    execute(store, "UPDATE signals.watch SET done = 0")


def raised(store: Store) -> list[tuple[Any, ...]]:
    """Everything that was raised, but what became of it at the desk."""
    return fetch(store, RAISED)


def kinds(store: Store) -> dict[tuple[str, str], int]:
    """How many alerts there are of which kind, for which key."""
    found = fetch(
        store, "SELECT kind, key, count(*) FROM signals.raised GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return {(kind, key): n for kind, key, n in found}


def done(store: Store) -> int:
    return int(fetch(store, "SELECT done FROM signals.watch")[0][0])


BREAKING = """
CREATE SEQUENCE public.breaks;
GRANT USAGE ON public.breaks TO PUBLIC;
CREATE FUNCTION public.break_off() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER AS $$ BEGIN
    IF nextval('public.breaks') = {after} THEN
        PERFORM pg_terminate_backend(pg_backend_pid());
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER break_off BEFORE INSERT OR UPDATE ON signals.raised
    FOR EACH ROW EXECUTE FUNCTION public.break_off();
CREATE TRIGGER break_off BEFORE UPDATE ON signals.watch
    FOR EACH ROW EXECUTE FUNCTION public.break_off();"""
WHOLE_AGAIN = """
DROP FUNCTION public.break_off CASCADE; DROP SEQUENCE public.breaks;"""


@contextmanager
def broken_off(store: Store, after: int) -> Iterator[None]:
    """The database ends the session that writes the so-many-th row of a watch."""
    with psycopg.connect(store.settings.database_url or "", autocommit=True) as admin:
        admin.execute(BREAKING.format(after=after).encode())
        try:
            yield
        finally:
            admin.execute(WHOLE_AGAIN.encode())


def fetch(store: Store, query: str) -> list[tuple[Any, ...]]:
    with store.pool.connection() as connection:
        return connection.execute(query.encode()).fetchall()


def execute(store: Store, query: str, arguments: list[Any] | None = None) -> None:
    with store.pool.connection() as connection:
        connection.execute(query.encode(), arguments)
