"""回想 Recalling: what was seen before some sightings, asked of the database at once."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from consumers.watch.looking import Acts, Judged, Of, Past
from domain.policy.alert_rows import COMPARED, SILENCE, AlertRule
from domain.signals.surge import WEEK
from domain.signals.windows import Counts, Times, grain
from projections.ground import Connection
from projections.sightings import ACTED, PLACED, TOPIC, Span, Wanted, counts, times

COUNTED = frozenset({PLACED, TOPIC})
"""Kinds of sightings of which there are many: they are counted, not listed."""


def past(connection: Connection, found: Sequence[Judged], done: int, upto: int) -> Past:
    """What was known at position ``done``, and how units acted up to ``upto``."""
    seen = Past(done)
    by_kind: defaultdict[str, list[Judged]] = defaultdict(list)
    for each in found:
        by_kind[each.sighting.kind].append(each)
    for kind, of_kind in by_kind.items():
        wanted = wanted_of(of_kind)
        if kind in COUNTED:
            seen.counts.update(counted(connection, kind, of_kind, wanted, done))
        else:
            seen.times.update(listed(connection, kind, wanted, done))
    quiet = wanted_of(many_stalls(found, seen))
    acts = defaultdict(list)
    for unit, at, position in times(connection, ACTED, quiet, upto) if quiet else ():
        acts[unit].append((at, position))
    seen.acts.update({unit: Acts(each) for unit, each in acts.items()})
    return seen


def counted(
    connection: Connection, kind: str, found: Iterable[Judged], wanted: Wanted, upto: int
) -> dict[Of, Counts]:
    """In bins that fit every window of these rules and every week."""
    rules = {each.rule for each in found}
    bins = grain(WEEK, *(length for rule in rules for length in lengths(rule)))
    by_key = {(kind, key): Counts(bins) for key in wanted}
    for key, at, n in counts(connection, kind, wanted, bins, upto):
        by_key[kind, key].add(at, n)
    return by_key


def lengths(rule: AlertRule) -> Iterator[timedelta]:
    yield timedelta(seconds=rule.window.seconds)
    if rule.hop is not None:
        yield timedelta(seconds=rule.hop.seconds)


def listed(connection: Connection, kind: str, wanted: Wanted, upto: int) -> dict[Of, Times]:
    moments = defaultdict(list)
    for key, at, _ in times(connection, kind, wanted, upto):
        moments[key].append(at)
    return {(kind, key): Times(moments[key]) for key in wanted}


def many_stalls(found: Iterable[Judged], seen: Past) -> Iterator[Judged]:
    """Only where cases of a unit stall often does it matter whether it acts."""
    of_silence = [each for each in found if each.rule.code == SILENCE]
    new = Counter(each.sighting.key for each in of_silence)
    for each in of_silence:
        key = each.sighting.key
        known = len(seen.times[each.sighting.kind, key])
        if known + new[key] >= each.rule.times:
            yield each


# Spans -----------------------------------------------------------------------------------


def wanted_of(found: Iterable[Judged]) -> dict[str, list[Span]]:
    """By key, what has to be known to judge these, each moment once."""
    spans: defaultdict[str, list[Span]] = defaultdict(list)
    for each in found:
        spans[each.sighting.key] += around(each.sighting.at, each.rule)
    return {key: joined(of_key) for key, of_key in spans.items()}


def around(at: datetime, rule: AlertRule) -> Iterator[Span]:
    """All windows that a moment may fall into, and the same of the weeks before."""
    window = timedelta(seconds=rule.window.seconds)
    for week in range(rule.weeks + 1 if rule.code in COMPARED else 1):
        yield at - window - week * WEEK, at + window - week * WEEK


def joined(spans: Iterable[Span]) -> list[Span]:
    """The same moments, in spans that do not overlap."""
    found: list[Span] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            first, last = found[-1]
            found[-1] = (first, max(last, until))
        else:
            found.append((since, until))
    return found
