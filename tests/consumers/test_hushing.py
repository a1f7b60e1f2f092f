"""The same trouble is said once, and again when it has lasted; all of it is remembered."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from time import monotonic
from typing import Any

import pytest

from consumers.brokers import hushing
from consumers.brokers.hushing import Hush, Said

Log = pytest.LogCaptureFixture


@pytest.fixture
def noisy() -> Iterator[tuple[logging.Logger, Hush]]:
    """A logger that speaks through a hush."""
    logger, hush = logging.getLogger("noisy"), Hush()
    hush.hush("noisy")
    yield logger, hush
    logger.removeHandler(hush)
    logger.propagate = True
    logger.setLevel(logging.NOTSET)


def texts(log: Log, name: str) -> list[str]:
    return [record.getMessage() for record in log.records if record.name == name]


class Ear(logging.Handler):
    """Hears what comes out at the root."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []
        self.traces: list[Any] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.heard.append(record.getMessage())
        self.traces += [record.exc_info] if record.exc_info else []


@pytest.fixture
def ear() -> Iterator[Ear]:
    listening = Ear()
    logging.getLogger().addHandler(listening)
    yield listening
    logging.getLogger().removeHandler(listening)


def complain(logger: logging.Logger, times: int) -> None:
    for number in range(times):
        logger.error("attempt %d failed", number)


def test_attempts_are_said_once_and_all_remembered(
    noisy: tuple[logging.Logger, Hush], ear: Ear
) -> None:
    logger, hush = noisy
    began = monotonic()
    complain(logger, 3)
    logger.warning("another trouble")
    assert ear.heard == ["attempt 0 failed", "another trouble"]
    assert hush.heard_since(began) == [
        "attempt 0 failed",
        "attempt 1 failed",
        "attempt 2 failed",
        "another trouble",
    ]
    assert hush.heard_since(monotonic()) == []


def test_what_lasts_is_said_again(
    noisy: tuple[logging.Logger, Hush], ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    complain(noisy[0], 2)
    monkeypatch.setattr(hushing, "AGAIN_SECONDS", 0.0)
    complain(noisy[0], 1)
    assert len(ear.heard) == 2


def test_muted_it_says_nothing_and_remembers_all(
    noisy: tuple[logging.Logger, Hush], ear: Ear
) -> None:
    logger, hush = noisy
    with hush.muted():
        complain(logger, 1)
    assert ear.heard == []
    assert hush.heard_since(0.0) == ["attempt 0 failed"]
    complain(logger, 1)
    assert ear.heard == ["attempt 0 failed"]


def test_details_which_may_hold_secrets_are_not_even_asked_for(
    noisy: tuple[logging.Logger, Hush], ear: Ear
) -> None:
    logging.getLogger("noisy.within").debug("configuration: %s", {"password": "hush"})
    assert ear.heard == []
    assert noisy[1].heard_since(0.0) == []


def test_a_state_is_warned_of_once_however_often_it_is_met(caplog: Log) -> None:
    said = Said(logging.getLogger("states"))
    for _ in range(3):
        said.once("away")
        said.once("no topic")
    assert texts(caplog, "states") == ["away", "no topic"]


def test_that_it_is_over_is_said_only_when_there_was_something(caplog: Log) -> None:
    said = Said(logging.getLogger("states"))
    said.over("well again")
    said.once("away")
    said.over("well again")
    said.over("well again")
    assert texts(caplog, "states") == ["away", "well again"]


def test_of_states_without_end_the_last_ones_are_remembered(caplog: Log) -> None:
    said = Said(logging.getLogger("states"))
    for offset in range(hushing.SAID_MAX + 1):
        said.once(f"held at {offset}")
    caplog.clear()
    said.once("held at 1")
    assert texts(caplog, "states") == []
    said.once("held at 0")
    assert texts(caplog, "states") == ["held at 0"]


def test_coming_and_going_is_no_flood_either(
    caplog: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Said(logging.getLogger("states"))
    for _ in range(5):
        said.once("away")
        said.over("well again")
    assert texts(caplog, "states") == ["away", "well again"]
    monkeypatch.setattr(hushing, "AGAIN_SECONDS", 0.0)
    said.once("away")
    assert texts(caplog, "states")[2:] == ["away"]


def test_an_error_is_told_in_one_line_and_remembered(
    noisy: tuple[logging.Logger, Hush], ear: Ear
) -> None:
    logger, hush = noisy
    began = monotonic()
    try:
        int("three")
    except ValueError:
        logger.exception("callback of %s failed", "a group")
    told = (
        "callback of a group failed: ValueError: invalid literal for int() with base 10:"
        " 'three'"
    )
    assert ear.heard == [told]
    assert not ear.traces
    assert hush.heard_since(began) == [told]
