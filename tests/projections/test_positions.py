"""Positions: the library's own test case for tracking, and waiting for what one wrote."""

from __future__ import annotations

import threading
from typing import ClassVar

import pytest
from eventsourcing.persistence import Tracking, TrackingRecorder
from eventsourcing.tests.persistence import TrackingRecorderTestCase

from projections.positions import Positions
from store import Store


class TestPositions(TrackingRecorderTestCase):
    """All of the library's test case; nothing is left out."""

    store: ClassVar[Store]

    @pytest.fixture(autouse=True)
    def _with_a_store(self, store: Store) -> None:
        type(self).store = store

    def create_recorder(self) -> TrackingRecorder:
        return Positions(self.store.pool)


# The library's base class is abstract and not a test of its own.
del TrackingRecorderTestCase


def test_many_who_wait_are_all_woken_by_one_batch(store: Store) -> None:
    positions = Positions(store.pool)
    came: list[int] = []

    def wait_for(position: int) -> None:
        positions.wait("boards", position, timeout=20)
        came.append(position)

    waiting = [threading.Thread(target=wait_for, args=[n]) for n in range(1, 21)]
    for thread in waiting:
        thread.start()
    positions.insert_tracking(Tracking("boards", 10))
    for thread in waiting[:10]:
        thread.join()
    assert sorted(came) == list(range(1, 11))
    # Another process moves the view on: nobody here is told, somebody here looks.
    with store.pool.connection() as connection:
        connection.execute("UPDATE views.positions SET position = 20")
    for thread in waiting[10:]:
        thread.join()
    assert sorted(came) == list(range(1, 21))


def test_a_view_that_never_comes_there_is_waited_for_no_longer_than_told(
    store: Store,
) -> None:
    with pytest.raises(TimeoutError, match="boards has not come to 5"):
        Positions(store.pool).wait("boards", 5, timeout=0.05)
