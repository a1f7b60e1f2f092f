"""Many commands in one insert: how history is written, thousands of facts at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from domain.desk import Voiced
from domain.fact import Fact
from store.database import fetch

if TYPE_CHECKING:
    from store.store import Store

KNOWN = """SELECT command_id, fingerprint FROM log.commands
    WHERE command_id = ANY(%b::uuid[])"""

# Of each stream its last fact: one look into the index (stream_id, version) a stream.
LAST = """SELECT f.stream_id, f.version, f.topic, f.state, f.position
    FROM unnest(%b::uuid[]) AS wanted(stream_id), LATERAL (
        SELECT * FROM log.facts WHERE stream_id = wanted.stream_id
        ORDER BY version DESC LIMIT 1) AS f"""


@dataclass(frozen=True, slots=True)
class VoicedAmong(Voiced):
    """A command among others of one insert. ``last`` is the place of its last fact in that
    insert, counted from 1, so that the ledger says of each command where it led."""

    last: int


class Bulk:
    """Reads and writes by the batch. Nothing is remembered between batches, so that others
    may work on the same cases meanwhile."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def known(self, command_ids: Sequence[UUID]) -> dict[UUID, bytes]:
        """Those of the commands that were recorded already, with their fingerprints."""
        rows = fetch(self._store.pool, KNOWN, [list(command_ids)])
        return {row[0]: row[1] for row in rows}

    def last(self, streams: Iterable[UUID]) -> dict[UUID, Fact]:
        """The last fact of each stream; streams that never began are left out."""
        decode = self._store.mapper.decode
        rows = fetch(self._store.pool, LAST, [list(streams)])
        return {row[0]: decode(*row) for row in rows}

    def append(self, facts: Sequence[Fact], commands: Sequence[VoicedAmong]) -> int:
        """Write all or none, and return the position of the last fact.

        Raises the library's IntegrityError when a (stream, version) or a command id is
        taken: then somebody else was quicker, and what is known must be read again.
        """
        stored = [self._store.mapper.to_stored_event(fact) for fact in facts]
        return self._store.recorder.insert_events(stored, commands=commands)[-1]
