"""What a Kafka client says about the same trouble again and again is said once a minute.

While a broker is away, its clients try several times a second and log every attempt.
"""

from __future__ import annotations

import logging
from time import monotonic

AGAIN_SECONDS = 60.0
HEARD_MAX = 20


class Hush(logging.Handler):
    """Stands between some loggers and the root: passes on what is new, and remembers it."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._said: dict[tuple[str, int], float] = {}
        self._heard: list[tuple[float, str]] = []

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

    def emit(self, record: logging.LogRecord) -> None:
        now = monotonic()
        self._heard = [*self._heard[1 - HEARD_MAX :], (now, record.getMessage())]
        place = (record.pathname, record.lineno)
        if now - self._said.get(place, -AGAIN_SECONDS) >= AGAIN_SECONDS:
            self._said[place] = now
            logging.getLogger().handle(record)

    def heard_since(self, moment: float) -> list[str]:
        """The last of what was said since a moment of the monotonic clock, oldest first."""
        return [text for at, text in self._heard if at >= moment]


CLIENTS = Hush()
