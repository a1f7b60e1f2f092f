"""What there is to be raised in a log, found the slow way: everything before is looked
through again for each sighting."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.policy.policy import Policy
from projections.sightings import SightingRow

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
KINDS = {
    "surge": "placed",
    "topic_surge": "topic",
    "repeat_caller": "caller",
    "ping_pong": "sent_back",
    "stall": "stalled",
    "silence": "stalled",
}


@dataclass
class Raised:
    """One alert as it ends: kind and key, raised by which position, how many then, the
    first moment of its window, the last sighting that was enough, the most there were."""

    kind: str
    key: str
    position: int
    at: datetime
    n: int
    since: datetime
    last_at: datetime
    peak: int


def by_hand(sightings: Iterable[SightingRow], rules: Policy) -> list[Raised]:
    """Every alert, in order, by rules that hold for all of it."""
    known: list[SightingRow] = []
    raised: list[Raised] = []
    for one in sorted(sightings, key=lambda s: (s.position, s.n)):
        known.append(one)
        for code, kind in KINDS.items():
            if one.kind != kind or (code == "surge" and one.unit == rules.intake_unit):
                continue
            found = enough(code, one, known, rules)
            if found:
                note(raised, code, one, found, rules)
    return sorted(raised, key=lambda r: (r.position, r.kind, r.key))


def enough(
    code: str, one: SightingRow, known: list[SightingRow], rules: Policy
) -> tuple[int, datetime] | None:
    rule = rules.alerts[code]
    window = timedelta(seconds=rule.window.seconds)
    ats = [s.at for s in known if s.kind == one.kind and s.key == one.key]
    found: list[tuple[int, datetime]] = []
    if rule.hop is not None:
        hop = timedelta(seconds=rule.hop.seconds)
        start = EPOCH + (one.at - EPOCH) // hop * hop
        while start + window > one.at:
            n = within(ats, start, start + window)
            weeks = [timedelta(days=7 * w) for w in range(1, rule.weeks + 1)]
            usual = sum(within(ats, start - w, start - w + window) for w in weeks)
            if n >= rule.times and n >= rule.factor * usual / len(weeks):
                found.append((n, start))
            start -= hop
    else:
        acts = [s.at for s in known if s.kind == "acted" and s.key == one.key]
        for end in (at for at in ats if one.at <= at < one.at + window):
            row = [at for at in ats if end - window < at <= end]
            if code == "silence":
                row = [at for at in row if within(acts, at, end) + (end in acts) == 0]
            if len(row) >= rule.times and one.at in row:
                found.append((len(row), min(row)))
    return max(found, key=lambda each: (each[0], EPOCH - each[1]), default=None)


def within(ats: list[datetime], since: datetime, until: datetime) -> int:
    return sum(since <= at < until for at in ats)


def note(
    raised: list[Raised],
    code: str,
    one: SightingRow,
    found: tuple[int, datetime],
    rules: Policy,
) -> None:
    quiet = timedelta(seconds=rules.alerts[code].quiet.seconds)
    for before in reversed(raised):
        if (before.kind, before.key) != (code, one.key):
            continue
        if before.at - quiet < one.at < before.last_at + quiet:
            before.last_at = max(before.last_at, one.at)
            before.peak = max(before.peak, found[0])
            return
    n, since = found
    raised.append(Raised(code, one.key, one.position, one.at, n, since, one.at, n))
