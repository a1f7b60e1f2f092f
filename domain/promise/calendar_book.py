"""作息册: the published versions of one working calendar, and which is in force when."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID, uuid5

from eventsourcing.domain import Aggregate

from domain.command import Command
from domain.fact import Fact, Recorded
from domain.promise.calendar import Calendar
from domain.promise.calendar_spec import malformed, shown
from domain.refused import Refused

if TYPE_CHECKING:
    from domain.setting import Setting

NAMESPACE = UUID("0b6de4a0-3a1c-5f0e-8d67-95598000ca1e")
MOST_VERSIONS = 1_000_000
WORKING_DAYS_AHEAD = 500
"""A calendar that is published must have as many, from when it takes effect."""


def calendar_book_id(name: str) -> UUID:
    """The stream of a calendar's book: the same on every machine."""
    return uuid5(NAMESPACE, name)


class CalendarBook(Recorded):
    """作息册. Versions as they were published; nothing is ever taken back.

    A late official notice is a further version. Every calendar has a book, with nothing in
    it before the first version.
    """

    TOPIC: ClassVar[str] = "calendar"

    class Created(Aggregate.Created):
        """Never recorded; the library wants every inherited event to have a name."""

        TOPIC: ClassVar[str] = "calendar.created"

    def __init__(self) -> None:
        self.name: str = ""
        self.versions: dict[int, tuple[datetime, dict[str, Any]]] = {}
        self.published: dict[int, tuple[datetime, datetime]] = {}
        self._built: dict[int, Calendar] = {}

    @property
    def last(self) -> int:
        """The number of the latest published version; 0 before the first."""
        return max(self.versions, default=0)

    def calendar(self, version: int) -> Calendar:
        """One version. Raises Refused when it was never published."""
        if version not in self.versions:
            raise Refused("no_such_calendar_version", calendar=self.name, version=version)
        if version not in self._built:
            self._built[version] = Calendar.from_document(self.versions[version][1])
        return self._built[version]

    def known_at(self, at: datetime) -> CalendarBook:
        """The book with what was published by a moment, and the first version."""
        first = min(self.versions, default=0)
        known = {
            version: dates
            for version, dates in self.published.items()
            if version == first or dates[1] <= at
        }
        if len(known) == len(self.published):
            return self
        book = copy(self)
        book.versions = {version: self.versions[version] for version in known}
        book.published = known
        return book

    def in_force(self, at: datetime) -> tuple[str, Calendar]:
        """The version in force at a moment, with its label (``cn-office@2``).

        That is the one that took effect last by then, of those published by then; of two
        that took effect together, the later version. Before any was, the first: a matter
        older than all calendars is counted by the oldest. Raises Refused: none published.
        """
        if not self.versions:
            raise Refused("no_such_calendar", calendar=self.name)
        in_force = [
            (since, version)
            for version, (since, published) in self.published.items()
            if max(since, published) <= at
        ]
        version = max(in_force)[1] if in_force else min(self.versions)
        return f"{self.name}@{version}", self.calendar(version)

    def superseded_at(self, version: int) -> datetime | None:
        """Since when a later version is in force instead; None while none is.

        A version cannot be in force before it is published: until then people went by the
        old one.
        """
        mine = (self.published[version][0], version)
        later = (
            max(since, published)
            for other, (since, published) in self.published.items()
            if (since, other) > mine
        )
        return min(later, default=None)


class CalendarPublished(Fact):
    """A version of a working calendar, whole, in force from ``effective_from`` (UTC).

    ``note`` says why: the number of the official notice.
    """

    TOPIC: ClassVar[str] = "calendar.published"

    calendar: str
    version: int
    effective_from: datetime
    document: dict[str, Any]
    note: str = ""

    def mutate(self, aggregate: Any) -> Any:
        """The first version finds the book empty: there is no fact that founds it."""
        empty = CalendarBook.empty(self.originator_id) if aggregate is None else aggregate
        return super().mutate(empty)

    def apply(self, aggregate: CalendarBook) -> None:
        aggregate.name = self.calendar
        # New dicts: other threads may be reading the book that is kept in the cache.
        version = {self.version: (self.effective_from, self.document)}
        aggregate.versions = aggregate.versions | version
        dates = {self.version: (self.effective_from, self.occurred_at)}
        aggregate.published = aggregate.published | dates


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishCalendar(Command):
    """Put a version of a working calendar into the log, in force from its effective date.

    The document holds ``name``, ``version`` and ``effective_from`` besides the days.
    """

    ACTION: ClassVar[str] = "publish-calendar"

    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Title:
    """What a published calendar says of itself."""

    name: str
    version: int
    effective_from: datetime
    note: str

    @property
    def label(self) -> str:
        return f"{self.name}@{self.version}"


def title_of(document: Mapping[str, Any]) -> Title:
    """Raises Refused("calendar_malformed") with the field and the remedy."""
    name, version = document.get("name"), document.get("version")
    if not isinstance(name, str) or not name or "@" in name:
        raise malformed("name", f"it must be a name without @, not {shown(name)}")
    if not isinstance(version, int) or not 0 < version <= MOST_VERSIONS or version is True:
        raise malformed(
            "version", f"it must be a whole number from 1, not {shown(version)}"
        )
    note = document.get("note", "")
    if not isinstance(note, str):
        raise malformed("note", f"it must be a text, not {shown(note)}")
    return Title(name, version, _moment(document.get("effective_from")), note)


def _moment(text: object) -> datetime:
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
        if found is not None and found.tzinfo is not None:
            return found.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise malformed(
        "effective_from", f"write it like 2026-01-01T00:00:00+08:00, not {shown(text)}"
    )


def stays_open(calendar: Calendar, since: datetime) -> None:
    """Cases are counted in it for years to come. Raises Refused("calendar_no_time")."""
    calendar.add_working_days(since, WORKING_DAYS_AHEAD)


def publish_calendar(
    book: CalendarBook, command: PublishCalendar, setting: Setting
) -> list[Fact]:
    """Publish a version: whole, sound, open for long, and later than every one before."""
    title = title_of(command.document)
    stays_open(
        Calendar.from_document(command.document), max(command.at, title.effective_from)
    )
    if calendar_book_id(title.name) != command.subject:
        raise Refused("calendar_wrong_book", calendar=title.name)
    if title.version <= book.last:
        raise Refused("calendar_version_not_later", version=title.version, last=book.last)
    return [
        CalendarPublished(
            calendar=title.name,
            version=title.version,
            effective_from=title.effective_from,
            document=dict(command.document),
            note=title.note,
        )
    ]
