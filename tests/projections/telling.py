"""Facts as a log would have them: in streams with versions, at positions, recorded."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from domain.fact import NEVER, UNSTAMPED, Fact
from projections.folding import Folded, fold_in_memory
from projections.view import View
from store import Store
from store.log import Entry
from tests.support.scenario import CASE_ID, MONDAY

RECORDED = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)


def stream(number: int) -> UUID:
    """The stream of the ``number``-th case."""
    return uuid5(CASE_ID, str(number))


def minutes(n: float) -> datetime:
    """So many minutes into Monday."""
    return MONDAY + timedelta(minutes=n)


def at(moment: datetime, fact: Fact) -> Fact:
    """The same fact, happened then."""
    return fact.stamped(occurred_at=moment)


def in_stream(stream_id: UUID, facts: Iterable[Fact]) -> list[Fact]:
    """Facts stamped as the facts of one stream, in order."""
    return [
        fact.stamped(
            originator_id=stream_id,
            originator_version=version,
            occurred_at=MONDAY if fact.occurred_at == NEVER else fact.occurred_at,
            policy="sgcc-2022@1",
        )
        for version, fact in enumerate(facts, start=1)
    ]


def versioned(told: Iterable[tuple[int, Fact]]) -> list[Fact]:
    """Facts of several cases in the order given: (number of the case, fact)."""
    versions: dict[int, int] = {}
    facts = []
    for number, fact in told:
        versions[number] = versions.get(number, 0) + 1
        stamped = in_stream(stream(number), [fact])[0]
        facts.append(stamped.stamped(originator_version=versions[number]))
    return facts


def logged(facts: Iterable[Fact]) -> list[Entry]:
    """Facts as entries of a log, one position and one second after the other."""
    return [
        Entry(position=n, recorded_at=RECORDED + timedelta(seconds=n), fact=fact)
        for n, fact in enumerate(facts, start=1)
    ]


def folded(view: View[Any], *facts: Fact) -> Folded:
    """One view over the facts of one case (those with a stream of their own keep it)."""
    mine = [fact for fact in facts if fact.originator_id == UNSTAMPED]
    assert len(mine) in {0, len(facts)}
    told = in_stream(CASE_ID, facts) if mine else list(facts)
    return fold_in_memory([view], logged(told))


def row(view: View[Any], *facts: Fact) -> Any:
    """The row of the one case that these facts are about; nothing may have been parked."""
    found = folded(view, *facts)
    assert not found.parked
    return found[view.name][CASE_ID,]


def record(store: Store, facts: Sequence[Fact], *, at_once: int = 500) -> int:
    """Append facts to the log as if they had been decided; the head after it."""
    stored = [store.mapper.to_stored_event(fact) for fact in facts]
    for start in range(0, len(stored), at_once):
        store.recorder.insert_events(stored[start : start + at_once])
    return store.log.head()


def renamed(view: View[Any], name: str) -> View[Any]:
    """The same view under another name, for a test of its own."""
    return replace(view, table=replace(view.table, name=name))
