"""What a decision may look at besides its own aggregate."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from domain.organisation.organisation import Organisation
from domain.policy.policy import Policy
from domain.refused import Refused

if TYPE_CHECKING:
    from domain.case.case import Case
    from domain.promise.calendar_book import CalendarBook


def none_published(name: str) -> CalendarBook:
    """The calendar book of a house that counts no working time. Raises Refused."""
    raise Refused("no_such_calendar", calendar=name)


@dataclass(frozen=True, slots=True)
class Setting:
    """The policy that applies, the organisation as known now, and other cases to look at.

    The organisation answers for a moment: pass it ``command.at``. ``case`` gives another
    case to look at, or None when there is none. A decision never changes it, but it may
    return a fact for it: one that names that case as its ``originator_id`` (all others are
    for the case spoken to). The desk records both in one insert, and both or neither: so
    such a fact also makes sure that the other case is still as the decision saw it.
    ``calendar_book`` gives every published version of a working calendar, by its name.
    """

    policy: Policy
    organisation: Organisation
    case: Callable[[UUID], Case | None]
    calendar_book: Callable[[str], CalendarBook] = none_published

    def known_at(self, at: datetime) -> Setting:
        """The same with the calendars that were published by a moment."""
        return replace(
            self, calendar_book=lambda name: self.calendar_book(name).known_at(at)
        )
