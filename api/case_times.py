"""One case and time: when people were really told, and what was promised."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec.structs import asdict

from api.worked_sums import worked_sum
from projections.chains import CHAINS, Chains
from projections.clock_rows import ClockRow
from projections.clocks import TIME, Clocks
from projections.folding import fold_in_memory
from projections.reading import Held

if TYPE_CHECKING:
    from domain.desk import Desk
    from store.log import Entry


def known_at(entries: Iterable[Entry], at: datetime | None) -> list[Entry]:
    """What was on record of a case at a moment; all of it for None."""
    return [entry for entry in entries if at is None or entry.recorded_at <= at]


def links(case_id: UUID, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """The chain of a case, each link with ``recorded_at``.

    ``told_at`` is when somebody was due to be told, by the rules; ``recorded_at`` when the
    system did it: later after it stood still.
    """
    recorded = {entry.fact.originator_version: entry.recorded_at for entry in entries}
    folded = fold_in_memory([CHAINS], entries)
    return [
        asdict(link) | {"recorded_at": recorded[link.version]}
        for link in Chains(Held(folded)).of(case_id)
    ]


def explained(rows: Iterable[ClockRow], desk: Desk) -> list[dict[str, Any]]:
    """Clocks, each with the worked sum of its due time.

    Raises Refused for rules or a calendar that this log does not have.
    """
    return [
        asdict(row)
        | {"sum": worked_sum(row, desk.policy(row.policy or ""), desk.calendar_book)}
        for row in rows
    ]


def clocks(case_id: UUID, entries: Iterable[Entry]) -> list[ClockRow]:
    """The clocks of a case in the order in which they began, as these facts leave them."""
    return Clocks(Held(fold_in_memory([TIME], entries))).of(case_id)
