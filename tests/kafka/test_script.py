"""scripts/kafka: one broker, started once, stopped by its own process id."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.kafka import start_or_leave_out
from tests.tiers import BROKER_SCRIPT


def script(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(BROKER_SCRIPT), *words],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
    )


@pytest.mark.kafka
def test_a_broker_is_started_once_keeps_its_address_and_is_stopped(tmp_path: Path) -> None:
    where = ("--data", str(tmp_path))
    broker = start_or_leave_out(tmp_path)
    try:
        assert script("start", *where).stdout == f"{broker.address}\n"
        assert script("status", *where).stdout == f"{broker.address}\n"
    finally:
        assert script("stop", *where).returncode == 0
    assert script("status", *where).returncode == 1
    assert script("stop", *where).returncode == 1


def test_a_process_id_that_now_belongs_to_somebody_else_is_left_alone(
    tmp_path: Path,
) -> None:
    (tmp_path / "broker.pid").write_text(str(os.getpid()), encoding="utf-8")
    assert script("stop", "--data", str(tmp_path)).returncode == 1


def test_without_maven_it_says_what_is_wanting(tmp_path: Path) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.touch()
    bare = {"PATH": "", "JAVA_HOME": str(tmp_path), "HUIYIN_KAFKA_HOME": str(tmp_path)}

    told = script("fetch", **bare)
    assert told.returncode == 2
    assert "install Maven" in told.stderr
    asked = script("lacks", **bare)
    assert asked.returncode == 1
    assert "HUIYIN_KAFKA_HOME" in asked.stdout
