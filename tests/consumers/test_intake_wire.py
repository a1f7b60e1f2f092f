"""The intake wire: what other systems write is read to the letter, or refused with why."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.http import bodies
from consumers.intake import wire
from consumers.intake.wire import IntakeV1, Message, RefusedV1, Unfit
from domain.case.receive import ReceiveCase
from store.edge import body_fields
from tests.support.sending import body, headers, message

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
WHOLE: dict[str, Any] = {
    "business_type": "complaint",
    "channel": "12345",
    "area": "urban",
    "content": "昨晚八点停电",
    "wish": "尽快复电",
    "name": "王小明",
    "phone": "13812345678",
    "address": "望湖路 12 号",
    "secret": True,
    "anonymous": False,
    "category": "service_conduct.attitude",
    "level": "general",
    "referral_body": "government_12345",
    "referral_number": "Z-9",
    "source_id": "2026-0001",
}

# Words that no field and no value of JSON is called by.
ENGLISH = re.compile(r"(?i)expected|object|missing|unknown|length|blank|number")


def unfit(sent: Message) -> Unfit:
    with pytest.raises(Unfit) as found:
        wire.read(sent)
    return found.value


def test_a_whole_message_is_read() -> None:
    sent = wire.read(message(json.dumps(WHOLE).encode()))
    assert sent.body() == WHOLE | {"source": "12345"}
    assert sent.said_at == datetime(2026, 3, 2, 1, 59, tzinfo=UTC)


def test_everything_that_can_be_said_when_a_case_is_received_can_be_sent() -> None:
    filled_here = {"source", "call_id"}
    assert set(IntakeV1.__struct_fields__) == set(body_fields(ReceiveCase)) - filled_here


def test_nothing_longer_may_be_sent_than_over_http() -> None:
    assert (wire.NAME_LENGTH_MAX, wire.TEXT_LENGTH_MAX, wire.PHONE_LENGTH_MAX) == (
        bodies.WORD_LENGTH_MAX,
        bodies.SEALED_LENGTH_MAX,
        bodies.PHONE_LENGTH_MAX,
    )


def test_a_matter_without_a_number_goes_by_the_id_of_its_message() -> None:
    assert wire.read(message(id="GD-7")).body()["source_id"] == "GD-7"
    assert wire.read(message(body(source_id="N-1"))).source_id == "N-1"


def test_a_message_is_its_source_and_its_id() -> None:
    first = wire.read(message())
    assert wire.read(message(time="2026-03-02T01:00:00Z")).command_id == first.command_id
    others = [message(id="GD-2"), message(source="billing")]
    assert first.command_id not in {wire.read(other).command_id for other in others}


def test_two_spellings_of_a_body_are_the_same_and_two_bodies_are_not() -> None:
    plain = wire.read(message(body(content="停电")))
    spelled = b'{ "channel":"12345", "content":"\\u505c\\u7535", "wish":null,'
    spelled += b' "secret":false, "business_type":"complaint"}'
    assert wire.read(message(spelled)).canonical == plain.canonical
    assert wire.read(message(body(content="停水"))).canonical != plain.canonical


def test_a_field_that_is_new_leaves_the_fingerprints_of_old_bodies_as_they_were() -> None:
    class Later(IntakeV1, frozen=True, kw_only=True, omit_defaults=True):
        brand_new: str | None = None

    sent = wire.read(message())
    later = msgspec.json.decode(body(), type=Later)
    assert replace(sent, case=later).canonical == sent.canonical


@pytest.mark.parametrize("name", ["specversion", "type", "source", "id", "time"])
@pytest.mark.parametrize("value", [None, "", b"\xff", " x ", "x" * 201, "x\ny"])
def test_a_header_that_is_missing_or_no_text_is_refused_by_name(
    name: str, value: str | bytes | None
) -> None:
    said: dict[str, Any] = {name: value}
    no = unfit(message(**said))
    assert (no.code, no.field) == ("bad_header", f"ce_{name}")
    assert f"ce_{name}" in no.en
    assert f"ce_{name}" in no.zh
    assert not {"a", "text", "characters", "time"} & {*no.zh.split()}


def test_a_header_that_is_there_twice_is_refused() -> None:
    twice = [*headers(), ("ce_id", b"GD-2")]
    assert unfit(replace(message(), headers=twice)).field == "ce_id"


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("specversion", "0.3"),
        ("type", "huiyin.intake.case.v2"),
        ("content_type", "application/cloudevents+json"),
        ("content_type", None),
        ("source", "urn:billing"),
        ("time", "2026-03-02T09:00:00"),
        ("time", "2026-03-02"),
        ("time", "yesterday"),
        ("time", "1772445600"),
    ],
)
def test_what_another_kind_of_message_says_is_refused(
    header: str, value: str | None
) -> None:
    said: dict[str, Any] = {header: value}
    assert unfit(message(**said)).code == "bad_header"


def test_a_content_type_may_name_its_character_set() -> None:
    sent = wire.read(message(content_type="Application/JSON; charset=utf-8"))
    assert sent.source == "12345"


@pytest.mark.parametrize(
    "raw", [b"", b"{", b"hello", b"\xff\xfe", b'{"channel":"\\ud800"}', body() + b"x"]
)
def test_bytes_that_are_no_json_are_refused(raw: bytes) -> None:
    assert unfit(replace(message(), value=raw)).code == "malformed_json"


def test_a_message_without_a_body_is_refused() -> None:
    assert unfit(replace(message(), value=None)).code == "malformed_json"


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"[]", None),
        (b"null", None),
        (b"[" * 100_000, None),
        (body(business_type=None), "business_type"),
        (body(channel=None), "channel"),
        (body(channel=95598), "channel"),
        (body(secret="yes"), "secret"),
        (body(customer="6f1d0f6e-3c1b-5f0a-9d59-0c6a5c0f7e21"), "customer"),
        (body(source="billing"), "source"),
        (b'{"": 1}', ""),
        (body(content=""), "content"),
        (body(content=" \n"), "content"),
        (body(content="a\x00b"), "content"),
        (body(name="王" * 20_001), "name"),
        (body(source_id="7" * 201), "source_id"),
        (body(phone="call me"), "phone"),
        (body(phone="1" * 41), "phone"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_by_field(
    raw: bytes, field: str | None
) -> None:
    no = unfit(message(raw))
    assert (no.code, no.field) == ("invalid_body", field)
    assert ENGLISH.search(no.zh.replace(no.field or "", "")) is None


def test_a_body_that_is_too_large_is_refused_before_it_is_read() -> None:
    large = b" " * (wire.BODY_BYTES_MAX + 1)
    assert unfit(message(large)).code == "body_too_large"


@pytest.mark.parametrize("name", ["object", "str", "a\nb", "长" * 600])
def test_an_unknown_field_is_named_as_it_was_sent(name: str) -> None:
    no = unfit(message(body(**{name: 1})))
    assert no.zh.startswith(f"消息内容有误: 没有字段 {name}"[:400])


# Times -----------------------------------------------------------------------------------


def test_a_case_is_received_when_it_was_said() -> None:
    said_at = datetime.fromisoformat("2026-03-02T08:00:00+08:00")
    assert wire.moment(said_at, NOW) == datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
    assert wire.moment(said_at, NOW).tzinfo is UTC


def test_a_clock_that_is_a_little_ahead_is_set_back_to_ours() -> None:
    assert wire.moment(NOW + timedelta(minutes=4), NOW) == NOW


@pytest.mark.parametrize(
    ("said_at", "code"),
    [
        ("2026-03-02T02:06:00Z", "time_ahead"),
        ("9999-12-31T23:59:59-12:00", "time_ahead"),
        ("2025-02-28T02:00:00Z", "time_long_ago"),
        ("0001-01-01T00:00:00+14:00", "time_long_ago"),
    ],
)
def test_a_time_that_cannot_be_is_refused(said_at: str, code: str) -> None:
    sent = wire.read(message(time=said_at))
    with pytest.raises(Unfit) as found:
        wire.moment(sent.said_at, NOW)
    assert (found.value.code, found.value.field) == (code, "ce_time")


# Refusals --------------------------------------------------------------------------------


def refused(sent: Message) -> RefusedV1:
    return wire.refusal(sent, "unknown_type", "没有", "none", "business_type")


def test_a_refusal_says_what_was_refused_and_why() -> None:
    told = msgspec.json.decode(wire.refusal_body(refused(message(b"{no", offset=7))))
    assert b64decode(told.pop("message")) == b"{no"
    assert told == {
        "partition": 3,
        "offset": 7,
        "source": "12345",
        "id": "GD-1",
        "code": "unknown_type",
        "zh": "没有",
        "en": "none",
        "field": "business_type",
    }


def test_a_refusal_is_a_cloud_event_that_bears_the_name_of_what_was_refused() -> None:
    said = dict(wire.refusal_headers(refused(message()), NOW))
    assert said == {
        "ce_specversion": b"1.0",
        "ce_id": b"GD-1",
        "ce_source": b"12345",
        "ce_type": b"huiyin.intake.refused.v1",
        "ce_time": b"2026-03-02T02:00:00Z",
        "content-type": b"application/json",
        "reason_code": b"unknown_type",
    }
    assert wire.refusal_key(refused(message())) == b"12345"


def test_a_refusal_of_nobody_bears_the_place_of_what_was_refused() -> None:
    nameless = refused(message(source=b"\xff", id=None, offset=7))
    said = dict(wire.refusal_headers(nameless, NOW))
    assert (nameless.source, nameless.id) == (None, None)
    assert (said["ce_source"], said["ce_id"]) == (
        b"/huiyin/intake",
        b"huiyin.intake.v1/3/7",
    )
    assert wire.refusal_key(nameless) is None


def test_what_is_too_large_to_come_back_is_named_by_its_place_only() -> None:
    assert refused(message(b" " * (wire.BODY_BYTES_MAX + 1))).message is None
    assert refused(replace(message(), value=None)).message is None


def test_what_is_told_to_senders_names_every_header_field_and_reason() -> None:
    told = (Path(__file__).parents[2] / "docs" / "intake.md").read_text(encoding="utf-8")
    names = [*dict(headers()), *IntakeV1.__struct_fields__, *wire.TEXTS]
    assert [name for name in names if f"`{name}`" not in told] == []
    assert [name for name in RefusedV1.__struct_fields__ if f'"{name}":' not in told] == []


# Anything --------------------------------------------------------------------------------

JSONS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)
BODIES = st.binary() | st.builds(
    lambda said: json.dumps(said).encode(),
    st.dictionaries(st.sampled_from([*WHOLE, "source", "x"]), JSONS) | JSONS,
)
NAMES = st.sampled_from([name for name, _ in headers()]) | st.text()
HEADERS = st.lists(st.tuples(NAMES, st.none() | st.binary()))


@given(HEADERS, st.none() | BODIES)
@example([("ce_id", None)], b'{"content":"\\udc00"}')
def test_whatever_comes_is_read_or_refused_and_the_refusal_can_be_sent(
    said: list[tuple[str, bytes | None]], value: bytes | None
) -> None:
    for each in (Message(0, 0, said, value), Message(0, 0, headers(), value)):
        try:
            wire.read(each)
        except Unfit as no:
            told = wire.refusal(each, no.code, no.zh, no.en, no.field)
            assert msgspec.json.decode(wire.refusal_body(told), type=RefusedV1) == told
            wire.refusal_headers(told, NOW)
