"""A process that stays up ends when it is told to, whatever libraries still wait for."""

from __future__ import annotations

import subprocess
import sys

import pytest

ENDS = """
import threading, typer
from api.cli.serve import end

threading.Thread(target=threading.Event().wait, name="lost").start()
app = typer.Typer()
app.command()(lambda: end({code}, within=0.5))
app()
"""


@pytest.mark.parametrize("code", [0, 1])
def test_a_thread_that_never_ends_does_not_keep_the_process(code: int) -> None:
    ended = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", ENDS.format(code=code)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == code
    assert "these still wait: lost" in ended.stderr
