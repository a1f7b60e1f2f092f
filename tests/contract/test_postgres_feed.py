"""The PostgreSQL log as a feed keeps the contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from projections.engine import Engine, Fenced
from projections.rebuild import make_ready
from store import Store
from store.settings import Settings
from tests.contract.feed_contract import FOLLOWED, FeedAtWork, FeedContract
from tests.contract.processes import at_work, to_be_killed


class LogAtWork(FeedAtWork):
    """The follower of the log."""

    def __init__(self, store: Store, settings: Settings) -> None:
        super().__init__(store)
        self._settings = settings
        make_ready(store, FOLLOWED)
        # One that thinks it owns the views, and that they stand at the beginning.
        self.sleeper = Engine(store, FOLLOWED)
        assert self.sleeper.position == 0

    def running(self) -> AbstractContextManager[object]:
        return at_work("follower", self.store, self._settings)

    def in_a_process(self) -> AbstractContextManager[Callable[[], None]]:
        return to_be_killed("follower", self._settings)

    def bring_all_again(self) -> None:
        """An owner that was asleep all the while folds everything from the beginning."""
        with pytest.raises(Fenced):
            self.sleeper.step()


class TestPostgresFeed(FeedContract):
    @pytest.fixture
    def feed(self, store: Store, settings: Settings) -> Iterator[FeedAtWork]:
        at_work = LogAtWork(store, settings)
        yield at_work
        at_work.sleeper.close()
