"""GET /alerts/{ref}: one alert as it stands, with the cases that it counts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Request, Response
from msgspec.structs import replace

from api.http.door import Door, as_json
from api.http.eyes import Eyes
from api.http.views import LIMIT_MAX, shown
from api.particulars import row_without_who
from api.replay import masks_of
from domain.policy.alert_rows import REPEAT_CALLER
from domain.refused import NotFound
from projections.alerts import ALERTS, AlertRow
from projections.boards import BOARDS
from projections.folding import fold_in_memory
from projections.reading import Is
from projections.sightings import cases_of, key_of


class AlertReader:
    """Reads alerts from the log itself: always current, whatever the views have folded."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def state(self, request: Request, ref: str) -> Response:
        """What was noticed, who was told, what came of it; its texts as masks.

        `cases` are those that count for it, as they stand now and as far as they are for
        these eyes: more, where some became known only later. `more` than are listed here
        count, when there are too many.
        """
        door, actor = self._door, self._door.actor(request)
        door.policy().may_view("alerts", actor.role)
        entries = door.store.log.stream(_alert_id(ref))
        rows = fold_in_memory([ALERTS], entries)[ALERTS.name].values()
        row: AlertRow | None = next(iter(rows), None)
        eyes = Eyes.of(door, actor)
        if row is None or not eyes.alert(row):
            raise NotFound("no_such_alert")
        cases = self._counted(row)
        document = {
            "id": row.alert_id,
            "version": row.version,
            "position": row.position,
            "state": row if eyes.know_who else replace(row, customer=None),
            "masks": masks_of(entries),
            "cases": self._seen(row, cases[:LIMIT_MAX], eyes),
            "more": len(cases) > LIMIT_MAX,
        }
        return as_json(document, headers={"ETag": f'"{row.version}"'})

    def _counted(self, row: AlertRow) -> list[UUID]:
        key = key_of(
            row.kind,
            unit=row.unit,
            other_unit=row.other_unit,
            category=row.category,
            topic=row.topic,
            customer=row.customer,
        )
        pool = self._door.store.pool
        return cases_of(pool, row.kind, key, row.since, row.until)

    def _seen(self, row: AlertRow, cases: list[UUID], eyes: Eyes) -> list[Any]:
        """Those for these eyes. That several cases are of one customer tells who it is, so
        nobody learns it so of a secret one who may not know."""
        if not cases:
            return []
        found = eyes.current.select(
            BOARDS.table, Is("case_id", *cases), order=("received_at",)
        )
        seen = [case for case in found if eyes.case(case)]
        if not eyes.know_who:
            of_one = row.kind == REPEAT_CALLER
            seen = [row_without_who(c) for c in seen if not (of_one and c.secret)]
        return [shown(case, self._door.now()) for case in seen]


def _alert_id(ref: str) -> UUID:
    try:
        return UUID(ref)
    except ValueError:
        raise NotFound("no_such_alert") from None


def add_alerts(router: APIRouter, door: Door) -> None:
    """Put the route up."""
    reader = AlertReader(door)
    router.add_api_route("/alerts/{ref}", reader.state, methods=["GET"], tags=["alert"])
