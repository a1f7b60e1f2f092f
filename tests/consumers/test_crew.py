"""The crew of a process keeps the views, and keeps time, until it is told to stop."""

from __future__ import annotations

from pathlib import Path

import psycopg

from consumers.crew import at_work
from projections.timekeepers import timekeeping
from tests.consumers.test_follower import until
from tests.support.timekeeping import hotline_on, whole_ladder


def test_a_case_of_long_ago_climbs_its_ladder_by_the_clock_of_the_database(
    dsn: str, tmp_path: Path
) -> None:
    with hotline_on(dsn, tmp_path) as hotline:
        hotline.found()
        hotline.receive(1, 2)
        settings = hotline.store.settings
        with at_work(hotline.store, settings, hotline.follower, hotline.desk) as stop:
            until(lambda: hotline.by_time() == whole_ladder(1, 2))
            stop.set()
        with psycopg.connect(dsn) as line:
            assert not timekeeping(line).running


def test_the_crews_of_two_processes_keep_time_together(dsn: str, tmp_path: Path) -> None:
    with hotline_on(dsn, tmp_path) as one, hotline_on(dsn, tmp_path) as two:
        one.found()
        with (
            at_work(one.store, one.store.settings, one.follower, one.desk),
            at_work(two.store, two.store.settings, two.follower, two.desk),
        ):
            one.receive(*range(20))
            until(lambda: one.by_time() == whole_ladder(*range(20)))
        assert one.by_time() == whole_ladder(*range(20))
