"""Views as they stood: what was known at a moment, and what had happened by a moment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from projections.folding import Folded, fold_in_memory
from projections.reading import Held, Source, Stored
from projections.view import View

if TYPE_CHECKING:
    from store import Store
    from store.log import Log


def as_of(log: Log, views: Iterable[View[Any]], at: datetime) -> Folded:
    """What was known at ``at``: facts recorded by then, in the order of the log."""
    return fold_in_memory(views, log.scan(log.known_at(at)))


def happened_by(log: Log, views: Iterable[View[Any]], at: datetime) -> Folded:
    """What had happened by ``at``, as known today: facts in order (occurred_at, position).

    This is how imported history is asked, which happened long before it was recorded.
    """
    return fold_in_memory(views, log.happened_by(at))


def source_at(
    store: Store,
    views: Iterable[View[Any]],
    *,
    as_of: datetime | None = None,
    happened_by: datetime | None = None,
) -> Source:
    """Where to read these views: as they are, or folded for one of the two moments."""
    if as_of is not None:
        return Held(fold_in_memory(views, store.log.scan(store.log.known_at(as_of))))
    if happened_by is not None:
        return Held(fold_in_memory(views, store.log.happened_by(happened_by)))
    return Stored(store.pool)
