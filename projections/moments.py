"""Views as they stood: what was known at a moment, and what had happened by a moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from projections.folding import Folded, Parked, fold_in_memory
from projections.reading import Held, Source, Stored
from projections.view import View

if TYPE_CHECKING:
    from store import Store
    from store.log import Entry, Log


class NotFolded(Exception):
    """A view could not take some facts: what it would show of that moment is not true.

    ``parked`` names them.
    """

    def __init__(self, parked: list[Parked]) -> None:
        first = parked[0]
        super().__init__(
            f"{len(parked)} facts could not be folded, the first into"
            f" {first.view} {first.key} at {first.position}: {first.reason}"
        )
        self.parked = parked


def as_of(log: Log, views: Iterable[View[Any]], at: datetime) -> Folded:
    """What was known at ``at``: facts recorded by then, in the order of the log.

    Raises NotFolded.
    """
    return up_to(log, views, log.known_at(at))


def up_to(log: Log, views: Iterable[View[Any]], position: int) -> Folded:
    """What was known at a position. Raises NotFolded."""
    return _whole(views, log.scan(position))


def happened_by(
    log: Log, views: Iterable[View[Any]], at: datetime, position: int | None = None
) -> Folded:
    """What had happened by ``at``: facts in order (occurred_at, position).

    As known today, or at a position. A stream keeps its own order (see ``store.log``).
    This is how imported history is asked, which happened long before it was recorded.
    Raises NotFolded.
    """
    return _whole(views, log.happened_by(at, position))


def _whole(views: Iterable[View[Any]], entries: Iterable[Entry]) -> Folded:
    folded = fold_in_memory(views, entries)
    if folded.parked:
        raise NotFolded(folded.parked)
    return folded


def source_at(
    store: Store,
    views: Iterable[View[Any]],
    *,
    known: datetime | None = None,
    happened: datetime | None = None,
) -> Source:
    """Where to read these views: as they are, or folded for one of the two moments.

    Raises NotFolded.
    """
    if known is not None:
        return Held(as_of(store.log, views, known))
    if happened is not None:
        return Held(happened_by(store.log, views, happened))
    return Stored(store.pool)
