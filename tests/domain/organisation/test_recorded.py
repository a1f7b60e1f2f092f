"""The organisation goes through the desk and the store's encoding, and comes back whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from api.policies import publish_shipped
from domain.desk import Desk
from domain.fact import Actor
from domain.organisation.delegate import Delegate
from domain.organisation.merge_unit import MergeUnit
from domain.organisation.open_unit import OpenUnit
from domain.organisation.organisation import ORGANISATION_ID, Organisation
from domain.organisation.records import Books
from domain.policy.book import policy_book_id
from domain.refused import NotFound, NotPermitted
from tests.support.in_memory import Memory
from tests.support.organisation import SINCE, founded, founding, order

LENT = order(
    Delegate,
    delegation="d1",
    from_person="lan",
    from_post="bailu.leader",
    to_person="ran",
    actions=("approve-suspension",),
    unit="bailu",
    expires_at=SINCE + timedelta(days=30),
)
MERGED = order(MergeUnit, SINCE + timedelta(days=60), unit="bailu", into="xishi")


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def desk(memory: Memory) -> Iterator[Desk]:
    with memory.desk() as desk:
        publish_shipped(desk, SINCE)
        yield desk


def read_elsewhere(memory: Memory) -> Organisation:
    """The organisation as a process that starts now reads it."""
    with memory.desk() as elsewhere:
        return elsewhere.organisation()


def test_before_the_first_unit_there_is_an_empty_organisation(desk: Desk) -> None:
    assert desk.organisation().version == 0
    assert desk.organisation().books == Books()


def test_another_process_reads_the_organisation_as_it_was_decided(
    memory: Memory, desk: Desk
) -> None:
    for version, command in enumerate([*founding(), LENT, MERGED], start=1):
        answer = desk.handle(command)
        assert (answer.id, answer.version) == (ORGANISATION_ID, version)
    assert read_elsewhere(memory).books == founded(LENT, MERGED).books


def test_a_long_history_is_read_from_a_snapshot_and_is_the_same(
    memory: Memory, desk: Desk
) -> None:
    many = [
        order(OpenUnit, unit=f"team-{n}", name=f"班组 {n}", parent="bailu")
        for n in range(150)
    ]
    for command in [*founding(), LENT, *many, MERGED]:
        desk.handle(command)
    assert desk.snapshots is not None
    taken = list(desk.snapshots.get(ORGANISATION_ID))
    assert [snapshot.originator_version for snapshot in taken] == [200]
    assert read_elsewhere(memory).books == founded(LENT, *many, MERGED).books


def test_a_reader_keeps_the_books_it_holds_while_others_write(
    memory: Memory, desk: Desk
) -> None:
    first, *rest = founding()
    desk.handle(first)
    held = desk.organisation().books
    told = repr(held)
    for command in rest:
        desk.handle(command)
    assert repr(held) == told
    assert desk.organisation().books != held


def test_the_same_command_twice_changes_the_organisation_once(desk: Desk) -> None:
    first = founding()[0]
    assert desk.handle(first) == desk.handle(first)
    assert desk.organisation().version == 1


def test_who_may_not_keep_the_organisation_is_refused(desk: Desk) -> None:
    agent = replace(founding()[0], actor=Actor(person="dan", role="agent"))
    with pytest.raises(NotPermitted, match="not_permitted"):
        desk.handle(agent)
    assert desk.organisation().version == 0


def test_a_command_to_some_other_organisation_finds_none(desk: Desk) -> None:
    with pytest.raises(NotFound, match="no_such_organisation"):
        desk.handle(replace(founding()[0], subject=policy_book_id("elsewhere")))
