"""The command line on a database of the test's own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli.main import app
from api.demo.play import play, sample_day
from api.office import Office, open_office
from store.settings import Settings
from tests.support.database import Databases

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def played(
    server: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Office, str]]:
    """An office on which the sample day was played, and its connection string."""
    home = tmp_path_factory.mktemp("home")
    with server.fresh() as dsn:
        settings = Settings(home=home, database_url=dsn)
        with open_office(settings) as office:
            for _ in play(office, sample_day()):
                pass
            office.catch_up()
            yield office, dsn


@pytest.fixture
def huiyin(
    played: tuple[Office, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Run:
    """Run ``huiyin`` with these words; the sample day has been played."""
    office, dsn = played
    monkeypatch.setenv("DATABASE_URL", dsn)
    monkeypatch.setenv("HUIYIN_HOME", str(office.settings.home))
    monkeypatch.setenv("COLUMNS", "160")  # whatever terminal the tests are run in
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, list(words))

    return run


def answer(result: Result) -> Any:
    """The one JSON object that stdout holds, of a command that went well."""
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def lines(result: Result) -> list[Any]:
    """The JSON objects that stdout holds, one a line."""
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]
