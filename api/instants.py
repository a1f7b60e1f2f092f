"""Moments as clients write them: ISO 8601 with an offset, never a guess at a time zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_SHAPE = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*", re.ASCII | re.DOTALL)


def instant(text: str) -> datetime:
    """The moment in UTC. Raises ValueError for a date alone, a naive time, or no time."""
    if not _SHAPE.fullmatch(text):
        raise ValueError("a time is written like 2026-03-02T09:00:00Z")
    # In a query string, the + of an offset arrives as a blank unless it was escaped.
    found = datetime.fromisoformat(
        re.sub(r" (?=\d{2}:?\d{2}$)", "+", text[:10] + "T" + text[11:])
    )
    if found.tzinfo is None:
        raise ValueError("a time needs its offset, for example Z or +08:00")
    try:
        return found.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time beyond the calendar") from None
