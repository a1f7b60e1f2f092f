"""Verifying a log names the place where it is not what it should be."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent

from store import Store
from store.verify import Report, verify
from tests.store.diary import note, write

STREAM, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture
def told(store: Store) -> Store:
    for version in (1, 2, 3):
        write(store, note(STREAM, version))
    write(store, note(OTHER, 1))
    return store


def forge(dsn: str, change: str) -> None:
    """Change the log as only a superuser can, who takes the triggers away first."""
    with psycopg.connect(dsn) as owner:
        owner.execute("ALTER TABLE log.facts DISABLE TRIGGER ALL")
        owner.execute(change.encode())


def test_a_sound_log_has_no_problems(told: Store) -> None:
    assert verify(told.log) == Report(head=4, facts=4, streams=2, problems=[])


def test_an_empty_log_is_sound(store: Store) -> None:
    assert verify(store.log) == Report(head=0, facts=0, streams=0, problems=[])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DELETE FROM log.facts WHERE position = 4", "the log ends at 3, its head says 4"),
        ("DELETE FROM log.facts WHERE position = 2", "a gap between 1 and 3"),
        ("DELETE FROM log.facts WHERE position = 2", "version 3 instead of 2 at 3"),
        (
            "UPDATE log.facts SET recorded_at = '2001-01-01' WHERE position = 3",
            "recorded time falls at 3",
        ),
        (
            "UPDATE log.facts SET topic = 'never.told' WHERE position = 2",
            "cannot read the fact at position 2",
        ),
        (
            "UPDATE log.facts SET state = 'x' WHERE position = 4",
            "cannot read the fact at position 4",
        ),
    ],
)
def test_what_was_tampered_with_is_named(
    told: Store, dsn: str, change: str, said: str
) -> None:
    forge(dsn, change)
    assert said in "; ".join(verify(told.log).problems)


def test_a_stream_that_does_not_begin_with_its_first_fact_is_named(store: Store) -> None:
    late = store.mapper.to_stored_event(note(STREAM, 5))
    assert isinstance(late, StoredEvent)
    store.recorder.insert_events([late])
    assert "version 5 instead of 1 at 1" in verify(store.log).problems[0]
