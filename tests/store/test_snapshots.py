"""A snapshot restores exactly the state that folding all facts gives."""

from __future__ import annotations

from typing import ClassVar
from uuid import UUID, uuid4

import pytest
from eventsourcing.domain import Aggregate, Snapshot
from eventsourcing.utils import get_topic
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

import domain.desk
from domain.fact import Fact, Recorded
from store import Store
from store.mapper import FactMapper
from store.snapshots import is_outdated, snapshot_topic, state_type
from tests.store.diary import Diaries, Diary, DiaryBegun, note
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


def folded(facts: list[Fact]) -> Diary:
    begun = DiaryBegun(originator_id=STREAM, originator_version=1, owner=uuid4())
    diary = begun.mutate(None)
    assert isinstance(diary, Diary)
    for n, fact in enumerate(facts, start=2):
        fact.stamped(originator_id=STREAM, originator_version=n).mutate(diary)
    return diary


@given(st.lists(notes, max_size=8))
def test_a_restored_aggregate_equals_the_folded_one(facts: list[Fact]) -> None:
    diary = folded(facts)
    kept = MAPPER.to_stored_event(Snapshot.take(diary))
    restored = MAPPER.to_domain_event(kept).mutate(None)
    assert restored == diary
    assert {name: type(value) for name, value in vars(restored).items()} == {
        name: type(value) for name, value in vars(diary).items()
    }


def aggregates() -> list[type[Recorded]]:
    assert domain.desk
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
    with pytest.raises(TypeError, match="sketch: .* annotated in __init__.*: forgotten"):
        MAPPER.to_stored_event(Snapshot.take(sketch))


def test_a_long_stream_is_read_from_its_snapshot(store: Store) -> None:
    diaries = Diaries(store)
    diary = folded([])
    diary.admit([note(STREAM, version, f"note {version}") for version in range(2, 26)])
    begun = DiaryBegun(originator_id=STREAM, originator_version=1, owner=diary.owner)
    diaries.save(begun, diary)

    with store.pool.connection() as connection:
        kept = connection.execute("SELECT version, topic FROM log.snapshots").fetchall()
    assert kept == [(10, snapshot_topic("diary")), (20, snapshot_topic("diary"))]
    assert diaries.repository.get(STREAM) == diary
    assert diaries.repository.get(STREAM, version=14).notes == diary.notes[:13]


def test_a_snapshot_of_another_shape_is_not_used(store: Store) -> None:
    diaries = Diaries(store)
    diaries.save(*[folded_in_full() for _ in range(1)])
    with store.pool.connection() as connection:
        connection.execute(
            "INSERT INTO log.snapshots VALUES (%s, 5, 'snapshot/diary/0123456789abcdef', 'x')",
            [STREAM],
        )
    assert diaries.repository.get(STREAM).version == 6


def folded_in_full() -> Diary:
    diary = folded([])
    begun = DiaryBegun(originator_id=STREAM, originator_version=1, owner=diary.owner)
    diary.pending_events.append(begun)
    diary.admit([note(STREAM, version) for version in range(2, 7)])
    return diary


def test_the_shape_covers_names_types_and_nested_types() -> None:
    assert not is_outdated(snapshot_topic("diary"))
    assert is_outdated("snapshot/diary/0123456789abcdef")
    assert is_outdated("snapshot/gone/0123456789abcdef")
    assert not is_outdated("topic1")
    assert {"_created_on", "_modified_on", "places"} <= set(
        state_type(Diary).__struct_fields__
    )


@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20
)
@given(st.integers(11, 45))
def test_reading_by_snapshot_equals_folding_every_fact(
    module_store: Store, length: int
) -> None:
    stream = uuid4()
    begun = DiaryBegun(originator_id=stream, originator_version=1, owner=uuid4())
    diary = begun.mutate(None)
    assert isinstance(diary, Diary)
    diary.pending_events.append(begun)
    diary.admit([note(stream, version, f"n{version}") for version in range(2, length + 1)])
    diaries = Diaries(module_store)
    diaries.save(diary)
    in_full: Diary | None = None
    for entry in module_store.log.stream(stream):
        in_full = entry.fact.mutate(in_full)
    assert diaries.repository.get(stream) == in_full
