"""Versions of a calendar are published one by one; each answers from its day on."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from domain.authority import admit
from domain.fact import Actor
from domain.organisation.organisation import Organisation
from domain.policy.book import FOUNDING
from domain.promise.calendar_book import (
    CalendarBook,
    CalendarPublished,
    PublishCalendar,
    calendar_book_id,
    publish_calendar,
)
from domain.refused import NotPermitted, Refused
from domain.setting import Setting

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
BOOK = calendar_book_id("office")
SETTING = Setting(
    policy=FOUNDING,
    organisation=Organisation.empty(),
    case=lambda case_id: None,
    calendar_book=lambda name: CalendarBook.empty(calendar_book_id(name)),
)


def version(number: int, since: datetime = NOW, **changes: Any) -> dict[str, Any]:
    return {
        "name": "office",
        "version": number,
        "effective_from": since.isoformat(),
        "tz": "Asia/Shanghai",
        "weekly": {"mon": [["09:00", "17:00"]]},
        **changes,
    }


def order(document: dict[str, Any], role: str = "admin") -> PublishCalendar:
    return PublishCalendar(
        subject=BOOK,
        command_id=UUID(int=7),
        actor=Actor(person="zhou", role=role),
        at=NOW,
        document=document,
    )


def book_with(*published: tuple[dict[str, Any], datetime]) -> CalendarBook:
    """A book as the desk makes it: each version published on top of the last."""
    book = CalendarBook.empty(BOOK)
    for document, moment in published:
        [fact] = publish_calendar(book, order(document), SETTING)
        stamped = fact.stamped(
            originator_id=BOOK, originator_version=book.version + 1, occurred_at=moment
        )
        book.admit([stamped])
    return book


def test_a_version_is_published_whole() -> None:
    document = version(1, note="国办发明电〔2025〕7号")
    assert publish_calendar(CalendarBook.empty(BOOK), order(document), SETTING) == [
        CalendarPublished(
            calendar="office",
            version=1,
            effective_from=NOW,
            document=document,
            note="国办发明电〔2025〕7号",
        )
    ]


def test_the_version_that_took_effect_last_is_in_force() -> None:
    book = book_with((version(1), NOW), (version(2, NOW + 2 * DAY), NOW))
    assert book.last == 2
    assert [book.in_force(NOW + n * DAY)[0] for n in (0, 1, 2, 9)] == [
        "office@1",
        "office@1",
        "office@2",
        "office@2",
    ]


def test_a_late_notice_holds_from_when_it_was_published() -> None:
    """Nobody could have counted by it before."""
    late = version(2, NOW - 9 * DAY, holidays=["2026-03-09"])
    book = book_with((version(1, NOW - 90 * DAY), NOW - 90 * DAY), (late, NOW))
    assert book.in_force(NOW - DAY)[0] == "office@1"
    assert book.in_force(NOW)[0] == "office@2"
    start = datetime(2026, 3, 9, 1, tzinfo=UTC)
    due = [book.in_force(at)[1].add(start, 3600) for at in (NOW - DAY, NOW)]
    assert due == [start + timedelta(hours=1), start + timedelta(days=7, hours=1)]


def test_a_book_as_known_then_has_what_was_published_by_then_and_the_first() -> None:
    book = book_with(
        (version(1, NOW - 90 * DAY), NOW), (version(2, NOW + DAY), NOW + 2 * DAY)
    )
    assert [book.known_at(NOW + n * DAY).last for n in (-9, 0, 1, 2)] == [1, 1, 1, 2]
    before = book.known_at(NOW + DAY)
    assert before.superseded_at(1) is None
    assert before.in_force(NOW + 9 * DAY)[0] == "office@1"
    assert book.superseded_at(1) == NOW + 2 * DAY, "the book itself knows both"
    assert CalendarBook.empty(BOOK).known_at(NOW).last == 0


def test_what_is_older_than_all_versions_is_counted_by_the_first() -> None:
    book = book_with((version(3), NOW), (version(4), NOW))
    assert book.in_force(NOW - 400 * DAY)[0] == "office@3"
    assert book.in_force(NOW)[0] == "office@4"


def test_a_version_is_read_once_and_a_copy_of_the_book_shares_it() -> None:
    book = book_with((version(1), NOW))
    assert book.in_force(NOW)[1] is book.calendar(1)
    assert deepcopy(book).calendar(1) is book.calendar(1)


def test_a_book_with_nothing_in_it_gives_no_calendar() -> None:
    with pytest.raises(Refused, match="no_such_calendar"):
        CalendarBook.empty(BOOK).in_force(NOW)
    with pytest.raises(Refused, match="no_such_calendar_version"):
        book_with((version(1), NOW)).calendar(2)


def test_a_version_is_later_than_the_last_and_in_its_own_book() -> None:
    book = book_with((version(2), NOW))
    for number in (1, 2):
        with pytest.raises(Refused, match="calendar_version_not_later"):
            publish_calendar(book, order(version(number)), SETTING)
    with pytest.raises(Refused, match="calendar_wrong_book"):
        publish_calendar(book, order(version(3, name="other")), SETTING)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", "office@1"),
        ("version", 0),
        ("version", True),
        ("version", "1"),
        ("effective_from", "2026-01-01"),
        ("effective_from", "2026-01-01T00:00:00"),
        ("effective_from", None),
        ("note", 7),
        ("weekly", {"someday": []}),
    ],
)
def test_what_is_malformed_is_not_published(field: str, value: Any) -> None:
    with pytest.raises(Refused) as no:
        publish_calendar(
            CalendarBook.empty(BOOK), order(version(1) | {field: value}), SETTING
        )
    assert no.value.code == "calendar_malformed"
    assert no.value.because["field"] == field


def test_who_keeps_the_rules_keeps_the_calendars() -> None:
    for role in ("admin", "system"):
        admit(CalendarBook.empty(BOOK), order(version(1), role), SETTING)
    with pytest.raises(NotPermitted, match="may not publish-calendar"):
        admit(CalendarBook.empty(BOOK), order(version(1), "agent"), SETTING)
