"""Versions of the rules are published one after the other, and hold from their day on."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from domain.authority import admit
from domain.fact import Actor
from domain.organisation.organisation import Organisation
from domain.policy.book import (
    FOUNDING,
    PolicyBook,
    PolicyPublished,
    PublishPolicy,
    policy_book_id,
    publish,
)
from domain.policy.row import Malformed
from domain.promise.calendar_book import CalendarBook
from domain.refused import NotPermitted, Refused
from domain.setting import Setting
from tests.domain.policy.shaping import NAMED, changed, small
from tests.support.calendars import calendar_book

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
BOOK = policy_book_id("small")
SETTING = Setting(
    policy=FOUNDING, organisation=Organisation.empty(), case=lambda case_id: None
)


def version(number: int, since: str = "2022-01-01T00:00:00+00:00") -> dict[str, Any]:
    document = changed(small(), "profile/version", number)
    return changed(document, "profile/effective_from", since)


def order(
    document: dict[str, Any], role: str = "admin", book: UUID = BOOK
) -> PublishPolicy:
    return PublishPolicy(
        subject=book,
        command_id=UUID(int=7),
        actor=Actor(person="zhou", role=role),
        at=NOW,
        document=document,
    )


def book_with(*documents: dict[str, Any]) -> PolicyBook:
    """A book as the desk makes it: each version published on top of the last."""
    book = PolicyBook.empty(BOOK)
    for document in documents:
        [fact] = publish(book, order(document), SETTING)
        book.admit([fact.stamped(originator_id=BOOK, originator_version=book.version + 1)])
    return book


def test_the_first_version_begins_the_book() -> None:
    assert publish(PolicyBook.empty(BOOK), order(version(1)), SETTING) == [
        PolicyPublished(
            profile="small",
            version=1,
            effective_from=datetime(2022, 1, 1, tzinfo=UTC),
            document=version(1),
        )
    ]


def test_an_empty_book_has_no_version() -> None:
    assert PolicyBook.empty(BOOK).last == 0


def test_a_later_version_is_added() -> None:
    book = book_with(version(1), version(2))
    assert (book.profile, book.last, book.version) == ("small", 2, 2)
    assert [book.policy(number).label for number in (1, 2)] == ["small@1", "small@2"]


def test_the_book_is_the_fold_of_its_facts() -> None:
    book = book_with(version(1), version(2))
    again: Any = None
    for fact in book.pending_events:
        again = fact.mutate(again)
    assert (again.versions, again.version) == (book.versions, 2)


def test_versions_may_be_left_out_but_not_gone_back_to() -> None:
    book = book_with(version(1), version(5))
    for number in (1, 4, 5):
        with pytest.raises(Refused, match="policy_version_not_later"):
            publish(book, order(version(number)), SETTING)
    with pytest.raises(Refused, match="no_such_policy_version"):
        book.policy(4)


def test_a_version_0_is_not_later_than_nothing() -> None:
    with pytest.raises(Refused, match="policy_version_not_later"):
        publish(PolicyBook.empty(BOOK), order(version(0)), SETTING)


def test_a_malformed_version_is_refused_by_table_and_row() -> None:
    document = changed(version(1), "types/complaint/source", None)
    with pytest.raises(Malformed, match="table types, row complaint: source is missing"):
        publish(PolicyBook.empty(BOOK), order(document), SETTING)


def test_a_workflow_with_an_error_is_refused_by_finding() -> None:
    nobody = changed(version(1), "workflow/states/received/actions/0/roles", [])
    with pytest.raises(Refused) as refused:
        publish(PolicyBook.empty(BOOK), order(nobody), SETTING)
    assert refused.value.code == "policy_unsound"
    assert refused.value.because == {"findings": "no_owner received.close"}
    dead = changed(version(1), "workflow/states/closed/terminal", False)
    with pytest.raises(Refused, match="dead_end closed"):
        publish(PolicyBook.empty(BOOK), order(dead), SETTING)


def test_a_workflow_with_a_mere_warning_is_published() -> None:
    one = changed(version(1), "workflow/states/received/actions/0/roles", ["agent"])
    assert len(publish(PolicyBook.empty(BOOK), order(one), SETTING)) == 1


NAMES_A_CALENDAR = {
    "profile": ("profile/calendar", "office"),
    "limits.answer": (
        "limits/answer",
        NAMED
        | {
            "step": "answer",
            "value": 4,
            "unit": "h",
            "clock": "published",
            "calendar": "office",
        },
    ),
    "ladders.climb": (
        "ladders/climb",
        NAMED | {"rungs": [{"after": "2 h", "calendar": "office", "tells": "top"}]},
    ),
    "signals.stall": (
        "signals/stall",
        NAMED | {"ladder": "climb", "after": "8 h", "calendar": "office"},
    ),
}


@pytest.mark.parametrize("where", NAMES_A_CALENDAR)
def test_a_policy_counts_in_calendars_that_are_published(where: str) -> None:
    plain = version(1) | {
        "ladders": {"climb": NAMED | {"rungs": [{"after": "2 h", "tells": "top"}]}}
    }
    document = changed(plain, *NAMES_A_CALENDAR[where])
    empty = replace(SETTING, calendar_book=lambda name: CalendarBook.empty(BOOK))
    for nothing in (SETTING, empty):
        with pytest.raises(Refused) as refused:
            publish(PolicyBook.empty(BOOK), order(document), nothing)
        assert refused.value.code == "policy_unknown_calendar"
        assert refused.value.because == {"where": where, "calendar": "office"}
    known = replace(SETTING, calendar_book=calendar_book)
    assert len(publish(PolicyBook.empty(BOOK), order(document), known)) == 1


def test_a_profile_is_published_into_its_own_book() -> None:
    other = policy_book_id("other")
    with pytest.raises(Refused, match="policy_wrong_book"):
        publish(PolicyBook.empty(other), order(version(1), book=other), SETTING)


def test_what_was_published_no_longer_hangs_on_what_was_handed_in() -> None:
    handed_in = version(1)
    book = book_with(handed_in)
    kept = copy.deepcopy(book.policy(1).document)
    handed_in["types"]["complaint"]["zh"] = "改"
    assert book.policy(1).document == kept


def test_before_the_first_takes_effect_the_first_holds() -> None:
    book = book_with(
        version(1, "2022-01-01T00:00:00+00:00"), version(2, "2024-01-01T00:00Z")
    )
    assert book.label_at(datetime(2010, 5, 1, tzinfo=UTC)) == "small@1"


def test_a_version_holds_from_its_very_moment_until_the_next() -> None:
    book = book_with(version(1), version(2, "2024-01-01T00:00:00+08:00"))
    assert book.label_at(datetime(2023, 12, 31, 15, 59, 59, tzinfo=UTC)) == "small@1"
    assert book.label_at(datetime(2023, 12, 31, 16, 0, tzinfo=UTC)) == "small@2"
    assert book.label_at(NOW) == "small@2"


def test_a_version_published_today_for_tomorrow_does_not_hold_today() -> None:
    book = book_with(version(1), version(2, "2026-03-03T09:00:00+00:00"))
    assert book.label_at(NOW) == "small@1"


def test_of_two_that_take_effect_together_the_later_version_holds() -> None:
    book = book_with(version(1), version(2))
    assert book.label_at(NOW) == "small@2"


def test_a_correction_of_the_past_does_not_undo_what_came_after() -> None:
    book = book_with(
        version(1, "2020-01-01T00:00Z"),
        version(2, "2024-01-01T00:00Z"),
        version(3, "2020-06-01T00:00Z"),
    )
    assert book.label_at(datetime(2021, 1, 1, tzinfo=UTC)) == "small@3"
    assert book.label_at(NOW) == "small@2"


def test_each_profile_has_a_book_of_its_own() -> None:
    assert policy_book_id("small") == BOOK != policy_book_id("other")


@pytest.mark.parametrize("role", ["admin", "system"])
def test_who_keeps_the_rules_may_publish_before_there_are_any(role: str) -> None:
    admitted = admit(PolicyBook.empty(BOOK), order(version(1), role), SETTING)
    assert admitted.stage is None


@pytest.mark.parametrize("role", ["agent", "dispatcher", "supervisor", "auditor", "nobody"])
def test_nobody_else_may_publish(role: str) -> None:
    with pytest.raises(NotPermitted, match="may not publish-policy"):
        admit(PolicyBook.empty(BOOK), order(version(1), role), SETTING)
