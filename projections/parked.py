"""Facts that a view could not take: what they are, and trying them again."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import psycopg

from projections.engine import NotReady
from projections.folding import Folding, Parked
from projections.ground import parked_facts, standings
from projections.storing import load, trial, write
from projections.view import View, key_text

if TYPE_CHECKING:
    from store import Store
    from store.database import Pool


def parked(pool: Pool, views: Iterable[View[Any]]) -> list[Parked]:
    """Every parked fact of these views, in order; empty when all is well."""
    with pool.connection() as connection:
        return parked_facts(connection, views)


def retry(store: Store, view: View[Any]) -> list[Parked]:
    """Fold the parked facts of a view again, in order; what is still parked afterwards.

    A fact whose very key could not be told (key ``[]``) stays: facts that came later may
    have been folded already, so only a rebuild can take it. Raises NotReady.
    """
    with (
        psycopg.connect(store.dsn, autocommit=True) as connection,
        connection.transaction(),
        connection.cursor() as cursor,
    ):
        stands = standings(cursor, lock=[view.name])
        if view.name not in stands or stands[view.name].fingerprint != view.fingerprint:
            raise NotReady(f"the view {view.name} is not built in this shape")
        waiting = cursor.execute(
            "DELETE FROM views.parked WHERE view = %s AND key <> '[]'"
            " RETURNING key, position",
            [view.name],
        ).fetchall()
        wanted = {(key, position) for key, position in waiting}
        positions = sorted({position for _, position in waiting})
        entries = [entry for p in positions for entry in store.log.read(p - 1, 1)]
        folding = Folding(view, storable=trial(cursor))
        steps = folding.plan(entries)
        steps = [s for s in steps if (key_text(s[0].key), s[2].position) in wanted]
        load(cursor, folding, {})
        folding.fold(steps)
        write(cursor, folding)
        # Whoever follows the view remembers its parked keys: have it look again.
        cursor.execute(
            "UPDATE views.positions SET built = built + 1 WHERE view = %s", [view.name]
        )
    return parked(store.pool, [view])
