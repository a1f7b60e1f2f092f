"""A watch in a process of its own whose desk stops at the worst moment, to be killed."""

from __future__ import annotations

import sys
from pathlib import Path

from api.office import desk_over
from consumers.watch.watch import Watch
from store import open_store
from store.settings import Settings
from tests.consumers.keeping import Frozen


def main(dsn: str, home: str, where: str, last: str) -> None:
    settings = Settings(home=Path(home), database_url=dsn)
    with open_store(dsn, settings) as store, desk_over(store) as desk:
        frozen = Frozen(desk, where, int(last))
        while True:
            Watch(store, frozen).work()  # type: ignore[arg-type]


if __name__ == "__main__":
    main(*sys.argv[1:])
