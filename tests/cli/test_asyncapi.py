"""`huiyin kafka asyncapi`: the document is printed, or compared with the committed one."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli.main import app

COMMITTED = Path(__file__).parents[2] / "docs" / "asyncapi.yaml"


def test_the_committed_document_is_printed() -> None:
    done = CliRunner().invoke(app, ["kafka", "asyncapi"])

    assert done.exit_code == 0
    assert done.stdout == COMMITTED.read_text(encoding="utf-8")


def test_the_same_is_there_as_json() -> None:
    done = CliRunner().invoke(app, ["kafka", "asyncapi", "--json"])

    assert done.exit_code == 0
    assert json.loads(done.stdout)["asyncapi"] == "3.0.0"


def test_a_document_of_today_is_fine() -> None:
    done = CliRunner().invoke(app, ["kafka", "asyncapi", "--check", str(COMMITTED)])

    assert (done.exit_code, done.stdout) == (0, "")


def test_a_stale_document_is_found_with_what_to_do(tmp_path: Path) -> None:
    stale = tmp_path / "asyncapi.yaml"
    said = COMMITTED.read_text(encoding="utf-8")
    stale.write_text(said.replace("case.dispatched", "case.sent"), encoding="utf-8")

    done = CliRunner().invoke(app, ["kafka", "asyncapi", "--check", str(stale)])

    assert done.exit_code == 1
    assert "make asyncapi" in done.stderr


def test_a_document_that_is_not_there_cannot_be_compared(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere.yaml"

    done = CliRunner().invoke(app, ["kafka", "asyncapi", "--check", str(nowhere)])

    assert done.exit_code == 2
    assert "nowhere.yaml" in done.stderr


def test_without_the_parts_for_kafka_it_says_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)

    done = CliRunner().invoke(app, ["kafka", "asyncapi"])

    assert done.exit_code == 2
    assert "[kafka]" in done.stderr
