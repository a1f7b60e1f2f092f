"""Reading every fact again: what must hold of a log, and the places where it does not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from eventsourcing.persistence import MapperDeserialisationError, StoredEvent

from store.database import fetch
from store.log import Log

if TYPE_CHECKING:
    from store.store import Store

PROBLEMS_MAX = 100
SNAPSHOTTED = "SELECT DISTINCT stream_id FROM log.snapshots ORDER BY stream_id"


class Report(msgspec.Struct, frozen=True):
    """``problems`` names at most 100 places, in words.

    ``snapshots`` were compared with the facts they stand for; none are while the log
    itself has problems.
    """

    head: int
    facts: int
    streams: int
    problems: list[str]
    snapshots: int = 0


def verify(store: Store) -> Report:
    """Check the log, and that every snapshot in use is what its facts fold into.

    Memory grows with the number of streams, and with the longest snapshotted one.
    """
    report = verify_log(store.log)
    if report.problems:
        return report
    compared = 0
    for stream_id, snapshots in _snapshotted(store):
        compared += len(snapshots)
        report.problems.extend(_differing(store, stream_id, snapshots))
        if len(report.problems) >= PROBLEMS_MAX:
            break
    return msgspec.structs.replace(report, snapshots=compared)


def _snapshotted(store: Store) -> Iterator[tuple[UUID, dict[int, StoredEvent]]]:
    """Each stream with the snapshots of it that today's code would use, by version."""
    recorder = store.factory.aggregate_recorder("snapshots")
    for (stream_id,) in fetch(store.pool, SNAPSHOTTED, []):
        found = recorder.select_events(stream_id)
        if found:
            yield stream_id, {each.originator_version: each for each in found}


def _differing(
    store: Store, stream_id: UUID, snapshots: dict[int, StoredEvent]
) -> Iterator[str]:
    """The snapshots of one stream that are not what folding its facts gives, in words."""
    left, aggregate = dict(snapshots), None
    for entry in store.log.stream(stream_id):
        try:
            aggregate = entry.fact.mutate(aggregate)
        except Exception as problem:
            yield f"stream {stream_id} cannot be folded at {entry.position}: {problem}"
            return
        kept = left.pop(entry.fact.originator_version, None)
        if kept is None:
            continue
        version = kept.originator_version
        try:
            restored: Any = store.mapper.to_domain_event(kept).mutate(None)
        except MapperDeserialisationError as illegible:
            yield f"snapshot of stream {stream_id} at version {version}: {illegible}"
            continue
        if restored != aggregate:
            odd = ", ".join(_odd(restored, aggregate))
            yield (
                f"snapshot of stream {stream_id} at version {version} is not what its"
                f" facts fold into: {odd}"
            )
    for version in left:
        yield f"snapshot of stream {stream_id} at version {version}: it has no such fact"


def _odd(one: Any, other: Any) -> list[str]:
    """The attributes in which two aggregates differ; their values may be personal."""
    ours, theirs = vars(one), vars(other)
    names = sorted(ours.keys() | theirs.keys())
    return [name for name in names if ours.get(name) != theirs.get(name)]


def verify_log(log: Log) -> Report:
    """Check that positions have no gap, recorded times never fall, every stream counts
    1, 2, 3 …, and every fact can be read. Memory grows with the number of streams only.

    Nothing behind a fact that cannot be read is judged (a stream may miss the fact it
    rests on); ``facts`` counts those before it.
    """
    head, facts, last = log.head(), 0, 0
    versions: dict[UUID, int] = {}
    problems: list[str] = []
    recorded_at = None
    try:
        for entry in log.scan(head):
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
            if len(problems) >= PROBLEMS_MAX:
                break
        else:
            if last < head:
                problems.append(f"the log ends at {last}, its head says {head}")
    except MapperDeserialisationError as illegible:
        problems.append(str(illegible))
    return Report(head, facts, len(versions), problems[:PROBLEMS_MAX])
