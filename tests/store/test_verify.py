"""Verifying a log names the place where it is not what it should be."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent

from store import Store
from store.verify import Report, verify
from tests.store.diary import Diaries, note, write
from tests.store.test_snapshots import folded, notes_from

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
    assert verify(told) == Report(head=4, facts=4, streams=2, problems=[])


def test_an_empty_log_is_sound(store: Store) -> None:
    assert verify(store) == Report(head=0, facts=0, streams=0, problems=[])


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
            "position 2: this version of the program knows no fact type never.told",
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
    assert said in "; ".join(verify(told).problems)


def test_what_comes_before_an_illegible_fact_is_counted(told: Store, dsn: str) -> None:
    forge(dsn, "UPDATE log.facts SET state = 'x' WHERE position = 3")
    assert verify(told).facts == 2


def test_a_stream_that_does_not_begin_with_its_first_fact_is_named(store: Store) -> None:
    late = store.mapper.to_stored_event(note(STREAM, 5))
    assert isinstance(late, StoredEvent)
    store.recorder.insert_events([late])
    assert "version 5 instead of 1 at 1" in verify(store).problems[0]


@pytest.fixture
def snapshotted(store: Store) -> Store:
    """Two diaries with a snapshot at their tenth version, one at its twentieth too."""
    diaries = Diaries(store)
    diaries.save(folded(notes_from(STREAM, 24), STREAM))
    diaries.save(folded(notes_from(OTHER, 12), OTHER))
    return store


def test_snapshots_that_are_what_the_facts_say_are_counted(snapshotted: Store) -> None:
    assert verify(snapshotted) == Report(
        head=38, facts=38, streams=2, problems=[], snapshots=3
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            """UPDATE log.snapshots SET state =
               (SELECT state FROM log.snapshots WHERE version = 10 LIMIT 1)
               WHERE version = 20""",
            "at version 20 is not what its facts fold into: _modified_on",
        ),
        ("UPDATE log.snapshots SET state = 'x' WHERE version = 20", "20: cannot read"),
        (
            "UPDATE log.snapshots SET version = 30 WHERE version = 20",
            "at version 30: it has no such fact",
        ),
    ],
)
def test_a_snapshot_that_the_facts_do_not_bear_out_is_named(
    snapshotted: Store, dsn: str, change: str, said: str
) -> None:
    with psycopg.connect(dsn) as owner:
        owner.execute(change.encode())
    (problem,) = verify(snapshotted).problems
    assert said in problem


def test_a_snapshot_that_is_out_of_use_is_left_alone(snapshotted: Store, dsn: str) -> None:
    with psycopg.connect(dsn) as owner:
        owner.execute(
            b"UPDATE log.snapshots SET topic = 'snapshot/diary/0123456789abcdef',"
            b" state = 'x' WHERE version = 10"
        )
    report = verify(snapshotted)
    assert (report.problems, report.snapshots) == ([], 1)
