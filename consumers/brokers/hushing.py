"""What is said about the same trouble again and again is said once a minute.

While a broker is away, its clients try several times a second and log every attempt.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from time import monotonic

AGAIN_SECONDS = 60.0
HEARD_MAX = 200
SAID_MAX = 200
# Warns whenever the machine is busy.
SLOW = "kafka.net.selector"


class Said:
    """Warns of a state once, and again when it has lasted; not with every attempt.

    It remembers the last few states only: their texts may name a place or a moment.
    """

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._said: dict[str, float] = {}
        self._trouble = False

    def once(self, text: str, *, exc_info: bool = False) -> None:
        """There is trouble."""
        self._trouble = True
        self._say(text, exc_info=exc_info)

    def over(self, text: str) -> None:
        """There is none, or none any more: that is worth saying too."""
        if self._trouble:
            self._trouble = False
            self._say(text)

    def _say(self, text: str, *, exc_info: bool = False) -> None:
        now = monotonic()
        if now - self._said.get(text, -AGAIN_SECONDS) >= AGAIN_SECONDS:
            self._log.warning("%s", text, exc_info=exc_info)
            self._said.pop(text, None)  # the oldest comes first
            self._said[text] = now
            if len(self._said) > SAID_MAX:
                del self._said[next(iter(self._said))]


class Hush(logging.Handler):
    """Stands between some loggers and the root: passes on what is new, and remembers it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said: dict[tuple[str, int], float] = {}
        self._heard: deque[tuple[float, str]] = deque(maxlen=HEARD_MAX)
        self._muted = 0

    def hush(self, *names: str) -> None:
        """Let these loggers speak through this one; twice is once.

        None of them may say more than warnings: their details show passwords.
        """
        for name in names:
            logger = logging.getLogger(name)
            if self not in logger.handlers:
                logger.addHandler(self)
                logger.propagate = False
            if logger.level < logging.WARNING:
                logger.setLevel(logging.WARNING)
        logging.getLogger(SLOW).setLevel(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        now, told = monotonic(), in_one_line(record)
        self._heard.append((now, told.getMessage()))
        place = (record.pathname, record.lineno)
        if not self._muted and now - self._said.get(place, -AGAIN_SECONDS) >= AGAIN_SECONDS:
            self._said[place] = now
            logging.getLogger().handle(told)

    def heard_since(self, moment: float) -> list[str]:
        """The last of what was said since a moment of the monotonic clock, oldest first."""
        return [text for at, text in list(self._heard) if at >= moment]

    @contextmanager
    def muted(self) -> Iterator[None]:
        """For as long as whoever calls tells of all trouble itself."""
        self._muted += 1
        try:
            yield
        finally:
            self._muted -= 1


def in_one_line(record: logging.LogRecord) -> logging.LogRecord:
    """What went wrong, without where in the client it did."""
    error = record.exc_info[1] if record.exc_info else None
    if error is None:
        return record
    told = copy(record)
    told.msg = f"{record.getMessage()}: {type(error).__name__}: {error}"
    told.args = told.exc_info = told.exc_text = None
    return told


CLIENTS = Hush()
