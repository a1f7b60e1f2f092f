"""告警期 Episode: one alert for as long as the same goes on, however often it is seen."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

NAMESPACE = UUID("7a11e000-0000-4000-8000-0000000a1e27")


@dataclass(frozen=True, slots=True, kw_only=True)
class Episode:
    """What was raised: ``kind`` of alert, for the ``key`` that it counts for.

    The sighting of the fact at ``position`` raised it, which happened ``at`` that time and
    made it ``n`` within [``since``, ``until``), where ``usual`` is usual, under the rules
    ``policy``. ``last_at`` is the last sighting that was enough, ``peak`` the most that was
    seen. The other fields say what the key does.
    """

    kind: str
    key: str
    at: datetime
    since: datetime
    until: datetime
    n: int
    usual: float | None
    position: int
    last_at: datetime
    peak: int
    policy: str
    unit: str | None = None
    other_unit: str | None = None
    category: str | None = None
    topic: str | None = None
    customer: UUID | None = None

    @property
    def id(self) -> UUID:
        """The same for whoever looks at the same log."""
        return uuid5(NAMESPACE, f"{self.kind}:{self.key}:{self.position}")

    def goes_on(self, at: datetime, n: int) -> Episode:
        """It was seen again, so many."""
        return replace(self, last_at=max(self.last_at, at), peak=max(self.peak, n))


def going_on(episodes: Iterable[Episode], at: datetime, quiet: timedelta) -> Episode | None:
    """The episode that a moment belongs to: it lies less than ``quiet`` behind the last
    sighting of it, or before the first. Of several, the one raised last; None: a new one
    begins."""
    found = [e for e in episodes if e.at - quiet < at < e.last_at + quiet]
    return max(found, key=lambda each: each.position, default=None)
