"""Alerts 告警: what was noticed across cases, who was told, and is anything still owed?"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec.structs import replace

from domain.alert.alert import AlertFact
from domain.alert.answer import AlertAnswered
from domain.alert.close import AlertClosed
from domain.alert.raising import AlertRaised
from domain.policy.alert_rows import ESCALATE, WARN
from projections.reading import Either, Is, Source
from projections.table import Row, Table
from projections.view import View, known, on, sets


class AlertRow(Row, frozen=True, kw_only=True):
    """One alert. ``open``: something is owed, the answer or the end of a focus check.

    What it is about, and the ``n`` of what within [``since``, ``until``), where ``usual``
    is usual, are those of the fact (``domain/alert/raising.py``), as is whom it told and
    the ``fallback``. ``raised_at`` is the time of what made it enough.
    """

    alert_id: UUID
    version: int
    open: bool
    kind: str
    action: str
    raised_at: datetime
    n: int
    usual: float | None
    since: datetime
    until: datetime
    unit: str | None
    other_unit: str | None
    category: str | None
    topic: str | None
    customer: UUID | None
    told_unit: str
    told_post: str | None
    told_post_unit: str | None
    told_person: str | None
    fallback: str | None
    policy: str
    answered_at: datetime | None = None
    answered_by: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    outcome: str | None = None


def raised(_: AlertRow | None, fact: AlertRaised) -> AlertRow:
    return AlertRow(
        alert_id=fact.originator_id,
        version=fact.originator_version,
        open=fact.action != WARN,
        kind=fact.kind,
        action=fact.action,
        raised_at=fact.occurred_at,
        n=fact.n,
        usual=fact.usual,
        since=fact.since,
        until=fact.until,
        unit=fact.unit,
        other_unit=fact.other_unit,
        category=fact.category,
        topic=fact.topic,
        customer=fact.customer,
        told_unit=fact.told_unit,
        told_post=fact.told_post,
        told_post_unit=fact.told_post_unit,
        told_person=fact.told_person,
        fallback=fact.fallback,
        policy=fact.policy or "",
    )


def answered(row: AlertRow, fact: AlertAnswered) -> AlertRow:
    at, still = fact.occurred_at, row.action != ESCALATE
    return replace(row, answered_at=at, answered_by=fact.person, open=still)


def closed(row: AlertRow, fact: AlertClosed) -> AlertRow:
    ended = replace(row, closed_at=fact.occurred_at, closed_by=fact.person)
    return replace(ended, outcome=fact.outcome, open=False)


ALERTS: View[AlertRow] = View(
    Table(
        "alerts",
        AlertRow,
        key=("alert_id",),
        indexes=(("open", "raised_at", "alert_id"), ("unit",), ("told_unit",)),
    ),
    docs="what was noticed across cases, who was told of it, what is still owed",
    handlers=(
        on(AlertRaised, raised, fresh=True),
        on(AlertFact, sets(lambda fact: {"version": fact.originator_version})),
        on(AlertAnswered, known(answered)),
        on(AlertClosed, known(closed)),
    ),
)


def alerts_of(*units: str) -> Either:
    """``domain.authority.alerted``, as a search."""
    names = ("unit", "other_unit", "told_unit", "told_post_unit")
    return Either(tuple(Is(name, *units) for name in names))


def owed(source: Source) -> int:
    """How many alerts are open."""
    return source.count(ALERTS.table, Is("open", True))[()]
