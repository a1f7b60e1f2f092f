"""Facts come back from bytes just as they were said, whatever they say."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from secrets import token_bytes
from typing import Any, ClassVar
from uuid import uuid4

import pytest
from eventsourcing.persistence import MapperDeserialisationError, Notification, StoredEvent
from hypothesis import given
from hypothesis import strategies as st

from domain.fact import Fact, Sealed
from store.mapper import FactMapper, StoredFact, encode_fact
from tests.store.diary import NOON, NoteWritten, Place, note

MAPPER = FactMapper()
texts = st.text(st.characters(exclude_categories=["Cs"]))
moments = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
sealeds = st.builds(
    Sealed, person=st.uuids(), envelope=st.uuids(), mask=texts, box=texts, commitment=texts
)
notes = st.builds(
    NoteWritten,
    originator_id=st.uuids(),
    originator_version=st.integers(1, 10**6),
    occurred_at=moments,
    causation_id=st.none() | st.uuids(),
    policy=st.none() | texts,
    text=texts,
    place=st.none()
    | st.builds(
        Place, name=texts, seen_at=moments, marks=st.lists(st.integers(-9, 9)).map(tuple)
    ),
    tags=st.lists(texts).map(tuple),
    worth=st.decimals(allow_nan=False, allow_infinity=False),
    waited=st.timedeltas(timedelta(0), timedelta(days=400)),
    secret=st.none() | sealeds,
    raw=st.binary(),
    extra=st.dictionaries(texts, st.lists(st.integers(0, 9))),
)


class Reworded(Fact):
    """Once said ``word``; since version 3 it says ``words``, and how loud."""

    TOPIC: ClassVar[str] = "diary.reworded"
    class_version: ClassVar[int] = 3

    words: list[str]
    loud: bool = True
    since: datetime = NOON

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["words"] = state.pop("word").split()

    @staticmethod
    def upcast_v2_v3(state: dict[str, Any]) -> None:
        state["loud"] = False


def reread(fact: Fact) -> Any:
    return MAPPER.to_domain_event(MAPPER.to_stored_event(fact))


def as_stored(topic: str, state: bytes) -> StoredEvent:
    return StoredEvent(uuid4(), 1, topic, state)


@given(notes)
def test_a_fact_that_was_read_is_the_fact_that_was_written(fact: NoteWritten) -> None:
    read = reread(fact)
    assert read == fact
    assert vars(read) == vars(fact)
    assert [type(value) for value in vars(read).values()] == [
        type(vars(fact)[name]) for name in vars(read)
    ]


def test_what_is_as_by_default_is_not_written() -> None:
    said = json.loads(encode_fact(note(uuid4(), 3, "hello")))
    assert said.keys() == {"occurred_at", "actor", "command_id", "text"}


def test_two_facts_never_share_what_was_made_for_one() -> None:
    one, other = reread(note(uuid4(), 1)), reread(note(uuid4(), 1))
    one.extra["mine"] = [1]
    assert other.extra == reread(note(uuid4(), 1)).extra == {}


def test_the_business_time_goes_to_its_column_too() -> None:
    fact = note(uuid4(), 1)
    encoded = MAPPER.to_stored_event(fact)
    assert isinstance(encoded, StoredFact)
    assert encoded.occurred_at == fact.occurred_at


def test_a_long_fact_is_compressed_and_a_short_one_or_noise_is_not() -> None:
    short, long = note(uuid4(), 1, "short"), note(uuid4(), 1, "电压低 " * 1000)
    assert MAPPER.to_stored_event(short).state.startswith(b"{")
    assert len(MAPPER.to_stored_event(long).state) < 500
    assert reread(long) == long
    noise = note(uuid4(), 1, raw=token_bytes(2_000))
    assert MAPPER.to_stored_event(noise).state.startswith(b"{")


def test_facts_of_every_class_version_are_brought_up_to_todays() -> None:
    today = Reworded(words=["a", "b"])
    assert reread(today) == today
    assert MAPPER.to_stored_event(today).state.startswith(b'{"class_version":3')
    first = MAPPER.to_domain_event(as_stored("diary.reworded", b'{"word":"a b"}'))
    second = MAPPER.to_domain_event(
        as_stored("diary.reworded", b'{"class_version":2,"words":["c"]}')
    )
    assert (first.words, first.loud, first.since) == (["a", "b"], False, NOON)
    assert (second.words, second.loud, second.since) == (["c"], False, NOON)


def test_a_fact_of_a_newer_program_is_not_misread() -> None:
    newer = b'{"class_version":4,"words":["c"]}'
    with pytest.raises(MapperDeserialisationError, match="newer program, as version 4"):
        MAPPER.to_domain_event(as_stored("diary.reworded", newer))


@pytest.mark.parametrize(
    ("topic", "state"),
    [
        ("diary.never_registered", b"{}"),
        ("os:getcwd", b"{}"),
        ("json", b"{}"),
        ("diary.note_written", b"{}"),
        ("diary.note_written", b'{"text":1}'),
        ("diary.note_written", b'{"text":"\xff"}'),
        ("diary.note_written", b"x\x9cbroken"),
        ("diary.reworded", b'{"words":["upcast","me"]}'),
        ("snapshot/nothing/0", b""),
    ],
)
def test_what_cannot_be_read_is_named_by_position_stream_and_topic(
    topic: str, state: bytes
) -> None:
    row = Notification(uuid4(), 7, topic, state, id=4711)
    with pytest.raises(MapperDeserialisationError) as told:
        MAPPER.to_domain_event(row)
    for part in ("position 4711", str(row.originator_id), "version 7", topic):
        assert part in str(told.value)


@pytest.mark.parametrize("topic", ["diary.supplemented", "diary", "json", "os:getcwd"])
def test_a_fact_type_of_a_later_program_is_said_to_be_that_and_nothing_is_imported(
    topic: str,
) -> None:
    row = Notification(uuid4(), 7, topic, b"{}", id=471)
    said = f"position 471: this version of the program knows no fact type {topic} "
    with pytest.raises(MapperDeserialisationError, match=re.escape(said)):
        MAPPER.to_domain_event(row)
    with pytest.raises(MapperDeserialisationError, match="version 1: this version of"):
        MAPPER.to_domain_event(as_stored(topic, b"{}"))


def test_only_facts_and_snapshots_are_stored() -> None:
    with pytest.raises(TypeError, match="neither a fact nor a snapshot"):
        MAPPER.to_stored_event(object())  # type: ignore[arg-type]


def test_what_json_cannot_hold_is_refused_before_it_is_stored() -> None:
    with pytest.raises(TypeError):
        encode_fact(note(uuid4(), 1, extra=object()))
