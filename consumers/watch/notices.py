"""告警送达 Notices: each episode that the watch has raised becomes a command at the desk.

Its command id and its stream follow from the episode. So whoever sends it again, because
the one before was killed between the command and the note that it was sent, gets the same
answer.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, LiteralString
from uuid import UUID, uuid5

from psycopg.sql import SQL

from consumers.resting import Resting
from consumers.watch.raised import COLUMNS, episode
from domain.alert.wish import WATCH, RaiseAlert
from domain.refused import Contended, Refused

if TYPE_CHECKING:
    from domain.desk import Desk
    from domain.signals.episode import Episode
    from projections.ground import Connection
    from store import Store

log = logging.getLogger(__name__)

NEXT = SQL(
    "SELECT {} FROM signals.raised r WHERE sent_position IS NULL AND refused IS NULL"
    " AND id <> ALL(%s::uuid[]) ORDER BY position, kind, key LIMIT 1"
    " FOR UPDATE SKIP LOCKED"
).format(COLUMNS)
SENT: LiteralString = "UPDATE signals.raised SET sent_position = %s WHERE id = %s"
REFUSED: LiteralString = "UPDATE signals.raised SET refused = %s WHERE id = %s"


class Notices:
    """Tells one desk. What it refuses is noted with its reason and not sent again; any
    other trouble is tried again after a while, and holds up no other episode."""

    def __init__(self, store: Store, desk: Desk) -> None:
        self._store, self._desk = store, desk
        self._resting = Resting()

    @property
    def error(self) -> str | None:
        """What went wrong with the episode that came into trouble last."""
        return self._resting.error

    def send(self) -> int:
        """Tell the desk of every episode that it has not heard of; how many it answered."""
        answered = 0
        while (done := self._send_next()) is not None:
            answered += done
        return answered

    def _send_next(self) -> bool | None:
        """Whether the next one was answered; None: there is none that does not rest."""
        with self._store.pool.connection() as connection:
            row = connection.execute(NEXT, [self._resting.now()]).fetchone()
            if row is None:
                return None
            told = episode(row)
            try:
                self._tell(connection, told)
            except Refused as no:
                if isinstance(no, Contended):
                    return self._trouble(told, no)
                log.warning("the desk refuses the alert %s: %s", told.id, no.en)
                connection.execute(REFUSED, [f"{no.code}: {no.en}", told.id])
            except Exception as error:
                # The row is free again when the connection goes back, or is gone.
                return self._trouble(told, error)
            self._resting.went_well(told.id)
            return True

    def _tell(self, connection: Connection, told: Episode) -> None:
        """The desk writes by another connection. Killed in between, it is told again."""
        position = self._desk.handle(wish(told, self._desk)).position
        connection.execute(SENT, [position, told.id])

    def _trouble(self, told: Episode, error: Exception) -> bool:
        said = f"{type(error).__name__}: {error}"
        rest = self._resting.failed(told.id, said)
        log.warning(
            "the desk was not told of %s %s, %d times in a row: %s",
            *(told.kind, told.key, rest.failures, said),
            exc_info=rest.failures == 1 and not isinstance(error, Contended),
        )
        return False


def wish(told: Episode, desk: Desk) -> RaiseAlert:
    """The command that an episode becomes, by the rule that it was raised under."""
    rule = desk.policy(told.policy).alerts[told.kind]
    return RaiseAlert(
        subject=told.id,
        command_id=command_id(told.id),
        actor=WATCH,
        at=told.at,
        kind=told.kind,
        action=rule.action,
        tells=rule.tells,
        up=rule.up,
        n=told.n,
        usual=told.usual,
        since=told.since,
        until=told.until,
        unit=told.unit,
        other_unit=told.other_unit,
        category=told.category,
        topic=told.topic,
        customer=told.customer,
    )


def command_id(episode_id: UUID) -> UUID:
    return uuid5(episode_id, "raise")
