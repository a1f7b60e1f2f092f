"""What is too much across cases: surges, what is too often, and silence."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.signals.episode import Episode, going_on
from domain.signals.often import often
from domain.signals.silence import silence
from domain.signals.surge import WEEK, surge
from domain.signals.windows import Counts, Found, Times
from tests.domain.signals.alerting import after, alert

SURGE = alert("surge", hop="10 min", weeks=4, factor=3, times=5)
OFTEN = alert("repeat_caller", window="30 min", times=3)
SILENT = alert("silence", window="1 h", times=3)
MINUTES = st.integers(0, 120).map(after)


def counted(moments: Iterable[datetime]) -> Counts:
    counts = Counts(timedelta(minutes=10))
    for moment in moments:
        counts.add(moment)
    return counts


# Surge -----------------------------------------------------------------------------------


def test_so_many_within_one_window_are_a_surge() -> None:
    moments = [after(n) for n in (11, 12, 13, 14)]
    assert surge(counted(moments), after(14), SURGE) is None
    found = surge(counted([*moments, after(15)]), after(15), SURGE)
    assert found == Found(5, after(-40), after(20), usual=0.0)


def test_as_many_that_no_window_holds_together_are_none() -> None:
    moments = [after(n) for n in (5, 20, 35, 50, 65)]
    assert all(surge(counted(moments), m, SURGE) is None for m in moments)


def test_what_lies_on_the_end_of_a_window_belongs_to_the_next() -> None:
    rule = alert("surge", hop="1 h", weeks=1, factor=1, times=2)
    assert surge(counted([after(0), after(60)]), after(60), rule) is None
    found = surge(counted([after(0), after(59)]), after(59), rule)
    assert found == Found(2, after(0), after(60), usual=0.0)


@pytest.mark.parametrize(("a_week", "enough"), [(1, True), (2, False), (3, False)])
def test_what_is_usual_at_that_hour_is_no_surge(a_week: int, enough: bool) -> None:
    rule = alert("surge", hop="1 h", weeks=4, factor=3, times=5)
    now = [after(n) for n in range(5)]
    before = [after(30) - n * WEEK for n in range(1, 5) for _ in range(a_week)]
    found = surge(counted([*now, *before]), after(4), rule)
    assert found == (Found(5, after(0), after(60), usual=a_week) if enough else None)


def test_usual_is_the_mean_of_the_weeks_and_other_hours_do_not_count() -> None:
    rule = alert("surge", hop="1 h", weeks=4, factor=2, times=1)
    now = [after(n) for n in range(3)]
    before = [after(10) - WEEK, after(20) - WEEK, after(30) - 3 * WEEK]
    elsewhere = [after(70) - WEEK, after(-1) - WEEK, after(10) - 5 * WEEK]
    found = surge(counted([*now, *before, *elsewhere]), after(2), rule)
    assert found == Found(3, after(0), after(60), usual=0.75)


# Often -----------------------------------------------------------------------------------


def test_so_many_less_than_a_window_apart_are_too_often() -> None:
    assert often(Times([after(0), after(15), after(30)]), after(30), OFTEN) is None
    found = often(Times([after(0), after(15), after(29)]), after(29), OFTEN)
    assert found == Found(3, after(0), after(30))


def test_one_that_comes_to_light_late_is_counted_where_it_belongs() -> None:
    assert often(Times([after(0), after(29)]), after(29), OFTEN) is None
    found = often(Times([after(0), after(10), after(29)]), after(10), OFTEN)
    assert found == Found(3, after(0), after(30))
    # It is in no window with those an hour later.
    later = Times([after(10), after(70), after(71), after(72)])
    assert often(later, after(10), OFTEN) is None


@given(st.lists(MINUTES, min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_in_whatever_order_they_become_known_it_is_noticed_or_not(
    moments: list[datetime], dice: Random
) -> None:
    def noticed(order: list[datetime]) -> bool:
        known = Times()
        found = []
        for moment in order:
            known.add(moment)
            found.append(often(known, moment, OFTEN))
        return any(found)

    mixed = list(moments)
    dice.shuffle(mixed)
    assert noticed(mixed) == noticed(sorted(moments))


# Silence ---------------------------------------------------------------------------------


def silent(stalls: list[datetime], acts: list[datetime], at: datetime) -> Found | None:
    return silence(Times(stalls), Times(acts).last, at, SILENT)


def test_a_unit_whose_cases_stall_and_that_does_nothing_is_silent() -> None:
    stalls = [after(0), after(10), after(20)]
    assert silent(stalls[:2], [], after(10)) is None
    found = Found(3, after(0), after(60))
    assert silent(stalls, [], after(20)) == found
    assert silent(stalls, [after(-1)], after(20)) == found  # before the first stall
    assert silent(stalls, [after(21)], after(20)) == found  # after the last


@pytest.mark.parametrize("acted", [0, 5, 10, 20])
def test_one_act_on_any_case_ends_the_silence(acted: int) -> None:
    stalls = [after(0), after(10), after(20)]
    assert silent(stalls, [after(acted)], after(20)) is None


def test_silence_is_counted_anew_from_the_first_stall_after_the_last_act() -> None:
    stalls = [after(n) for n in (0, 10, 20, 30, 40)]
    assert silent(stalls[:4], [after(15)], after(30)) is None
    assert silent(stalls, [after(15)], after(40)) == Found(3, after(20), after(80))


def test_stalls_too_far_apart_are_no_silence() -> None:
    assert silent([after(0), after(30), after(60)], [], after(60)) is None
    assert silent([after(1), after(30), after(60)], [], after(60)) is not None


@given(
    st.lists(MINUTES, min_size=1, max_size=10),
    st.lists(MINUTES, max_size=4),
    st.data(),
)
def test_it_is_silence_exactly_when_there_is_such_a_row_of_stalls(
    stalls: list[datetime], acts: list[datetime], data: st.DataObject
) -> None:
    at = data.draw(st.sampled_from(stalls))
    hour = timedelta(hours=1)
    rows = [
        [s for s in stalls if first <= s <= last]
        for first in stalls
        for last in stalls
        if first <= at <= last < first + hour
        and not any(first <= act <= last for act in acts)
    ]
    longest = max(map(len, rows), default=0)
    found = silent(stalls, acts, at)
    assert (found.n if found else 0) == (longest if longest >= 3 else 0)


# Episodes --------------------------------------------------------------------------------


def episode(at: float, last: float, position: int = 1) -> Episode:
    return Episode(
        kind="surge",
        key="k",
        at=after(at),
        since=after(at - 30),
        until=after(at + 30),
        n=5,
        usual=None,
        position=position,
        last_at=after(last),
        peak=5,
        policy="p@1",
    )


def test_an_episode_goes_on_while_less_than_the_quiet_time_has_passed() -> None:
    one, quiet = episode(0, 10), timedelta(minutes=20)
    assert going_on([one], after(29), quiet) is one
    assert going_on([one], after(30), quiet) is None
    assert going_on([one], after(-19), quiet) is one
    assert going_on([one], after(-20), quiet) is None
    assert going_on([], after(0), quiet) is None


def test_between_two_episodes_what_comes_to_light_late_belongs_to_the_later_raised() -> (
    None
):
    one, two = episode(0, 10, position=7), episode(40, 40, position=5)
    assert going_on([two, one], after(25), timedelta(minutes=20)) is one


def test_an_episode_remembers_its_last_sighting_and_its_peak() -> None:
    on = episode(0, 10).goes_on(after(20), 9).goes_on(after(15), 7)
    assert (on.last_at, on.peak, on.n) == (after(20), 9, 5)
    assert on.id == episode(0, 10).id


def test_its_id_follows_from_what_raised_it() -> None:
    assert episode(0, 10, position=1).id != episode(0, 10, position=2).id
