"""The wire: every fact of a case travels and comes back the same, and nothing is opened."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, ClassVar, cast
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consumers import wire
from domain.case.case import CaseFact
from domain.case.receive import CaseReceived
from domain.fact import Actor, Fact, Sealed
from domain.policy.book import PolicyPublished
from store.log import Entry
from store.mapper import decode_fact, encode_fact

# Times of facts are UTC, their numbers are finite.
st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
st.register_type_strategy(float, st.floats(allow_nan=False, allow_infinity=False))
RECORDED = datetime(2026, 3, 2, 2, 0, 1, tzinfo=UTC)
BOX = Sealed(
    person=UUID(int=7), envelope=UUID(int=8), mask="138****5678", box="b64", commitment="c"
)


class Reworded(CaseFact):
    """Once said ``word``; since version 3 it says ``words``, and how loud."""

    TOPIC: ClassVar[str] = "letter.reworded"
    class_version: ClassVar[int] = 3

    words: list[str]
    loud: bool = True

    @staticmethod
    def upcast_v1_v2(state: dict[str, Any]) -> None:
        state["words"] = state.pop("word").split()

    @staticmethod
    def upcast_v2_v3(state: dict[str, Any]) -> None:
        state["loud"] = False


def kinds(base: type[Fact] = CaseFact) -> list[type[Fact]]:
    below = [kind for each in base.__subclasses__() for kind in kinds(each)]
    return [base, *below] if "TOPIC" in vars(base) else below


def received(**said: Any) -> Entry:
    """A case received at position 17 of the log."""
    fact = CaseReceived(
        number="260302-1",
        business_type="complaint",
        channel="95598",
        holder_unit="95598",
        holder_person="agent-1",
        content=BOX,
    )
    envelope = {
        "originator_id": UUID(int=1),
        "originator_version": 1,
        "occurred_at": datetime(2026, 3, 2, 2, 0, tzinfo=UTC),
        "actor": Actor(person="agent-1", role="agent", unit="95598"),
        "command_id": UUID(int=2),
        "policy": "sgcc-2022@1",
        "stage": "received",
    }
    return Entry(17, RECORDED, fact.stamped(**envelope | said))


@pytest.mark.parametrize("kind", kinds(), ids=lambda kind: cast("type[Fact]", kind).TOPIC)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_every_fact_of_a_case_comes_back_as_it_was_sent(
    kind: type[CaseFact], data: st.DataObject
) -> None:
    said = data.draw(st.from_type(kind))
    fact = said.stamped(originator_version=data.draw(st.integers(1, wire.PLACE_MAX)))
    sent = Entry(data.draw(st.integers(1, wire.PLACE_MAX)), RECORDED, fact)

    assert wire.travels(fact)
    back = wire.entry(wire.payload(sent))
    assert back == sent
    assert vars(back.fact) == vars(fact)
    assert type(back.fact) is kind


def test_the_message_is_a_schema_of_its_own_with_every_field_written_out() -> None:
    message = json.loads(wire.payload(received()))

    assert message == {
        "position": 17,
        "case": str(UUID(int=1)),
        "version": 1,
        "type": "case.received",
        "type_version": 1,
        "occurred_at": "2026-03-02T02:00:00Z",
        "recorded_at": "2026-03-02T02:00:01Z",
        "actor": {"person": "agent-1", "role": "agent", "post": None, "unit": "95598"},
        "command": str(UUID(int=2)),
        "correlation": None,
        "causation": None,
        "policy": "sgcc-2022@1",
        "stage": "received",
        "terminal": False,
        "body": {
            "coming": None,
            "number": "260302-1",
            "business_type": "complaint",
            "channel": "95598",
            "holder_unit": "95598",
            "holder_person": "agent-1",
            "area": None,
            "content": {
                "person": str(UUID(int=7)),
                "envelope": str(UUID(int=8)),
                "mask": "138****5678",
                "box": "b64",
                "commitment": "c",
            },
            "wish": None,
            "customer": None,
            "secret": False,
            "anonymous": False,
            "call_id": None,
            "source": None,
            "source_id": None,
            "topics": [],
        },
    }


def test_the_headers_are_those_of_cloudevents() -> None:
    assert wire.key(received()) == str(UUID(int=1)).encode()
    assert dict(wire.headers(received())) == {
        "ce_specversion": b"1.0",
        "ce_id": b"17",
        "ce_source": b"/huiyin/log",
        "ce_type": b"case.received",
        "ce_subject": str(UUID(int=1)).encode(),
        "ce_time": b"2026-03-02T02:00:00Z",
        "content-type": b"application/json",
    }


def test_a_message_says_which_fact_it_carries_without_being_read() -> None:
    entry = received()
    told = wire.Peek(17, "case.received", UUID(int=1))

    assert wire.peek(wire.headers(entry), wire.key(entry)) == told
    assert wire.peek(wire.headers(entry), None) == told


def test_the_key_says_the_case_for_it_chose_the_partition() -> None:
    other = str(UUID(int=2)).encode()

    told = wire.peek(wire.headers(received()), other)

    assert told is not None
    assert told.case == UUID(int=2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ce_id", None),
        ("ce_id", b"0"),
        ("ce_id", b"-17"),
        ("ce_id", b"1_7"),
        ("ce_id", "１７".encode()),
        ("ce_id", b"9223372036854775808"),
        ("ce_id", b"1" * 5_000),
        ("ce_source", b"/billing/cases"),
        ("ce_source", None),
        ("ce_type", b""),
        ("ce_type", None),
        ("ce_type", b"\xff"),
    ],
)
def test_headers_that_name_no_fact_of_this_log_tell_nothing(
    name: str, value: bytes | None
) -> None:
    entry = received()
    headers = dict(wire.headers(entry)) | {name: value}

    assert wire.peek(headers.items(), wire.key(entry)) is None


@pytest.mark.parametrize("key", [b"no case", b"\xff\xfe"])
def test_a_key_that_is_no_case_tells_nothing(key: bytes) -> None:
    assert wire.peek(wire.headers(received()), key) is None


def test_a_message_without_headers_and_key_tells_nothing() -> None:
    assert wire.peek([], None) is None


def reworded(version: int, body: dict[str, Any]) -> bytes:
    """A message from when ``letter.reworded`` was at that version."""
    message = json.loads(wire.payload(received()))
    said = {"type": "letter.reworded", "type_version": version, "body": body}
    return json.dumps(message | said).encode()


@pytest.mark.parametrize(
    ("version", "body", "words", "loud"),
    [
        (1, {"coming": None, "word": "slowly please"}, ["slowly", "please"], False),
        (2, {"coming": None, "words": ["slowly"], "loud": True}, ["slowly"], False),
        (3, {"coming": None, "words": ["slowly"], "loud": True}, ["slowly"], True),
        (3, {"words": ["slowly"]}, ["slowly"], True),
    ],
)
def test_a_message_of_an_older_version_is_read_as_the_log_would_read_it(
    version: int, body: dict[str, Any], words: list[str], loud: bool
) -> None:
    read = wire.entry(reworded(version, body))

    sent = received()
    said = Reworded(words=words, loud=loud)
    envelope = {name: vars(sent.fact)[name] for name in wire.ENVELOPE}
    assert read == Entry(sent.position, sent.recorded_at, said.stamped(**envelope))
    assert vars(read.fact) == vars(said.stamped(**envelope))


def test_a_message_of_a_newer_program_says_so() -> None:
    with pytest.raises(wire.Unreadable, match="newer program"):
        wire.entry(reworded(4, {"words": ["slowly"], "loud": True}))


def test_a_field_that_this_program_does_not_know_is_passed_over() -> None:
    message = json.loads(wire.payload(received()))
    message["tenant"] = "elsewhere"
    message["body"]["mood"] = "calm"

    assert wire.entry(json.dumps(message).encode()) == received()


def test_a_message_is_the_same_whether_the_fact_was_made_or_read_from_the_log() -> None:
    fact = received().fact
    stored = decode_fact(type(fact), UUID(int=1), 1, encode_fact(fact))

    assert wire.payload(Entry(17, RECORDED, stored)) == wire.payload(received())


def test_a_fact_that_is_not_about_a_case_does_not_travel() -> None:
    assert not wire.travels(cast("Fact", PolicyPublished))


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"not json",
        b"{}",
        b"\xff\xfe",
        wire.payload(received()).replace(b"case.received", b"case.never_heard_of"),
        wire.payload(received()).replace(b"case.received", b"policy.published"),
        wire.payload(received()).replace(b'"number"', b'"numbre"'),
        wire.payload(received()).replace(b'"secret":false', b'"secret":"no"'),
        wire.payload(received()).replace(b'"body":{', b'"body":[{').replace(b"}}", b"}]}"),
        wire.payload(received()).replace(b'"position":17', b'"position":0'),
        wire.payload(received()).replace(
            b'"position":17', b'"position":9223372036854775808'
        ),
        wire.payload(received()).replace(b'"version":1', b'"version":-1'),
        wire.payload(received()).replace(b"02:00:00Z", b"02:00:00"),
        wire.payload(received())[:-1] + b',"x":' + b"[" * 10_000 + b"]" * 10_000 + b"}",
        wire.payload(received()).replace(b'"type_version":1', b'"type_version":0'),
    ],
)
def test_a_message_that_is_no_fact_is_refused_with_a_reason(message: bytes) -> None:
    with pytest.raises(wire.Unreadable, match=r"\w+"):
        wire.entry(message)
