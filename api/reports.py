"""The KPI report 指标报表: the question as people put it, the answer as they read it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from domain.organisation.organisation import Organisation
from domain.policy.measures import Measure
from domain.policy.policy import Policy
from projections.kpi_rows import KEY
from projections.kpis import BY, Figure, Kpis, Opened, Question
from projections.periods import BadPeriod, Period

__all__ = ["BY", "BadPeriod", "BadQuestion", "Wish", "heading", "opened", "report"]

NO_VALUE = "—"


class BadQuestion(ValueError):
    """The report cannot be asked for like that. ``name`` is the parameter at fault."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(why)
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A report as it was asked for: local days, both included; names as they were typed."""

    first: str
    last: str
    unit: str | None = None
    by: str | None = None
    customers: int | None = None
    annualised: bool = False

    def question(self, policy: Policy, books: Organisation, at: datetime) -> Question:
        """What the figures are reckoned from. Raises BadQuestion."""
        try:
            period = Period.asked(self.first, self.last)
        except BadPeriod as wrong:
            raise BadQuestion("from", str(wrong)) from None
        if self.by is not None and self.by not in BY:
            raise BadQuestion("by", f"one of {', '.join(BY)}")
        if self.customers is not None and self.customers < 1:
            raise BadQuestion("customers", "a number of customers, at least 1")
        _, until = period.moments(policy.utc_offset)
        return Question(
            period=period,
            at=at,
            units=self._units(books, min(until, at)),
            by=self.by,
            customers=self.customers,
            annualised=self.annualised,
        )

    def _units(self, books: Organisation, at: datetime) -> frozenset[str] | None:
        """The unit, all below it, and all merged into them, as they stood when the period
        ended; of a unit that had ended by then, itself alone (B39)."""
        if self.unit is None:
            return None
        if self.unit not in books.books.units:
            raise BadQuestion("unit", f"there is no unit {self.unit}")
        if books.unit(self.unit, at) is None:
            return frozenset({self.unit})
        return books.scope(self.unit, at) | {self.unit}


def heading(wish: Wish, question: Question, policy: Policy) -> dict[str, Any]:
    """What was asked, and by which rules it was answered."""
    since, until = question.period.moments(policy.utc_offset)
    return {
        "policy": policy.label,
        "from": question.period.first,
        "to": question.period.last,
        "since": since,
        "until": until,
        "at": question.at,
        "unit": wish.unit,
        "units": None if question.units is None else sorted(question.units),
        "by": wish.by,
        "customers": wish.customers,
        "annualised": wish.annualised,
        "counting_basis": policy.counting_basis,
    }


def report(figures: Iterable[Figure]) -> list[dict[str, Any]]:
    """The figures, one object each; ``value`` is None where there is none."""
    return [shown(figure) for figure in figures]


def shown(figure: Figure) -> dict[str, Any]:
    measure = figure.measure
    return {
        "code": measure.code,
        "zh": measure.zh,
        "en": measure.en,
        "group": figure.group,
        "value": figure.sum.value,
        "unit": measure.unit,
        "text": text(measure, figure.sum.value),
        "numerator": figure.sum.numerator,
        "denominator": figure.sum.denominator,
        "before": figure.before,
        "change": figure.change,
        "a_year_before": figure.a_year_before,
        "year_change": figure.year_change,
        "formula": measure.formula,
        "reads": measure.reads,
        "source": measure.source,
    }


def opened(view: Kpis, code: str, question: Question) -> list[dict[str, Any]]:
    """The cases behind a measure, and which of them are counted. Raises BadQuestion."""
    try:
        rows = view.opened(code, question)
    except KeyError:
        raise BadQuestion("open", f"there is no measure {code}") from None
    return [behind(row, question) for row in rows]


def behind(row: Opened, question: Question) -> dict[str, Any]:
    """One row behind a figure: what it is about, when, and whether it is counted."""
    about = {name: row.row[name] for name in KEY if row.row[name] is not None}
    group = {} if question.by is None else {"group": row.row.get(BY[question.by])}
    return {
        "measure": row.measure,
        **about,
        "at": row.at,
        "counted": row.counted,
        "value": row.value,
        "unit": row.row["unit"],
        **group,
    }


def text(measure: Measure, value: float | None) -> str:
    """A value as people read it; a dash for none."""
    if value is None:
        return NO_VALUE
    if measure.unit == "share":
        return percent(value)
    if measure.unit == "count":
        return f"{value:.0f}"
    units = {"hours": " h", "seconds": " s"}
    return f"{value:.2f}{units.get(measure.unit, '')}"


def percent(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return NO_VALUE
    return f"{value * 100:{'+' if signed else ''}.2f} %"
