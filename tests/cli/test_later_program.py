"""A log that a later version of the program wrote into: said in one line, by every tool."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from typer.testing import CliRunner, Result

from api.cli.main import app
from api.office import open_office
from store.mapper import StoredFact
from store.settings import Settings
from tests.support.database import Databases

CASE = UUID(int=471)
UNKNOWN = (
    "this version of the program knows no fact type case.supplemented"
    " (written by a later version?)"
)


@pytest.fixture(scope="module")
def later(
    server: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Settings, int]]:
    """An office whose last fact is of a type that this program lacks; its position."""
    home = tmp_path_factory.mktemp("home")
    with server.fresh() as dsn:
        settings = Settings(home=home, database_url=dsn)
        with open_office(settings) as office:
            told = StoredFact(
                CASE, 1, "case.supplemented", b"{}", occurred_at=datetime.now(UTC)
            )
            office.store.recorder.insert_events([told])
            head = office.store.log.head()
        yield settings, head


def huiyin(
    later: tuple[Settings, int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, words: str
) -> Result:
    settings, _ = later
    monkeypatch.setenv("DATABASE_URL", str(settings.database_url))
    monkeypatch.setenv("HUIYIN_HOME", str(settings.home))
    monkeypatch.chdir(tmp_path)
    return CliRunner().invoke(app, words.split())


@pytest.mark.parametrize(
    "words", ["board", "views check", "doctor", "stats handovers", f"case replay {CASE}"]
)
def test_every_tool_says_in_one_line_what_it_does_not_know(
    later: tuple[Settings, int],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: str,
) -> None:
    result = huiyin(later, monkeypatch, tmp_path, words)
    assert result.exit_code == 2, result.exception
    (line,) = result.stderr.splitlines()
    assert f"position {later[1]}: {UNKNOWN}" in line


def test_an_export_has_the_facts_before_it(
    later: tuple[Settings, int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result = huiyin(later, monkeypatch, tmp_path, "log export")
    positions = [json.loads(line)["position"] for line in result.stdout.splitlines()]
    assert positions == list(range(1, later[1]))
    assert result.exit_code == 2
    assert UNKNOWN in result.stderr


def test_verifying_names_it_and_counts_the_facts_before_it(
    later: tuple[Settings, int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    result = huiyin(later, monkeypatch, tmp_path, "log verify --json")
    report = json.loads(result.stdout)
    assert result.exit_code == 1
    assert report["facts"] == later[1] - 1
    (problem,) = report["problems"]
    assert problem.startswith(f"position {later[1]}: {UNKNOWN}")


def test_a_connection_string_that_is_none_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATABASE_URL", "nonsense")
    result = CliRunner().invoke(app, ["log", "verify"])
    assert result.exit_code == 2, result.exception
    (line,) = result.stderr.splitlines()
    assert "DATABASE_URL is no connection string" in line
