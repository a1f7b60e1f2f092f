"""Reading every fact again: what must hold of a log, and the places where it does not."""

from __future__ import annotations

from uuid import UUID

import msgspec
from eventsourcing.persistence import MapperDeserialisationError

from store.log import PAGE, Log

PROBLEMS_MAX = 100


class Report(msgspec.Struct, frozen=True):
    """``problems`` names at most 100 places, in words."""

    head: int
    facts: int
    streams: int
    problems: list[str]


def verify(log: Log) -> Report:
    """Check that positions have no gap, recorded times never fall, every stream counts
    1, 2, 3 …, and every fact can be read. Memory grows with the number of streams only.
    """
    head, facts, last = log.head(), 0, 0
    versions: dict[UUID, int] = {}
    problems: list[str] = []
    recorded_at = None
    while last < head and len(problems) < PROBLEMS_MAX:
        try:
            entries = log.read(last, PAGE)
        except MapperDeserialisationError as illegible:
            # Nothing after it can be judged: a stream may miss the fact it rests on.
            problems.append(str(illegible))
            break
        if not entries:
            problems.append(f"the log ends at {last}, its head says {head}")
            break
        for entry in entries:
            fact = entry.fact
            if entry.position != last + 1:
                problems.append(f"a gap between {last} and {entry.position}")
            if recorded_at is not None and entry.recorded_at < recorded_at:
                problems.append(f"recorded time falls at {entry.position}")
            due = versions.get(fact.originator_id, 0) + 1
            if fact.originator_version != due:
                problems.append(
                    f"stream {fact.originator_id} goes on with version"
                    f" {fact.originator_version} instead of {due} at {entry.position}"
                )
            versions[fact.originator_id] = fact.originator_version
            last, recorded_at = entry.position, entry.recorded_at
            facts += 1
    return Report(head, facts, len(versions), problems[:PROBLEMS_MAX])
