"""当时的规则 Rulebook: the rules in force at a moment, as they were known at a position."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.policy.book import PolicyBook, PolicyPublished, policy_book_id

if TYPE_CHECKING:
    from datetime import datetime

    from domain.desk import Desk
    from domain.policy.policy import Policy
    from store import Store


class Rulebook:
    """What the desk's profile had published up to any position of the log.

    Rules that are published later with an earlier effective date change nothing about what
    was looked at before: whoever looks at the log again sees the same.
    """

    def __init__(self, store: Store, desk: Desk) -> None:
        self._store, self._desk = store, desk
        self._book_id = policy_book_id(desk.profile)
        self._books: list[tuple[int, PolicyBook]] = []

    def read(self, upto: int) -> None:
        """Look whether anything was published, up to a position."""
        last = self._store.log.versions([self._book_id], upto)
        if last.get(self._book_id, 0) <= len(self._books):
            return
        self._books = []
        book = PolicyBook.empty(self._book_id)
        for entry in self._store.log.stream(self._book_id, upto):
            if isinstance(entry.fact, PolicyPublished):
                later = PolicyBook.empty(self._book_id)
                later.versions = book.versions
                entry.fact.apply(later)
                self._books.append((entry.position, later))
                book = later

    def at(self, moment: datetime, position: int) -> Policy | None:
        """The rules in force at a moment, as known at a position; None: none were."""
        known = [book for since, book in self._books if since <= position]
        return self._desk.policy(known[-1].label_at(moment)) if known else None
