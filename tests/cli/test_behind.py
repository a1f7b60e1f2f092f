"""Views that do not come along: questions are answered, and it is said how old that is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api import office
from api.cli.main import app
from projections.engine import Engine
from projections.views import VIEWS
from store import Store
from tests.projections.telling import record, versioned
from tests.support.story import received


@pytest.fixture(autouse=True)
def here(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", dsn)
    monkeypatch.setenv("HUIYIN_HOME", str(tmp_path))
    monkeypatch.setattr(office, "STILL_SECONDS_MAX", 0.0)


def huiyin(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.fixture
def idle(store: Store) -> Store:
    """Two cases, and somebody who keeps the views and shows only the first of them."""
    record(store, versioned([(1, received())]))
    assert huiyin("views", "list").exit_code == 0
    record(store, versioned([(2, received())]))
    return store


def test_a_question_is_answered_by_what_the_views_hold(
    idle: Store, caplog: pytest.LogCaptureFixture
) -> None:
    owner = Engine(idle, VIEWS)
    assert owner.own()
    behind = huiyin("board", "--all", "--json")
    answer = json.loads(behind.stdout)
    assert (behind.exit_code, answer["count"], answer["behind"]) == (0, 1, 1)
    assert "may lack the last 1 facts of the log" in caplog.text
    assert "kafka" not in caplog.text
    unknown = huiyin("case", "show", "00000000-0000")
    assert "unless it is among the facts that the views lack" in unknown.stderr
    assert huiyin("views", "check").exit_code == 0
    assert huiyin("views", "rebuild").exit_code == 0
    owner.close()

    caplog.clear()
    answer = json.loads(huiyin("board", "--all", "--json").stdout)
    assert (answer["count"], answer["behind"]) == (2, 0)
    assert not caplog.records


def test_views_that_were_never_built_answer_nothing(store: Store) -> None:
    record(store, versioned([(1, received())]))
    owner = Engine(store, VIEWS)
    assert owner.own()
    never = huiyin("board", "--json")
    assert (never.exit_code, never.stdout) == (2, "")
    assert "stand at position 0" in never.stderr
    owner.close()
