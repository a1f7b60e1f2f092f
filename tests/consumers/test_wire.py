"""The wire: every fact of a case travels and comes back the same, and nothing is opened."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, cast
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

# Times of facts are UTC.
st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))
RECORDED = datetime(2026, 3, 2, 2, 0, 1, tzinfo=UTC)
BOX = Sealed(
    person=UUID(int=7), envelope=UUID(int=8), mask="138****5678", box="b64", commitment="c"
)


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
    fact = data.draw(st.from_type(kind))
    sent = Entry(data.draw(st.integers(1, 2**53)), RECORDED, fact)

    assert wire.travels(fact)
    assert wire.entry(wire.payload(sent)) == sent


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
    ],
)
def test_a_message_that_is_no_fact_is_refused_with_a_reason(message: bytes) -> None:
    with pytest.raises(wire.Unreadable, match=r"\w+"):
        wire.entry(message)
