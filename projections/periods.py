"""Periods 统计期: whole local days, the period before, and the same one a year ago."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

DAY = timedelta(days=1)
YEARS = range(1900, 9000)
YEARS_MOST = 100


class BadPeriod(ValueError):
    """No period to ask for: it ends before it begins, or is beyond any calendar in use."""


@dataclass(frozen=True, slots=True)
class Period:
    """The local days from ``first`` to ``last``, both included."""

    first: date
    last: date

    @classmethod
    def asked(cls, first: str, last: str) -> Period:
        """A period as people write it, like 2026-03-01 to 2026-03-31. Raises BadPeriod."""
        try:
            period = cls(date.fromisoformat(first), date.fromisoformat(last))
        except ValueError:
            raise BadPeriod("a day is written like 2026-03-31") from None
        if period.first > period.last:
            raise BadPeriod("the last day lies before the first")
        if period.first.year not in YEARS or period.last.year not in YEARS:
            raise BadPeriod(f"a year from {YEARS[0]} to {YEARS[-1]}")
        if period.last.year - period.first.year >= YEARS_MOST:
            raise BadPeriod(f"at most {YEARS_MOST} years")
        return period

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    def moments(self, utc_offset: timedelta) -> tuple[datetime, datetime]:
        """From the first midnight to the one after the last day (not included), in UTC."""
        zone = timezone(utc_offset)
        since = datetime.combine(self.first, time(), zone)
        until = datetime.combine(self.last + DAY, time(), zone)
        return since.astimezone(UTC), until.astimezone(UTC)

    @property
    def whole_months(self) -> bool:
        return self.first.day == 1 and (self.last + DAY).day == 1

    @property
    def before(self) -> Period:
        """As much time right before: of whole months as many months, else as many days."""
        if self.whole_months:
            months = months_of(self.last) - months_of(self.first) + 1
            begin = months_of(self.first) - months
            return Period(date(begin // 12, begin % 12 + 1, 1), self.first - DAY)
        return Period(self.first - self.days * DAY, self.first - DAY)

    @property
    def a_year_before(self) -> Period:
        """The same days of the year before; whole months stay whole."""
        if self.whole_months:
            return Period(year_before(self.first), year_before(self.last + DAY) - DAY)
        return Period(year_before(self.first), year_before(self.last))


def months_of(day: date) -> int:
    """Months since the year 0, so that they can be reckoned with."""
    return day.year * 12 + day.month - 1


def year_before(day: date) -> date:
    """The same day a year earlier; of 29 February, the 28th."""
    leap = (day.month, day.day) == (2, 29)
    return day.replace(year=day.year - 1, day=28 if leap else day.day)
