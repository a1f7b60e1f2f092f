"""值守 Watching: how far has the watch looked, and what did it not get done?"""

from __future__ import annotations

from typing import LiteralString

import msgspec

from projections.ground import Connection
from projections.matters import MATTERS

LOOKED: LiteralString = """
SELECT greatest(0, coalesce(p.position, 0) - w.done),
       (SELECT count(*) FROM signals.raised
        WHERE sent_position IS NULL AND refused IS NULL),
       (SELECT count(*) FROM signals.missed WHERE reason IS NOT NULL),
       ARRAY(SELECT kind || ' ' || key || ': ' || refused FROM signals.raised
             WHERE refused IS NOT NULL ORDER BY position)
FROM signals.watch w LEFT JOIN views.positions p ON p.view = %s"""


class Watching(msgspec.Struct, frozen=True, kw_only=True):
    """``behind``: so many folded facts were not looked at yet. ``unsent`` alerts the desk
    has not heard of yet; ``refused`` are those that it did not take, each with the reason.
    ``unseen`` facts let see something that could not be looked at."""

    behind: int
    unsent: int
    unseen: int
    refused: list[str]

    @property
    def well(self) -> bool:
        """What is behind or not sent yet is only a matter of time."""
        return not (self.refused or self.unseen)


def watching(connection: Connection) -> Watching:
    row = connection.execute(LOOKED, [MATTERS.name]).fetchone()
    behind, unsent, unseen, refused = row or (0, 0, 0, [])
    return Watching(behind=behind, unsent=unsent, unseen=unseen, refused=refused)
