"""History is written by the batch: all of it or nothing, each command with its own end."""

from __future__ import annotations

from uuid import uuid4

import pytest
from eventsourcing.persistence import IntegrityError

from domain.desk import Answer
from store import Store
from store.bulk import Bulk, VoicedAmong
from tests.store.diary import note, positions


def test_each_command_of_a_batch_leads_to_its_own_last_fact(store: Store) -> None:
    bulk, one, other = Bulk(store), uuid4(), uuid4()
    first, second = VoicedAmong(uuid4(), b"a", 2), VoicedAmong(uuid4(), b"b", 3)
    facts = [note(one, 1), note(one, 2), note(other, 1)]
    assert bulk.append(facts, [first, second]) == 3
    assert store.ledger.find(first) == Answer(one, 2, 2)
    assert store.ledger.find(second) == Answer(other, 1, 3)
    assert bulk.known([first.command_id, second.command_id, uuid4()]) == {
        first.command_id: b"a",
        second.command_id: b"b",
    }


def test_the_last_fact_of_each_stream_is_known(store: Store) -> None:
    bulk, one, other = Bulk(store), uuid4(), uuid4()
    facts = [note(one, 1), note(other, 1), note(one, 2)]
    bulk.append(facts, [])
    assert bulk.last([one, other, uuid4()]) == {one: facts[2], other: facts[1]}


def test_a_batch_of_which_one_fact_is_taken_is_not_written_at_all(store: Store) -> None:
    bulk, stream, command = Bulk(store), uuid4(), VoicedAmong(uuid4(), b"", 1)
    bulk.append([note(stream, 1)], [])
    with pytest.raises(IntegrityError):
        bulk.append([note(uuid4(), 1), note(stream, 1)], [command])
    assert positions(store) == [1]
    assert bulk.known([command.command_id]) == {}
