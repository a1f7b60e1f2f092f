"""kill -9 of timekeepers between the claim and the end of the command: one fact a rung."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from projections.check import check
from projections.views import VIEWS
from tests.consumers.test_follower import ROOT, until
from tests.projections.test_rebuild import in_the_background
from tests.support.hours import at
from tests.support.timekeeping import TimedHotline, hotline_on, whole_ladder

CASES = range(25)
LATE = at("03-04 10:00")


@pytest.fixture
def hotline(dsn: str, tmp_path: Path) -> Iterator[TimedHotline]:
    """Nobody touched these cases for two days, and nobody kept time."""
    with hotline_on(dsn, tmp_path) as opened:
        opened.found()
        opened.receive(*CASES)
        opened.clock.at = LATE
        yield opened


@contextmanager
def a_timekeeper(dsn: str, home: Path, *how: str) -> Iterator[subprocess.Popen[str]]:
    """In a process of its own, that has stopped where it was told to."""
    command = [sys.executable, "-m", "tests.consumers.keeping", dsn, str(home), *how]
    process = subprocess.Popen(  # noqa: S603 - our own program
        [*command, LATE.isoformat()], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "stopped\n"
        yield process
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def killed(process: subprocess.Popen[str]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL


@pytest.mark.parametrize("where", ["before", "after"])
def test_what_a_killed_timekeeper_had_claimed_is_served_by_the_next_exactly_once(
    hotline: TimedHotline, dsn: str, tmp_path: Path, where: str
) -> None:
    with hotline.folding():
        for last in (1, 4, 7):
            with a_timekeeper(dsn, tmp_path, where, str(last)) as process:
                killed(process)
        left = sum(whole_ladder(*CASES).values()) - sum(hotline.by_time().values())
        assert left > 0
        hotline.settle()
        until(lambda: hotline.timekeeper().catch_up() == 0)
    assert hotline.by_time() == whole_ladder(*CASES)
    assert check(hotline.store, VIEWS).sound


def test_others_keep_time_for_the_rest_while_one_hangs_with_its_claims(
    hotline: TimedHotline, dsn: str, tmp_path: Path
) -> None:
    with (
        hotline.folding(),
        a_timekeeper(dsn, tmp_path, "before", "1") as hanging,
        in_the_background(hotline.timekeeper(batch=4).run),
    ):
        until(lambda: len(hotline.by_time()) >= 4 * (len(CASES) - 10))
        assert set(hotline.by_time().values()) == {1}
        assert hotline.by_time() != whole_ladder(*CASES)
        killed(hanging)
        until(lambda: hotline.by_time() == whole_ladder(*CASES))
