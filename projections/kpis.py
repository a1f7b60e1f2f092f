"""KPI 指标 (A7): what a period came to by each measure, and which cases are behind it."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import fmean, median
from typing import Any

from domain.policy.measures import SOURCES, Measure
from domain.policy.policy import Policy
from projections.calls import CALLS
from projections.chains import CHAINS
from projections.clocks import TIME
from projections.handovers import HANDOVERS
from projections.kpi_rows import KEY, Record, Rows
from projections.milestones import MILESTONES
from projections.periods import Period
from projections.reading import Source
from projections.view import View

# The views that figures are made from; for a moment, all of them are folded.
VIEWS: tuple[View[Any], ...] = (MILESTONES, TIME, HANDOVERS, CHAINS, CALLS)

# How figures are split up, by which column.
BY = {"unit": "unit", "type": "business_type", "level": "level"}
NO_LEVEL = ""
DAYS_A_YEAR = 365
FULL = 100


def everything(_: Record) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Which figures are wanted.

    ``at``: when it is asked; a deadline after that is not due yet. ``units``: only what
    belongs to these. ``by``: one figure each unit, type or level (``BY``). ``customers``:
    how many there are in all that is asked for; ``annualised``: rates as for a year.
    """

    period: Period
    at: datetime
    units: frozenset[str] | None = None
    by: str | None = None
    customers: int | None = None
    annualised: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """What one measure came to: no value where there is nothing to divide by."""

    value: float | None
    numerator: float | None = None
    denominator: float | None = None


NOTHING = Sum(value=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measure, of one ``group`` (None: of all). ``before`` and ``a_year_before`` are
    its values in those periods; ``change`` (环比) and ``year_change`` (同比) how much it
    is above them, as a share of them."""

    measure: Measure
    group: str | None
    sum: Sum
    before: float | None
    a_year_before: float | None

    @property
    def change(self) -> float | None:
        return above(self.sum.value, self.before)

    @property
    def year_change(self) -> float | None:
        return above(self.sum.value, self.a_year_before)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """One row behind a figure. ``counted``: it is in the numerator, not only the base."""

    measure: str
    at: datetime
    counted: bool
    value: float | None
    row: Record = field(repr=False)


class Kpis:
    """The figures of a log as it is (``Stored``) or was (``Held``), by some rules.

    ``sees`` leaves rows out that are not for the eyes of whoever asks.
    """

    def __init__(
        self,
        source: Source,
        policy: Policy,
        sees: Callable[[Record], bool] = everything,
    ) -> None:
        self._rows = Rows(source, policy, sees)
        self._policy = policy

    def figures(self, question: Question) -> list[Figure]:
        """Every measure of the rules, in their order; each group of it by name."""
        period = question.period
        found = []
        for measure in self._policy.measures.values():
            now = self._sums(measure, question, period)
            before = self._sums(measure, question, period.before)
            last_year = self._sums(measure, question, period.a_year_before)
            found += [
                Figure(
                    measure=measure,
                    group=group,
                    sum=now[group],
                    before=before.get(group, NOTHING).value,
                    a_year_before=last_year.get(group, NOTHING).value,
                )
                for group in sorted(now, key=lambda group: group or "")
            ]
        return found

    def opened(self, code: str, question: Question) -> list[Opened]:
        """Exactly the rows that a measure's base has, in the order of their time.

        Of a weighted one, those of its parts. Raises KeyError for no such measure.
        """
        measure = self._policy.measures[code]
        if measure.weights:
            return [row for part in measure.weights for row in self.opened(part, question)]
        rows = [
            Opened(
                measure=code,
                at=row[measure.window],
                counted=measure.is_counted(row),
                value=row[measure.value] if measure.value else None,
                row=row,
            )
            for row in self._base(measure, question, question.period)
        ]
        return sorted(rows, key=lambda row: (row.at, *(str(row.row[key]) for key in KEY)))

    def _base(self, measure: Measure, question: Question, period: Period) -> list[Record]:
        since, until = period.moments(self._policy.utc_offset)
        if SOURCES[measure.of][measure.window] == "deadline":
            until = min(until, question.at)
        if until <= since:
            return []
        rows = self._rows.within(measure.of, measure.window, since, until)
        units = question.units
        return [
            row
            for row in rows
            if (units is None or row["unit"] in units) and measure.in_base(row)
        ]

    def _sums(
        self, measure: Measure, question: Question, period: Period
    ) -> dict[str | None, Sum]:
        """What the measure came to in a period, by group; one group None without ``by``."""
        if measure.weights:
            return self._weighted(measure, question, period)
        base = self._base(measure, question, period)
        if question.by is None:
            return {None: self._sum(measure, base, question, period)}
        column = BY[question.by]
        if column not in SOURCES[measure.of] or measure.scaled is not None:
            return {}  # a call has no type; nobody said how many customers each unit has
        groups: dict[str | None, list[Record]] = defaultdict(list)
        for row in base:
            groups[row[column] or NO_LEVEL].append(row)
        return {
            group: self._sum(measure, rows, question, period)
            for group, rows in groups.items()
        }

    def _weighted(
        self, measure: Measure, question: Question, period: Period
    ) -> dict[str | None, Sum]:
        """Points of 100, for groups that every part has a value of; else no value."""
        measures = self._policy.measures
        parts = {c: self._sums(measures[c], question, period) for c in measure.weights}
        groups = {group for sums in parts.values() for group in sums}
        found: dict[str | None, Sum] = {}
        for group in groups:
            points = 0.0
            for code, weight in measure.weights.items():
                value = parts[code].get(group, NOTHING).value
                points = math.nan if value is None else points + weight * value * FULL
            found[group] = NOTHING if math.isnan(points) else Sum(value=points)
        return found

    def _sum(
        self, measure: Measure, base: list[Record], question: Question, period: Period
    ) -> Sum:
        if measure.scaled is not None:
            return self._per_customer(measure, len(base), question, period)
        if measure.counts:
            counted = sum(measure.is_counted(row) for row in base)
            return share(counted, len(base))
        if measure.value is not None:
            values = [row[measure.value] for row in base if row[measure.value] is not None]
            if not values:
                return Sum(value=None, denominator=0)
            value = STATS[measure.stat](values)
            return Sum(value=value, numerator=sum(values), denominator=len(values))
        return Sum(value=len(base), numerator=len(base))

    def _per_customer(
        self, measure: Measure, n: int, question: Question, period: Period
    ) -> Sum:
        """Only by the customers that were told, and where a complaint counts on receipt:
        of what is substantiated these facts say nothing (P15)."""
        customers = question.customers
        if not customers or self._policy.counting_basis != "on_receipt":
            return Sum(value=None, numerator=n, denominator=customers)
        a_year = DAYS_A_YEAR / period.days if question.annualised else 1.0
        value = n / customers * 10 ** (measure.scaled or 0) * a_year
        return Sum(value=value, numerator=n, denominator=customers)


def share(counted: int, base: int) -> Sum:
    return Sum(value=counted / base if base else None, numerator=counted, denominator=base)


def above(value: float | None, earlier: float | None) -> float | None:
    """(x − earlier) / earlier; no value where either is missing or there was nothing."""
    if value is None or not earlier:
        return None
    return (value - earlier) / earlier


def p90(values: list[float]) -> float:
    """The least value that 90 % of all do not exceed (nearest rank)."""
    return sorted(values)[math.ceil(len(values) * 9 / 10) - 1]


STATS: Mapping[str, Callable[[list[float]], float]] = {
    "mean": fmean,
    "median": median,
    "p90": p90,
    "sum": sum,
}
