"""A snapshot restores exactly the state that folding all facts gives."""

from __future__ import annotations

from importlib import import_module
from typing import ClassVar
from uuid import UUID, uuid4

import pytest
from eventsourcing.domain import Aggregate, Snapshot
from eventsourcing.utils import get_topic
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from domain.fact import Fact, Recorded
from store import Store
from store.mapper import FactMapper
from store.snapshots import is_outdated, snapshot_topic, state_type
from tests.store.diary import Diaries, Diary, begun, note
from tests.store.test_mapper import notes

MAPPER = FactMapper()
STREAM = UUID(int=7)


class Sketch(Recorded):
    """An aggregate that forgot to say the type of what it keeps."""

    TOPIC: ClassVar[str] = "sketch"

    class Created(Aggregate.Created):
        TOPIC: ClassVar[str] = "sketch.created"

    def __init__(self) -> None:
        self.kept: str = ""
        self.forgotten = ""


def folded(facts: list[Fact], stream: UUID = STREAM) -> Diary:
    """A diary with these notes, all of them pending."""
    first = begun(stream, uuid4())
    diary = first.mutate(None)
    assert isinstance(diary, Diary)
    diary.pending_events.append(first)
    diary.admit(
        [
            fact.stamped(originator_id=stream, originator_version=version)
            for version, fact in enumerate(facts, start=2)
        ]
    )
    return diary


def notes_from(stream: UUID, count: int) -> list[Fact]:
    return [note(stream, version, f"note {version}") for version in range(2, count + 2)]


@given(st.lists(notes, max_size=8))
def test_a_restored_aggregate_equals_the_folded_one(facts: list[Fact]) -> None:
    diary = folded(facts)
    diary.collect_events()
    kept = MAPPER.to_stored_event(Snapshot.take(diary))
    restored = MAPPER.to_domain_event(kept).mutate(None)
    assert restored == diary
    assert {name: type(value) for name, value in vars(restored).items()} == {
        name: type(value) for name, value in vars(diary).items()
    }


def aggregates() -> list[type[Recorded]]:
    import_module("domain.desk")
    return [
        kind for kind in Recorded.__subclasses__() if kind.__module__.startswith("domain.")
    ]


@pytest.mark.parametrize("kind", aggregates(), ids=get_topic)
def test_every_aggregate_of_the_domain_can_be_restored_before_its_first_fact(
    kind: type[Recorded],
) -> None:
    empty = kind.__new__(kind)
    empty.__base_init__(STREAM, 0, note(STREAM, 1).occurred_at)
    empty.__init__()  # type: ignore[misc]
    restored = MAPPER.to_domain_event(MAPPER.to_stored_event(Snapshot.take(empty))).mutate(
        None
    )
    assert restored == empty


def test_what_a_snapshot_keeps_must_say_its_type() -> None:
    sketch = Sketch.empty(STREAM)
    with pytest.raises(TypeError, match=r"sketch: .* annotated in __init__.*: forgotten"):
        MAPPER.to_stored_event(Snapshot.take(sketch))


def test_a_long_stream_is_read_from_its_snapshot(store: Store) -> None:
    diaries, diary = Diaries(store), folded(notes_from(STREAM, 24))
    diaries.save(diary)

    with store.pool.connection() as connection:
        kept = connection.execute("SELECT version, topic FROM log.snapshots").fetchall()
    assert kept == [(10, snapshot_topic("diary")), (20, snapshot_topic("diary"))]
    assert diaries.repository.get(STREAM) == diary
    earlier: Diary = diaries.repository.get(STREAM, version=14)
    assert earlier.notes == diary.notes[:13]


def test_a_snapshot_of_another_shape_is_not_used(store: Store) -> None:
    diaries = Diaries(store)
    diaries.save(folded(notes_from(STREAM, 5)))
    with store.pool.connection() as connection:
        connection.execute(
            "INSERT INTO log.snapshots VALUES (%s, 5, %s, 'x')",
            [STREAM, "snapshot/diary/0123456789abcdef"],
        )
    read: Diary = diaries.repository.get(STREAM)
    assert read.version == 6


def test_the_shape_covers_names_types_and_nested_types() -> None:
    assert not is_outdated(snapshot_topic("diary"))
    assert is_outdated("snapshot/diary/0123456789abcdef")
    assert is_outdated("snapshot/gone/0123456789abcdef")
    assert not is_outdated("topic1")
    kept = state_type(Diary).__struct_fields__
    assert {"_created_on", "_modified_on", "places"} <= set(kept)


@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    max_examples=20,
    deadline=None,
)
@given(st.integers(11, 45))
def test_reading_by_snapshot_equals_folding_every_fact(
    module_store: Store, length: int
) -> None:
    stream = uuid4()
    diaries = Diaries(module_store)
    diaries.save(folded(notes_from(stream, length), stream))
    in_full: Diary | None = None
    for entry in module_store.log.stream(stream):
        in_full = entry.fact.mutate(in_full)
    read: Diary = diaries.repository.get(stream)
    assert read == in_full
