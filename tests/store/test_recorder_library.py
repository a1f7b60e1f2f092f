"""Our recorders pass the test cases that the library ships for recorders.

Left out: the cases for tracking and process recorders (projections.positions has the
first; nothing here records tracking and facts in one row).
"""

from __future__ import annotations

import pytest
from eventsourcing.tests import persistence as library

from store import Store
from store.recorder import LogRecorder, SnapshotRecorder


class OnStore:
    """Gives each of the library's cases an opened store of its own."""

    store: Store

    @pytest.fixture(autouse=True)
    def _opened(self, store: Store) -> None:
        self.store = store


class TestSnapshotRecorder(OnStore, library.AggregateRecorderTestCase):
    def create_recorder(self) -> SnapshotRecorder:
        return SnapshotRecorder(self.store.pool)


class TestLogRecorder(OnStore, library.ApplicationRecorderTestCase[LogRecorder]):
    def create_recorder(self) -> LogRecorder:
        return self.store.recorder

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestPositionsDoNotInterleave(OnStore, library.NonInterleavingNotificationIDsBaseCase):
    def create_recorder(self) -> LogRecorder:
        return self.store.recorder
