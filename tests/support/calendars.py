"""Office hours that are easy to count with: Monday to Friday 09:00-12:00, 13:00-17:00."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from domain.promise.calendar_book import CalendarBook, CalendarPublished, calendar_book_id

OFFICE = [["09:00", "12:00"], ["13:00", "17:00"]]
SINCE = datetime(2020, 1, 1, tzinfo=UTC)


def calendar(version: int, name: str = "office", **changes: Any) -> dict[str, Any]:
    """A version of the office calendar, in Chinese time."""
    document = {
        "name": name,
        "version": version,
        "effective_from": "2020-01-01T00:00:00+08:00",
        "tz": "Asia/Shanghai",
        "weekly": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), OFFICE),
        "holidays": [],
    }
    return document | changes


def calendar_book(name: str) -> CalendarBook:
    """A book of that name with one version in it: office hours."""
    published = CalendarPublished(
        calendar=name, version=1, effective_from=SINCE, document=calendar(1, name)
    )
    stamp = {"originator_id": calendar_book_id(name), "originator_version": 1}
    book: CalendarBook = published.stamped(occurred_at=SINCE, **stamp).mutate(None)
    return book
