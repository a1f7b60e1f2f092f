"""A walk through everything that brokers, relays, workers and people do to fed views."""

from __future__ import annotations

import random

import pytest

from projections.parked import retry
from projections.rebuild import rebuild
from store import Store
from tests.contract.feed_contract import FOLLOWED
from tests.contract.journeys import journeys, record
from tests.support.topics import (
    PARTITIONS,
    Topics,
    fed,
    from_the_log,
    position,
    sound,
    take,
    take_all,
)

STEPS = 120
OFTEN = {
    "take_some": 20,
    "publish": 8,
    "record": 6,
    "die_publishing": 3,
    "replace_a_worker": 2,
    "build_anew": 1,
    "go_back_to_the_log": 1,
    "wipe": 1,
    "expire": 1,
    "spoil_a_message": 1,
}


class Walk:
    """Two workers of one feed, and all that may happen to them."""

    def __init__(self, store: Store, seed: int) -> None:
        self.dice = random.Random(seed)  # noqa: S311 - the same walk every time
        self.store = store
        self.topics = Topics(store)
        self.cases = 1
        self.start_workers()

    def step(self) -> str:
        [what] = self.dice.choices(list(OFTEN), list(OFTEN.values()))
        getattr(self, what)()
        return what

    def start_workers(self) -> None:
        self.workers = [fed(self.store, self.topics), fed(self.store, self.topics)]

    def record(self) -> None:
        record(self.store, journeys(self.cases, 4))
        self.cases += 4

    def publish(self) -> None:
        self.topics.publish(self.dice.randint(1, 60))

    def die_publishing(self) -> None:
        first = self.topics.relayed + self.dice.randint(1, 20)
        lost = frozenset(range(first, first + self.dice.randint(1, 10)))
        self.topics.publish_and_die(self.dice.randint(1, 60), lose=lost)

    def take_some(self) -> None:
        mine = self.dice.sample(range(PARTITIONS), self.dice.randint(1, PARTITIONS))
        worker = self.dice.choice(self.workers)
        take(worker, self.topics, mine, self.dice.randint(1, 50))

    def replace_a_worker(self) -> None:
        self.workers[self.dice.randrange(2)] = fed(self.store, self.topics)

    def build_anew(self) -> None:
        rebuild(self.store, [self.dice.choice(FOLLOWED)])

    def go_back_to_the_log(self) -> None:
        from_the_log(self.store)
        self.start_workers()

    def wipe(self) -> None:
        self.topics.make_anew()
        self.start_workers()

    def spoil_a_message(self) -> None:
        partition = self.dice.randrange(PARTITIONS)
        if self.topics.messages[partition]:
            self.topics.spoil(
                partition, self.dice.randrange(len(self.topics.messages[partition]))
            )

    def expire(self) -> None:
        self.topics.forget(self.dice.randrange(PARTITIONS), self.dice.randint(1, 10))


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_the_views_are_the_fold_of_the_log(
    store: Store, seed: int
) -> None:
    walk = Walk(store, seed)
    done = set()
    for _ in range(STEPS):
        done.add(walk.step())
        if walk.dice.random() < 0.15:
            sound(store)
    walk.topics.publish()
    for worker in walk.workers:
        take_all(worker, walk.topics)
    assert position(store) == store.log.head()
    sound(store)
    for view in FOLLOWED:
        assert retry(store, view) == []
    assert sound(store).parked == []
    assert {"take_some", "publish", "record", "die_publishing"} <= done
