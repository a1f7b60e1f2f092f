"""Fixtures of every room: a database of one's own, and an opened store on it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from xdist.remote import Producer

from store import Store, open_store
from store.settings import Settings
from tests.support.database import Databases, databases
from tests.support.spreading import Spreading, brokers_first
from tests.tiers import TIERS, demanded, left_out

# How long an example takes depends on what else the machine does: nothing to fail for.
hypothesis_settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
hypothesis_settings.load_profile("untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    brokers_first(items)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Spreading:
    return Spreading(config, log)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A test of a tier that this machine lacks is left out by name, or fails where that
    tier is demanded."""
    for tier, reason in left_out(mark.name for mark in item.iter_markers()).items():
        (pytest.fail if demanded(tier) else pytest.skip)(f"tier {tier}: {reason}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Last of all, name the tiers that were left out, and what each is waiting for."""
    for tier, reason in left_out(TIERS).items():
        terminalreporter.write_line(f"tier left out: {tier}: {reason}")


@pytest.fixture(scope="module")
def uncounted() -> Iterator[None]:
    """For a module that runs the same lines many thousand times: coverage looks away.

    Looking takes longer than running them, and other tests have them counted.
    """
    watching, in_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    yield
    sys.settrace(watching)
    threading.settrace(in_threads)


@pytest.fixture(scope="session")
def server() -> Iterator[Databases]:
    """One embedded PostgreSQL for the whole session."""
    with databases() as started:
        yield started


@pytest.fixture
def dsn(server: Databases) -> Iterator[str]:
    """A fresh, migrated database for one test."""
    with server.fresh() as fresh:
        yield fresh


@pytest.fixture(scope="module")
def module_dsn(server: Databases) -> Iterator[str]:
    """A fresh, migrated database for the tests of one module."""
    with server.fresh() as fresh:
        yield fresh


@pytest.fixture
def settings(dsn: str, tmp_path: Path) -> Settings:
    """Settings that lead to the test's own database and keys."""
    return Settings(home=tmp_path, database_url=dsn)


@pytest.fixture
def store(dsn: str, settings: Settings) -> Iterator[Store]:
    """An opened store on a fresh database."""
    with open_store(dsn, settings) as opened:
        yield opened


@pytest.fixture(scope="module")
def module_store(
    module_dsn: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """An opened store that the tests of one module share."""
    home = tmp_path_factory.mktemp("home")
    with open_store(module_dsn, Settings(home=home, database_url=module_dsn)) as opened:
        yield opened
