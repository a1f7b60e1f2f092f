"""GET /reports/kpi: the figures of a period, for these eyes, and the cases behind each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.http.cases import moment
from api.http.door import Door, as_json
from api.http.eyes import Eyes
from api.http.moments import Moments
from api.http.problems import Problem
from api.http.views import wait_for
from api.reports import BY, BadQuestion, Wish, heading, opened, report
from projections.kpi_rows import Record
from projections.kpis import VIEWS, Kpis, Question
from projections.reading import Held, Source, Stored

LIMIT, LIMIT_MAX = 500, 5_000
CUSTOMERS_MAX = 10**10


class Asked(BaseModel):
    """What the query says. A parameter that there is not is refused, not overlooked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    first: str = Field(alias="from", description="First local day: 2026-03-01.")
    last: str = Field(alias="to", description="Last local day, included.")
    unit: str | None = Field(
        None, max_length=200, description="With the units below it and merged into it."
    )
    by: str | None = Field(None, description=f"One of {', '.join(BY)}.")
    customers: int | None = Field(
        None, ge=1, le=CUSTOMERS_MAX, description="For complaints per customers."
    )
    annualised: bool = Field(False, description="Complaints per customers as for a year.")
    open: str | None = Field(
        None, max_length=200, description="The cases behind this measure."
    )
    as_of: str | None = Field(
        None, description="What was known at this time (ISO 8601 with offset)."
    )
    happened_by: str | None = Field(
        None, description="What had happened by this time, as known now."
    )
    after: int | None = Field(
        None, ge=0, description="Wait until the views show this log position."
    )
    limit: int = Field(LIMIT, ge=1, le=LIMIT_MAX)
    offset: int = Field(0, ge=0, le=CUSTOMERS_MAX)

    def wish(self) -> Wish:
        return Wish(
            first=self.first,
            last=self.last,
            unit=self.unit,
            by=self.by,
            customers=self.customers,
            annualised=self.annualised,
        )


class ReportReader:
    """Reckons figures from the stored tables, or from rows folded for a moment."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._moments = Moments(door.store.log)

    def kpi(self, request: Request, asked: Annotated[Asked, Query()]) -> Response:
        """The measures of the policy, each with numerator, denominator and what it was
        before; with `open`, the rows behind one of them, `counted` or only in its base.

        Whoever sees only some cases gets figures of those. A base of none has no value.
        """
        door, actor = self._door, self._door.actor(request)
        policy = door.policy()
        policy.may_view("kpi", actor.role)
        for view in VIEWS:
            wait_for(door, view.name, asked.after)
        source, position, at = self._source(asked.as_of, asked.happened_by)
        wish, seen = asked.wish(), for_eyes(Eyes.of(door, actor))
        try:
            question = wish.question(policy, door.desk.organisation(), at)
            kpis = Kpis(source, policy, seen)
            found = (
                {"figures": report(kpis.figures(question))}
                if asked.open is None
                else page(kpis, question, asked)
            )
        except BadQuestion as wrong:
            raise Problem(400, "bad_parameter", name=wrong.name) from None
        return as_json(heading(wish, question, policy) | found | {"position": position})

    def _source(
        self, as_of: str | None, happened_by: str | None
    ) -> tuple[Source, int, datetime]:
        known, happened = moment("as_of", as_of), moment("happened_by", happened_by)
        if known and happened:
            raise Problem(400, "bad_parameter", name="happened_by")
        if known:
            folded = self._moments.known(VIEWS, known)
            return Held(folded), folded.position, known
        if happened:
            folded = self._moments.happened(VIEWS, happened)
            return Held(folded), folded.position, happened
        # Asked before the rows are read: they are true at this position at least.
        stood = (self._door.positions.max_tracking_id(view.name) for view in VIEWS)
        position = min(at or 0 for at in stood)
        return Stored(self._door.store.pool), position, self._door.now()


def page(kpis: Kpis, question: Question, asked: Asked) -> dict[str, object]:
    """So many of the rows behind a measure, and how many there are in all."""
    code = asked.open or ""
    rows = opened(kpis, code, question)
    return {
        "measure": code,
        "items": rows[asked.offset : asked.offset + asked.limit],
        "count": len(rows),
        "counted": sum(row["counted"] for row in rows),
    }


def for_eyes(eyes: Eyes) -> Callable[[Record], bool]:
    """What these eyes may see of the rows: types that their role reads, their own units."""
    types: dict[str, bool] = {}

    def seen(row: Record) -> bool:
        kind = row.get("business_type")
        if kind is not None and kind not in types:
            types[kind] = eyes.type_now(kind)
        return (kind is None or types[kind]) and eyes.unit(row["unit"])

    return seen


def add_reports(router: APIRouter, door: Door) -> None:
    """Put the routes up."""
    reader = ReportReader(door)
    router.add_api_route("/reports/kpi", reader.kpi, methods=["GET"], tags=["reports"])
