"""The rows behind figures: of each source, the columns that measures may name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import asdict

from domain.policy.measures import OF_CASE, SOURCES
from domain.policy.policy import Policy
from projections.calls import CALLS, CallRow
from projections.chains import RUNGS, RungRow
from projections.clock_rows import ClockRow
from projections.clocks import CLOCKS
from projections.handovers import HANDOVERS, HandoverRow
from projections.hops import HOPS, HopRow
from projections.milestone_rows import DispatchRow, MilestoneRow, RatingRow, RoundRow
from projections.milestones import DISPATCHES, MILESTONES, RATINGS, ROUNDS
from projections.reading import Held, Is, Source, Within
from projections.table import Table

Record = Mapping[str, Any]
# What every record says besides its columns: what it is about.
KEY = ("case_id", "number", "call_id", "n")
HOUR = 3600.0

TABLES: Mapping[str, Table] = {
    "cases": MILESTONES.table,
    "rounds": ROUNDS.table,
    "dispatches": DISPATCHES.table,
    "clocks": CLOCKS.table,
    "rungs": RUNGS.table,
    "hops": HOPS.table,
    "ratings": RATINGS.table,
    "calls": CALLS.table,
}


@dataclass(frozen=True, slots=True)
class Behind:
    """What a row needs besides itself: the rules, its case, and the case's hand-overs."""

    policy: Policy
    case: MilestoneRow | None = None
    way: HandoverRow | None = None

    def satisfied(self, code: str | None) -> bool | None:
        """Whether a step of the scale counts as satisfied; None: nothing was said."""
        if code is None:
            return None
        step = self.policy.satisfaction.get(code)
        return step is not None and step.satisfied


def of_case(behind: Behind) -> dict[str, Any]:
    """What the case says of its rows; a type that the rules lack is no complaint."""
    case = behind.case
    if case is None:  # its view could not take the facts it begins with
        return dict.fromkeys(("number", *OF_CASE))
    rule = behind.policy.types.get(case.business_type)
    return {
        "number": case.number,
        "business_type": case.business_type,
        "complaint": rule is not None and rule.complaint,
        "counted": rule.counted if rule else "no",
        "channel": case.channel,
        "category": case.category,
        "level": case.level,
        "area": case.area,
        "secret": case.secret,
        "anonymous": case.anonymous,
        "merged": case.merged_into is not None,
        "witnessed": case.witnessed,
        "on_receipt": case.on_receipt,
        "unit": case.unit,
    }


def hours(since: datetime, until: datetime | None) -> float | None:
    """Hours between two moments, never less than none; clocks of two systems may differ."""
    return None if until is None else max(0.0, (until - since).total_seconds() / HOUR)


# One function a source: the columns that are not those of its row already ----------------


def a_case(row: MilestoneRow, behind: Behind) -> dict[str, Any]:
    way = behind.way
    return {
        "withdrawn": row.withdrawn_at is not None,
        "repeat": row.repeat_of is not None,
        "answer_hours": hours(row.received_at, row.answered_at),
        "handling_hours": hours(row.received_at, row.closed_at),
        "hops": way.hops if way else 0,
        "pingpong": way.pingpong if way else 0,
        "layers": way.layers if way else 0,
    }


def a_round(row: RoundRow, behind: Behind) -> dict[str, Any]:
    return {
        "n": row.round,
        "contacted": row.contacted_at is not None,
        "called": row.called_at is not None,
        "reached": row.reached_at is not None,
        "satisfied": behind.satisfied(row.satisfaction),
    }


def a_dispatch(row: DispatchRow, _: Behind) -> dict[str, Any]:
    return {
        "returned": row.returned_at is not None,
        "taken_back": row.taken_back_at is not None,
    }


def a_clock(row: ClockRow, behind: Behind) -> dict[str, Any]:
    """What the case was while the clock ran, as the row says, and not what it became."""
    rule = behind.policy.types.get(row.business_type)
    return {
        "n": row.clock,
        "breached": row.breached_at is not None,
        "complaint": rule is not None and rule.complaint,
        "counted": rule.counted if rule else "no",
    }


def a_rung(row: RungRow, _: Behind) -> dict[str, Any]:
    return {
        "answered": row.answered_at is not None,
        "answer_hours": hours(row.told_at, row.answered_at),
    }


def a_hop(row: HopRow, _: Behind) -> dict[str, Any]:
    return {"unit": row.to_unit}


def a_rating(row: RatingRow, behind: Behind) -> dict[str, Any]:
    return {"satisfied": behind.satisfied(row.satisfaction)}


def a_call(row: CallRow, behind: Behind) -> dict[str, Any]:
    return {
        "answered": row.answered_at is not None,
        "satisfied": behind.satisfied(row.rating),
    }


SAYS: Mapping[str, Callable[[Any, Behind], dict[str, Any]]] = {
    "cases": a_case,
    "rounds": a_round,
    "dispatches": a_dispatch,
    "clocks": a_clock,
    "rungs": a_rung,
    "hops": a_hop,
    "ratings": a_rating,
    "calls": a_call,
}


def record(of: str, row: Any, behind: Behind) -> dict[str, Any]:
    """A row as a measure reads it: its own columns over those of its case."""
    said = of_case(behind) | asdict(row) | SAYS[of](row, behind)
    columns = {name: said[name] for name in SOURCES[of]}
    return columns | {name: said.get(name) for name in KEY}


class Rows:
    """The rows of the sources in a period, each read once; ``sees``: for whose eyes."""

    def __init__(
        self, source: Source, policy: Policy, sees: Callable[[Record], bool]
    ) -> None:
        self._source, self._policy, self._sees = source, policy, sees
        self._read: dict[tuple[Any, ...], list[Record]] = {}
        self._known: dict[str, dict[UUID, Any]] = {}

    def within(
        self, of: str, window: str, since: datetime, until: datetime
    ) -> list[Record]:
        """Rows of a source whose ``window`` time lies in ``since`` ≤ t < ``until``."""
        asked = (of, window, since, until)
        if asked not in self._read:
            span = Within(window, least=since, below=until)
            rows = self._source.select(TABLES[of], span)
            records = self._records(of, rows)
            self._read[asked] = [each for each in records if self._sees(each)]
        return self._read[asked]

    def _records(self, of: str, rows: list[Any]) -> Iterable[Record]:
        if of == "calls":
            return [record(of, row, Behind(self._policy)) for row in rows]
        ids = [row.case_id for row in rows]
        cases = self._of_cases(MILESTONES.table, ids)
        ways = self._of_cases(HANDOVERS.table, ids) if of == "cases" else {}
        return [
            record(
                of,
                row,
                Behind(self._policy, cases.get(row.case_id), ways.get(row.case_id)),
            )
            for row in rows
        ]

    def _of_cases(self, table: Table, ids: Iterable[UUID]) -> dict[UUID, Any]:
        """The rows of these cases; each case is read once, whatever asks for it."""
        known = self._known.setdefault(table.name, {})
        missing = [case_id for case_id in dict.fromkeys(ids) if case_id not in known]
        if isinstance(self._source, Held):
            found = [self._source.get(table, (case_id,)) for case_id in missing]
        else:
            found = self._source.select(table, Is("case_id", *missing)) if missing else []
        known.update((row.case_id, row) for row in found if row is not None)
        return known
