"""The watch: what it raises follows from the log, whoever looks, whatever breaks off."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from api.office import desk_over
from api.policies import publish
from consumers.follower import Follower
from consumers.watch import watch as module
from consumers.watch.watch import Watch
from domain.case.classify import CaseClassified
from domain.desk import Desk
from domain.fact import Fact
from projections.matters import MATTERS, MatterRow
from projections.parked import parked, retry
from projections.rebuild import rebuild
from projections.sightings import of_region
from projections.view import View, known, on
from projections.watching import watching
from store import Store
from tests.consumers.test_follower import until
from tests.consumers.watching import (
    begin_again,
    fetch,
    fold,
    kinds,
    look_on,
    raised,
)
from tests.projections.telling import record, versioned
from tests.support.offices import SYSTEM
from tests.support.organisation import SINCE
from tests.support.planted import TODAY, found, rules
from tests.support.scenario import AGENT
from tests.support.story import DISPATCHED, happened, received

REGION = of_region("bailu-east", "complaint")


@pytest.fixture
def desk(store: Store) -> Iterator[Desk]:
    with desk_over(store) as opened:
        found(opened)
        yield opened


@pytest.fixture
def watch(store: Store, desk: Desk) -> Watch:
    return Watch(store, desk)


def minutes(n: float) -> datetime:
    return TODAY + timedelta(minutes=n)


def burst(*ats: float, first: int = 1) -> list[tuple[int, Fact]]:
    """Cases received so many minutes into the day, and placed in one region."""
    return [
        (first + n, fact)
        for n, at in enumerate(ats)
        for fact in (
            received().stamped(occurred_at=minutes(at), customer=None),
            DISPATCHED.stamped(occurred_at=minutes(at + 1)),
        )
    ]


# Little logs ------------------------------------------------------------------------------


def test_a_burst_over_the_threshold_raises_one_alert_however_long_it_goes_on(
    store: Store, watch: Watch
) -> None:
    told = burst(*range(0, 40, 2))
    record(store, versioned(told[:10]))
    fold(store)
    look_on(watch)
    assert raised(store) == []
    for part in (told[10:12], told[12:30], told[30:]):
        record(store, after(store, told, part))
        fold(store)
        look_on(watch)
        assert kinds(store) == {("surge", REGION): 1}
    [row] = raised(store)
    n, last_at, peak = row[10], row[13], row[14]
    assert (n, last_at, peak) == (6, minutes(38), 20)


def after(
    store: Store, told: list[tuple[int, Fact]], part: list[tuple[int, Fact]]
) -> list[Fact]:
    """A part of what is told, with the versions it has as part of the whole."""
    start = told.index(part[0])
    return versioned(told)[start : start + len(part)]


def test_after_the_quiet_time_the_same_is_raised_again(store: Store, watch: Watch) -> None:
    told = burst(*range(6), *range(119, 125), *range(300, 306))
    record(store, versioned(told))
    fold(store)
    look_on(watch)
    first, second = raised(store)
    assert (first[7], first[13]) == (minutes(5), minutes(124))
    assert (second[7], second[13]) == (minutes(305), minutes(305))


def test_what_comes_to_light_late_makes_a_burst_of_its_own_time(
    store: Store, watch: Watch
) -> None:
    told = burst(0, 1, 2, 3, 600, 601, 602, 603)
    late = burst(4, 5, first=20)
    record(store, versioned(told))
    fold(store)
    look_on(watch)
    assert raised(store) == []
    record(store, versioned(late))
    fold(store)
    look_on(watch)
    [row] = raised(store)
    assert (row[1], row[7], row[10]) == (REGION, minutes(5), 6)


def test_what_the_centre_keeps_is_of_no_region(store: Store, watch: Watch) -> None:
    told = [
        (number, fact.stamped(to_unit="95598") if fact.TOPIC == DISPATCHED.TOPIC else fact)
        for number, fact in burst(*range(9))
    ]
    record(store, versioned(told))
    fold(store)
    look_on(watch)
    assert raised(store) == []


def test_rules_published_later_do_not_change_what_was_looked_at(
    store: Store, desk: Desk
) -> None:
    record(store, versioned(burst(*range(6))))
    position = fold(store)
    publish(desk, rules(2, surge={"times": 50}), SINCE, SYSTEM)
    record(store, versioned(burst(*range(200, 206), first=50)))
    fold(store)
    by_whom = [Watch(store, desk), Watch(store, desk, batch=1)]
    found = []
    for watch in by_whom:
        begin_again(store)
        look_on(watch)
        found.append(raised(store))
    assert found[0] == found[1]
    [row] = found[0]
    assert row[12] <= position
    assert row[15] == "sgcc-2022@1"


def test_before_there_are_rules_nothing_is_raised(store: Store) -> None:
    record(store, versioned(burst(*range(9))))
    fold(store)
    with desk_over(store) as desk:
        found(desk)
        look_on(Watch(store, desk))
    assert raised(store) == []


# Several, and trouble ---------------------------------------------------------------------


def test_of_two_at_once_one_looks_and_the_other_passes_on(
    store: Store, desk: Desk, watch: Watch
) -> None:
    record(store, versioned(burst(*range(6))))
    fold(store)
    with store.pool.connection() as other:
        other.execute("SELECT done FROM signals.watch FOR UPDATE")
        assert watch.look() == 0
    assert watch.look() > 0
    assert Watch(store, desk).look() == 0


def test_a_view_that_is_built_anew_meanwhile_changes_nothing(
    store: Store, watch: Watch
) -> None:
    told = burst(*range(12))
    record(store, versioned(told[:10]))
    fold(store)
    look_on(watch)
    rebuild(store, [MATTERS])
    record(store, after(store, told, told[10:]))
    fold(store)
    rebuild(store, [MATTERS])
    look_on(watch)
    assert kinds(store) == {("surge", REGION): 1}
    assert raised(store)[0][14] == 12


def poison(number: int) -> tuple[int, Fact]:
    """A fact whose row the table refuses."""
    return number, happened("received", AGENT, CaseClassified(category="a\0b"))


def mended() -> View[Any]:
    """The view after somebody has mended the fold that led to such a row."""

    def unmoved(row: MatterRow, _: CaseClassified) -> MatterRow:
        return row

    handlers = tuple(
        on(CaseClassified, known(unmoved)) if h.fact is CaseClassified else h
        for h in MATTERS.handlers
    )
    return replace(MATTERS, handlers=handlers)


def test_what_a_view_could_not_take_is_looked_at_once_it_can(
    store: Store, watch: Watch
) -> None:
    told = burst(*range(6))
    told.insert(1, poison(1))
    record(store, versioned(told))
    fold(store)
    look_on(watch)
    assert len(parked(store.pool, [MATTERS])) == 2
    assert raised(store) == []  # five of six
    assert watch.look() == 0

    assert retry(store, mended()) == []
    watch.look()
    assert kinds(store) == {("surge", REGION): 1}
    assert raised(store)[0][10] == 6
    assert fetch(store, "SELECT * FROM signals.missed") == []


def test_a_sighting_that_cannot_be_looked_at_holds_up_nobody(
    store: Store, desk: Desk, watch: Watch
) -> None:
    told = burst(*range(6))
    no_time = datetime.max.replace(tzinfo=TODAY.tzinfo)
    told[2:2] = [
        (90, received().stamped(occurred_at=no_time, customer=None)),
        (90, DISPATCHED),
    ]
    record(store, versioned(told))
    fold(store)
    look_on(watch)
    assert kinds(store) == {("surge", REGION): 1}
    [(position, reason)] = fetch(store, "SELECT position, reason FROM signals.missed")
    assert position == store.log.head() - 10
    assert "OverflowError" in reason
    with store.pool.connection() as connection:
        shown = watching(connection)
    assert (shown.unseen, shown.behind, shown.well) == (1, 0, False)
    assert watch.look() == 0
    # Whoever starts anew tries it again, and is held up as little.
    assert Watch(store, desk).look() == 0
    assert len(fetch(store, "SELECT * FROM signals.missed")) == 1


def test_work_goes_on_when_the_view_is_there(store: Store, desk: Desk) -> None:
    watch = Watch(store, desk)
    assert not watch.work()
    assert watch.error is not None
    record(store, versioned(burst(*range(6))))
    fold(store)
    until(watch.work)
    assert watch.error is None
    assert kinds(store) == {("surge", REGION): 1}


def test_beside_a_follower_of_the_log_it_raises_what_happens(
    store: Store, desk: Desk
) -> None:
    stop, follower = threading.Event(), Follower(store, [MATTERS])
    works = [
        threading.Thread(target=follower.run, args=[stop]),
        *(
            threading.Thread(
                target=module.run,
                args=[store, store.settings, stop, desk, lambda: follower.positions],
            )
            for _ in range(2)
        ),
    ]
    for work in works:
        work.start()
    try:
        for fact in versioned(burst(*range(6))):
            record(store, [fact])
        until(lambda: kinds(store) == {("surge", REGION): 1})
        until(lambda: fetch(store, "SELECT sent_position FROM signals.raised") != [(None,)])
    finally:
        stop.set()
        for work in works:
            work.join()
    topics = [entry.fact.TOPIC for entry in store.log.scan()]
    assert topics.count("alert.raised") == 1
