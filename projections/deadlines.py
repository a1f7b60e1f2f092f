"""将至 Deadlines: which case will time do something to, when, and who will hear of it?"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from domain.case.case import CaseFact
from domain.case.receive import CaseReceived
from domain.case.witness import CaseWitnessed
from projections.reading import Is, Source, Within
from projections.table import Key, Row, Table
from projections.view import View, on


class DeadlineRow(Row, frozen=True, kw_only=True):
    """A case that time will do something to: ``what``, at ``next_at``, if nobody acts.

    As the case's last command left it (``domain/promise/coming.py``). ``clock`` is the
    clock or the climb it is about, ``rung`` the level told next; ``unit``, ``post`` and
    ``person`` are who will be told or must act. ``due`` is the earliest due time still
    ahead, of ``due_clock``. ``version`` is that of the case. No row: nothing is coming.
    """

    case_id: UUID
    version: int
    next_at: datetime
    what: str
    clock: str | None = None
    rung: int = 0
    unit: str | None = None
    post: str | None = None
    person: str | None = None
    due: datetime | None = None
    due_clock: str | None = None


def expected(_: DeadlineRow | None, fact: CaseFact) -> DeadlineRow | None:
    """Every fact of a case says what comes next, after the whole of its command."""
    coming = fact.coming
    if coming is None or fact.terminal:
        return None
    return DeadlineRow(
        case_id=fact.originator_id,
        version=fact.originator_version,
        next_at=coming.at,
        what=coming.what,
        clock=coming.clock,
        rung=coming.rung,
        unit=coming.unit,
        post=coming.post,
        person=coming.person,
        due=coming.due,
        due_clock=coming.due_clock,
    )


DEADLINES: View[DeadlineRow] = View(
    Table(
        "deadlines",
        DeadlineRow,
        key=("case_id",),
        indexes=(("next_at", "case_id"), ("unit",)),
    ),
    docs="what time alone will do to each case next, when, and who will hear of it",
    handlers=(
        on(CaseReceived, expected, fresh=True),
        on(CaseWitnessed, expected, fresh=True),
        on(CaseFact, expected),
    ),
)


class Deadlines:
    """What is coming as it is known now (``Stored``), or was known then (``Held``)."""

    def __init__(self, source: Source) -> None:
        self._source = source

    def of(self, case_id: UUID) -> DeadlineRow | None:
        found: DeadlineRow | None = self._source.get(DEADLINES.table, (case_id,))
        return found

    def of_many(self, case_ids: list[UUID]) -> dict[UUID, DeadlineRow]:
        """What is coming for these cases, by case; those without are left out."""
        rows = self._source.select(DEADLINES.table, Is("case_id", *case_ids))
        return {row.case_id: row for row in rows}

    def fallen(
        self, now: datetime, *, after: Key | None = None, limit: int | None = None
    ) -> list[DeadlineRow]:
        """What should have happened before ``now``, the oldest first."""
        before = Within("next_at", below=now)
        return self._source.select(
            DEADLINES.table, before, order=("next_at",), after=after, limit=limit
        )
