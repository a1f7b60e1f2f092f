"""The crew of a process keeps the views, and keeps time, until it is told to stop."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from consumers import crew
from consumers.brokers.clients import KafkaUnusable
from consumers.crew import at_work, to_its_end
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


def gives_up(_stop: threading.Event) -> None:
    raise ValueError("no more of this")


def goes_home(_stop: threading.Event) -> None:
    """Ends before it is told to."""


@pytest.mark.parametrize("work", [gives_up, goes_home])
def test_one_that_cannot_go_on_says_so_and_stops_the_others(
    work: Callable[[threading.Event], None], caplog: pytest.LogCaptureFixture
) -> None:
    stop = threading.Event()
    to_its_end("relay", work, stop)
    assert stop.is_set()
    [told] = caplog.records
    assert told.levelno == logging.CRITICAL
    assert told.getMessage().startswith("relay ")


def test_one_that_ends_when_it_is_told_to_says_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    stop = threading.Event()
    stop.set()
    to_its_end("relay", goes_home, stop)
    assert not caplog.records


def test_those_who_do_not_end_are_left_behind_together_and_by_name(
    dsn: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A supervisor kills whoever takes long, however many there are that wait."""
    never = threading.Event()

    def waits(_stop: threading.Event) -> None:
        never.wait()

    monkeypatch.setattr(crew, "STOP_SECONDS_MAX", 0.2)
    monkeypatch.setattr(crew, "members", lambda *_: dict.fromkeys("abcdefgh", waits))
    with hotline_on(dsn, tmp_path) as hotline:
        of_it = (hotline.store, hotline.store.settings, hotline.follower, hotline.desk)
        with at_work(*of_it):
            pass
    never.set()
    [told] = [r for r in caplog.records if r.levelno == logging.CRITICAL]
    assert "huiyin-a, huiyin-b" in told.getMessage()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"kafka": "nonsense"}, "'nonsense' is not host:port"),
        ({"kafka_ca": Path("/no/such.pem")}, "is no PEM file"),
    ],
)
def test_wrong_settings_of_kafka_are_said_before_anybody_works(
    dsn: str, tmp_path: Path, wrong: dict[str, Any], said: str
) -> None:
    with hotline_on(dsn, tmp_path) as hotline:
        settings = replace(hotline.store.settings, **({"kafka": "127.0.0.1:1"} | wrong))
        wrongly = at_work(hotline.store, settings, hotline.follower, hotline.desk)
        with pytest.raises(KafkaUnusable, match=said), wrongly:
            pass
