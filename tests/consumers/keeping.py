"""A timekeeper in a process of its own that stops at the worst moment, to be killed."""

from __future__ import annotations

import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Any

from domain.command import Command
from domain.desk import Answer, Desk
from tests.support.timekeeping import hotline_on


class Frozen:
    """A desk that stops for good at its ``last`` command: ``before`` it is decided, or
    ``after`` it was recorded and before anybody hears of it."""

    def __init__(self, desk: Desk, where: str, last: int) -> None:
        self._desk, self._where, self._left = desk, where, last
        self._lock, self._told = threading.Lock(), False

    def handle(self, command: Command, **around: Any) -> Answer:
        with self._lock:
            self._left -= 1
            stops = self._left <= 0
        if stops and self._where == "before":
            self._stop()
        answer = self._desk.handle(command, **around)
        if stops:
            self._stop()
        return answer

    def _stop(self) -> None:
        with self._lock:
            if not self._told:
                self._told = True
                print("stopped", flush=True)  # noqa: T201 - the test waits for it
        threading.Event().wait()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk, name)


def main(dsn: str, home: str, where: str, last: str, now: str) -> None:
    with hotline_on(dsn, Path(home)) as hotline:
        hotline.clock.at = datetime.fromisoformat(now)
        hotline.desk = Frozen(hotline.desk, where, int(last))  # type: ignore[assignment]
        hotline.timekeeper(batch=10, threads=2).run(threading.Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
