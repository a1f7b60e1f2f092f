"""Moments as clients write them: ISO 8601 with an offset, never a guess at a time zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_SHAPE = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}.*", re.ASCII | re.DOTALL)
_MIDNIGHT = re.compile(r"24:00(:00([.,]0+)?)?(?![\d:.,])", re.ASCII)


def instant(text: str) -> datetime:
    """The moment in UTC; 24:00 is the next midnight. Raises ValueError for a date alone, a
    naive time, or no time."""
    if not _SHAPE.fullmatch(text):
        raise ValueError("a time is written like 2026-03-02T09:00:00Z")
    # In a query string, the + of an offset arrives as a blank unless it was escaped.
    clock = re.sub(r" (?=\d{2}:?\d{2}$)", "+", text[11:]).replace("z", "Z")
    midnight = _MIDNIGHT.match(clock)
    if midnight:
        clock = "00" + clock[2:]
    try:
        found = datetime.fromisoformat(f"{text[:10]}T{clock}")
    except ValueError:
        raise ValueError(
            "there is no such time; one is written like 2026-03-02T09:00:00Z"
        ) from None
    if found.tzinfo is None:
        raise ValueError("a time needs its offset, for example Z or +08:00")
    try:
        return (found + timedelta(days=1 if midnight else 0)).astimezone(UTC)
    except OverflowError:
        raise ValueError("a time beyond the calendar") from None
