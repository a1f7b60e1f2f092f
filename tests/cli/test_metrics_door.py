"""``huiyin work`` and ``huiyin serve`` tell Prometheus at a port that they are given."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from store.postgres import free_port
from store.settings import Settings
from tests.cli.conftest import Run
from tests.consumers.test_follower import until

ROOT = Path(__file__).parents[2]


@contextmanager
def running(settings: Settings, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """``huiyin`` with these words, as a process of its own."""
    told = {
        "HUIYIN_HOME": str(settings.home),
        "DATABASE_URL": settings.database_url or "",
    }
    command = [sys.executable, "-c", "from api.cli.main import app; app()", *words]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | told)  # noqa: S603
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def scraped(port: int) -> str:
    """What is told there; nothing while nobody listens."""
    with suppress(httpx.TransportError):
        return httpx.get(f"http://127.0.0.1:{port}/metrics").raise_for_status().text
    return ""


@pytest.mark.parametrize("words", [["work"], ["serve", "--port=0"]], ids=lambda w: w[0])
def test_while_it_runs_it_tells_how_far_the_views_are(
    settings: Settings, words: list[str]
) -> None:
    port = free_port()
    with running(settings, *words, f"--metrics-port={port}") as process:
        until(
            lambda: 'huiyin_view_lag_facts{feed="log",view="boards"} 0.0' in scraped(port)
        )
        assert "huiyin_up 1.0" in scraped(port)
        assert "process_resident_memory_bytes" in scraped(port)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
        assert scraped(port) == ""


@pytest.mark.parametrize("command", ["work", "serve"])
def test_a_taken_port_is_refused(huiyin: Run, command: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        door = ["--port", "0"] if command == "serve" else []
        result = huiyin(command, *door, "--metrics-port", port)
    assert result.exit_code == 2
    assert "--metrics-port" in result.stderr
