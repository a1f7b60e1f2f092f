"""A follower as a process of its own, for a test to kill."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from consumers.follower import Follower
from store import open_store
from store.settings import Settings
from tests.projections.sagas import VIEWS


def main(dsn: str, home: str) -> None:
    with open_store(dsn, Settings(home=Path(home), database_url=dsn)) as store:
        Follower(store, VIEWS).run(threading.Event())


if __name__ == "__main__":
    main(*sys.argv[1:])
