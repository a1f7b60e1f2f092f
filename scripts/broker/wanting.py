"""What every part says when something is wanting, and how it waits."""

from __future__ import annotations

import time
from collections.abc import Iterator

LOCALHOST = "127.0.0.1"


class Wanting(Exception):
    """Something this machine lacks, or that is not as it should be; says what to do."""


def until(seconds: float) -> Iterator[None]:
    """Try again a few times a second, for this long at most."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.1)
