"""察看 Looking: what sightings, in their order, make of what was seen before them.

Each is judged by the rules of its own time, against what was known at its own position. So
it does not matter how many are looked at together, nor when.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from domain.policy.alert_rows import COMPARED, SILENCE, SURGE, AlertRule
from domain.signals.episode import Episode, going_on
from domain.signals.often import often
from domain.signals.silence import silence
from domain.signals.surge import surge
from domain.signals.windows import Counts, Found, Times
from projections.sightings import SEEN_BY, TOPIC, SightingRow

if TYPE_CHECKING:
    from consumers.watch.rulebook import Rulebook
    from domain.policy.policy import Policy

Of = tuple[str, str]
"""Kind and key, of sightings or of episodes."""


class Judged(NamedTuple):
    """A sighting under one rule that counts it, of these rules."""

    sighting: SightingRow
    rule: AlertRule
    policy: str


def judged(sightings: Iterable[SightingRow], rulebook: Rulebook) -> list[Judged]:
    """Each sighting under each rule in force at its time, in order."""
    found = []
    for sighting in sightings:
        policy = rulebook.at(sighting.at, sighting.position)
        if policy is not None:
            found += [Judged(sighting, r, policy.label) for r in counting(sighting, policy)]
    return found


def counting(sighting: SightingRow, policy: Policy) -> Iterator[AlertRule]:
    """The rules that count a sighting. What stays in the centre is of no region."""
    for code, kind in SEEN_BY.items():
        rule = policy.alerts.get(code)
        at_home = code == SURGE and sighting.unit == policy.intake_unit
        if rule is not None and kind == sighting.kind and not at_home:
            yield rule


class Acts:
    """When somebody of a unit acted, and at which position that was known."""

    def __init__(self, acts: Iterable[tuple[datetime, int]] = ()) -> None:
        self._acts = sorted(acts)

    def last(self, upto: datetime, position: int) -> datetime | None:
        """The last one at or before a moment, as known at a position."""
        n = bisect_right(self._acts, upto, key=lambda act: act[0])
        return next((at for at, seen in reversed(self._acts[:n]) if seen <= position), None)


@dataclass(frozen=True, slots=True)
class Past:
    """What was seen before, as far as it matters: counts and times of sightings, acts by
    unit. ``position`` is up to where they are in the counts and times."""

    position: int
    counts: dict[Of, Counts] = field(default_factory=dict)
    times: dict[Of, Times] = field(default_factory=dict)
    acts: dict[str, Acts] = field(default_factory=dict)

    def add(self, sighting: SightingRow) -> None:
        """It was seen now, unless it is known already."""
        of = sighting.kind, sighting.key
        if sighting.position <= self.position:
            return
        if of in self.counts:
            self.counts[of].add(sighting.at)
        else:
            self.times[of].add(sighting.at)

    def see(self, sighting: SightingRow, rule: AlertRule) -> Found | None:
        """Whether with it there are enough by this rule."""
        of = sighting.kind, sighting.key
        if rule.code in COMPARED:
            return surge(self.counts[of], sighting.at, rule)
        if rule.code != SILENCE:
            return often(self.times[of], sighting.at, rule)
        acts = self.acts.get(sighting.key, Acts())
        return silence(
            self.times[of],
            lambda upto: acts.last(upto, sighting.position),
            sighting.at,
            rule,
        )


class Episodes:
    """Those that go on; ``changed`` are the ones that are new, or were seen again."""

    def __init__(self, going: Iterable[Episode]) -> None:
        self.changed: dict[UUID, Episode] = {}
        self._going: defaultdict[Of, dict[UUID, Episode]] = defaultdict(dict)
        for episode in going:
            self._going[episode.kind, episode.key][episode.id] = episode

    def seen(self, each: Judged, found: Found) -> None:
        """It was enough: that begins an episode, unless one goes on."""
        at, rule = each.sighting.at, each.rule
        of_key = self._going[rule.code, each.sighting.key]
        quiet = timedelta(seconds=rule.quiet.seconds)
        before = going_on(of_key.values(), at, quiet)
        after = before.goes_on(at, found.n) if before else begun(each, found)
        if after != before:
            of_key[after.id] = self.changed[after.id] = after


def begun(each: Judged, found: Found) -> Episode:
    """The episode that a sighting begins."""
    sighting = each.sighting
    return Episode(
        kind=each.rule.code,
        key=sighting.key,
        at=sighting.at,
        since=found.since,
        until=found.until,
        n=found.n,
        usual=found.usual,
        position=sighting.position,
        last_at=sighting.at,
        peak=found.n,
        policy=each.policy,
        unit=sighting.unit,
        other_unit=sighting.other_unit,
        category=sighting.category,
        topic=sighting.key if sighting.kind == TOPIC else None,
        customer=sighting.customer,
    )


def look(found: Iterable[Judged], past: Past, episodes: Episodes) -> None:
    """Look at sightings in order: each is added once, and judged by every rule of its."""
    last: SightingRow | None = None
    for each in found:
        if each.sighting is not last:
            past.add(each.sighting)
            last = each.sighting
        seen = past.see(each.sighting, each.rule)
        if seen is not None:
            episodes.seen(each, seen)
