"""时间窗 Windows: how many things fell into a span of event time, and into which the most.

Every window is half-open: from ``since`` on and before ``until``. Hopping ones begin at the
whole hops since 1970 in UTC, whatever was seen first.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import gcd

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Found:
    """``n`` things within [``since``, ``until``); ``usual`` is what there usually are, None
    where nobody asks."""

    n: int
    since: datetime
    until: datetime
    usual: float | None = None


class Times:
    """Moments, in order. Adding the latest is cheap."""

    def __init__(self, moments: Iterable[datetime] = ()) -> None:
        self._moments = sorted(moments)

    def __len__(self) -> int:
        return len(self._moments)

    def add(self, at: datetime) -> None:
        insort(self._moments, at)

    def within(self, since: datetime, until: datetime) -> list[datetime]:
        """The moments from ``since`` on and before ``until``."""
        first = bisect_left(self._moments, since)
        return self._moments[first : bisect_left(self._moments, until, lo=first)]

    def last(self, upto: datetime) -> datetime | None:
        """The last one at or before a moment."""
        n = bisect_right(self._moments, upto)
        return self._moments[n - 1] if n else None


class Counts:
    """How many things there were, a bin of time each of the length ``grain``."""

    def __init__(self, grain: timedelta) -> None:
        self.grain = grain
        self._bins: defaultdict[int, int] = defaultdict(int)

    def add(self, at: datetime, n: int = 1) -> None:
        self._bins[(at - EPOCH) // self.grain] += n

    def within(self, since: datetime, until: datetime) -> int:
        """How many from ``since`` on and before ``until``, both at whole grains."""
        first, last = (since - EPOCH) // self.grain, (until - EPOCH) // self.grain
        return sum(self._bins.get(n, 0) for n in range(first, last))


def grain(*spans: timedelta) -> timedelta:
    """The longest bin of which each of these spans has a whole number."""
    return gcd(*(span // MICROSECOND for span in spans)) * MICROSECOND


def hopping(
    at: datetime, window: timedelta, hop: timedelta
) -> Iterator[tuple[datetime, datetime]]:
    """The windows that a moment falls into, a hop apart, the earliest first; ``window`` is
    a whole number of hops."""
    last = at - (at - EPOCH) % hop
    for n in reversed(range(window // hop)):
        since = last - n * hop
        yield since, since + window


def sliding(times: Times, at: datetime, window: timedelta) -> Iterator[list[datetime]]:
    """What lies less than ``window`` apart, with ``at`` in it: the longest such rows, the
    earliest first. While nothing later was seen there is one."""
    near = times.within(at - window + MICROSECOND, at + window)
    for end in dict.fromkeys(near[bisect_left(near, at) :]):
        upto = bisect_right(near, end)
        yield near[bisect_right(near, end - window) : upto]


def most(found: Iterable[Found]) -> Found | None:
    """The one with the most in it, the earliest of equal ones; None without any."""
    return max(found, key=lambda each: each.n, default=None)
