"""Facts that a view could not take, at the terminal: never silent, and tried again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from api.cli.main import app
from projections.parked import parked
from projections.view import key_text
from projections.views import VIEWS
from store import Store
from tests.projections.telling import record, stream, versioned
from tests.support.story import ACCEPTED, DISPATCHED, received

LIFE = versioned([(1, received()), (1, DISPATCHED), (1, ACCEPTED)])
NOW = "2100-01-01T00:00:00Z"


@pytest.fixture(autouse=True)
def here(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", dsn)
    monkeypatch.setenv("HUIYIN_HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


def huiyin(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.fixture
def unfounded(store: Store) -> Store:
    """A case goes on that never began."""
    record(store, LIFE[1:2])
    return store


@pytest.fixture
def mended(store: Store) -> Store:
    """A case got stuck on the board behind its first fact, for a reason that is gone."""
    record(store, LIFE[:1])
    assert huiyin("views", "list").exit_code == 0
    with store.pool.connection() as connection:
        connection.execute(
            "INSERT INTO views.parked VALUES ('boards', %s, %s, 'a fold that was wrong')",
            [key_text((stream(1),)), store.log.head()],
        )
        connection.execute("UPDATE views.positions SET built = built + 1")
    record(store, LIFE[1:])
    assert huiyin("views", "list").exit_code == 0
    with store.pool.connection() as connection:
        connection.execute("DELETE FROM views.parked WHERE reason NOT LIKE 'behind%'")
    return store


@pytest.mark.parametrize("moment", ["--as-of", "--happened-by"])
def test_a_board_of_a_moment_that_cannot_be_folded_is_not_shown(
    unfounded: Store, moment: str
) -> None:
    result = huiyin("board", "--json", moment, NOW)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert str(stream(1)) in result.stderr.replace("\n", "")
    assert huiyin("views", "list").exit_code == 0
    assert parked(unfounded.pool, VIEWS)


def test_what_still_cannot_be_taken_is_named(unfounded: Store) -> None:
    result = huiyin("views", "retry")
    assert result.exit_code == 1
    assert "0 of 6 parked facts taken" in result.stdout
    assert "CaseDispatched before anything began this row" in result.stdout
    told = json.loads(huiyin("views", "retry", "boards", "--json").stdout)
    assert (told["taken"], [each["view"] for each in told["parked"]]) == (0, ["boards"])
    assert len(parked(unfounded.pool, VIEWS)) == 6


def test_what_can_be_taken_now_is_taken(mended: Store) -> None:
    assert len(parked(mended.pool, VIEWS)) == 2
    assert huiyin("views", "check").exit_code == 1
    result = huiyin("views", "retry", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"taken": 2, "parked": []}
    assert huiyin("views", "check").exit_code == 0


def test_a_view_that_there_is_not_is_refused(unfounded: Store) -> None:
    assert unfounded.log.head() > 0
    result = huiyin("views", "retry", "bords")
    assert result.exit_code == 2
    assert "boards" in result.stderr
