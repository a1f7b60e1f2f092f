"""The ledger of commands: each id once, with what it asked and where it led."""

from __future__ import annotations

from domain.desk import Answer, Voiced
from domain.refused import Refused
from store.database import Pool, fetch


class Commands:
    """The commands that were recorded, in the same statement as their facts."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def find(self, voiced: Voiced) -> Answer | None:
        """The answer this command got, or None.

        Raises Refused("command_reused") when the id was used for another request. An
        empty fingerprint (a command that was not sent from outside) matches anything.
        """
        rows = fetch(
            self._pool,
            "SELECT fingerprint, stream_id, version, position FROM log.commands "
            "WHERE command_id = %b",
            [voiced.command_id],
        )
        if not rows:
            return None
        fingerprint, stream_id, version, position = rows[0]
        if fingerprint and voiced.fingerprint and fingerprint != voiced.fingerprint:
            raise Refused("command_reused")
        return Answer(stream_id, version, position)
