"""Commands are done once, tokens speak for somebody, refusals are counted."""

from __future__ import annotations

from uuid import uuid4

import psycopg
import pytest

from domain.desk import Answer, Voiced
from domain.fact import Actor
from domain.refused import Refused
from store import Store
from store.phones import NotAPhone, e164
from tests.store.diary import note, write


@pytest.fixture
def store(module_store: Store) -> Store:
    """None of these tests minds what the others have written."""
    return module_store


def test_a_command_is_found_with_its_answer(store: Store) -> None:
    stream, command = uuid4(), uuid4()
    assert store.ledger.find(Voiced(command, b"body")) is None
    (position,) = write(store, note(stream, 1), command=command)
    assert store.ledger.find(Voiced(command, b"body")) == Answer(stream, 1, position)


def test_a_used_command_id_is_refused_for_another_request(store: Store) -> None:
    command = uuid4()
    write(store, note(uuid4(), 1), command=command)
    with pytest.raises(Refused) as refused:
        store.ledger.find(Voiced(command, b"another body"))
    assert refused.value.code == "command_reused"


def test_a_command_that_was_not_sent_from_outside_matches_anything(store: Store) -> None:
    stream, command, inside = uuid4(), uuid4(), Voiced(uuid4(), b"")
    (position,) = write(store, note(stream, 1), command=command)
    assert store.ledger.find(Voiced(command, b"")) == Answer(stream, 1, position)
    event = store.mapper.to_stored_event(note(stream, 2))
    (position,) = store.recorder.insert_events([event], commands=[inside])
    found = store.ledger.find(Voiced(inside.command_id, b"any"))
    assert found == Answer(stream, 2, position)


def test_a_token_stands_for_its_actor_until_it_is_revoked(store: Store) -> None:
    token = store.tokens.create(role="agent", unit="95598", person="dan", post="95598.dan")
    assert store.tokens.actor(token) == Actor(
        person="dan", role="agent", post="95598.dan", unit="95598"
    )
    assert store.tokens.revoke(token)
    assert store.tokens.actor(token) is None
    assert not store.tokens.revoke(token)


@pytest.mark.parametrize(("unit", "person"), [("95598", "agent@95598"), (None, "agent")])
def test_a_token_without_a_person_acts_as_its_role_and_unit(
    store: Store, unit: str | None, person: str
) -> None:
    actor = store.tokens.actor(store.tokens.create(role="agent", unit=unit))
    assert actor == Actor(person=person, role="agent", unit=unit)


@pytest.mark.parametrize(
    "token", ["", "hy_unknown", "nul \0", "lone \ud800", "x" * 100_000]
)
def test_an_unknown_token_stands_for_nobody(store: Store, token: str) -> None:
    assert store.tokens.actor(token) is None
    assert not store.tokens.revoke(token)


def test_a_token_is_not_kept(store: Store, module_dsn: str) -> None:
    tokens = [store.tokens.create(role="agent") for _ in range(3)]
    assert len(set(tokens)) == 3
    with psycopg.connect(module_dsn) as owner:
        kept = str(owner.execute("SELECT * FROM ops.tokens").fetchall())
    assert not any(token in kept or token.removeprefix("hy_") in kept for token in tokens)


def test_refusals_are_counted_by_code(store: Store) -> None:
    assert store.refusals.counts() == {}
    store.refusals.record("no_such_move", "dispatch", "agent", "95598", uuid4())
    store.refusals.record("no_such_move", "close", "agent", None, None)
    store.refusals.record("not_permitted", "close", "handler", "bailu", uuid4())
    assert store.refusals.counts() == {"no_such_move": 2, "not_permitted": 1}


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("13812345678", "+8613812345678"),
        ("138 1234-5678", "+8613812345678"),
        ("+86 138 1234 5678", "+8613812345678"),
        ("0086 13812345678", "+8613812345678"),
        ("(010) 6555.1234", "+861065551234"),
        ("0755-8888 9999", "+8675588889999"),
        ("＋８６１３８１２３４５６７８", "+8613812345678"),
        ("+1 (212) 555-0100", "+12125550100"),
        ("95598", "+8695598"),
    ],
)
def test_a_phone_number_has_one_form(written: str, number: str) -> None:
    assert e164(written) == number


@pytest.mark.parametrize(
    "junk", ["", "+", "电话", "12a45", "+86", "1" * 16, "٠١٢٣٤٥٦", "1\0002"]
)
def test_what_is_no_phone_number_is_said_so(junk: str) -> None:
    with pytest.raises(NotAPhone, match="not a phone number"):
        e164(junk)
