"""Processes for the benches: workers on one database, a broker, and their memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from consumers.follower import Follower
from projections.view import View
from projections.views import BY_NAME
from store import open_store
from store.settings import Settings

ROOT = Path(__file__).parents[1]
BROKER_SCRIPT = ROOT / "scripts" / "kafka"
STOP_SECONDS_MAX = 30
WORK = "from api.cli.main import app; app()"


@dataclass(frozen=True, slots=True)
class Memory:
    """Of one process, in MB: resident at the end, and the most it ever was."""

    now: int
    peak: int


@dataclass(slots=True)
class Worker:
    """A process of the product that works on one database."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def memory(self) -> Memory:
        return memory(self.process.pid)

    def alive(self) -> bool:
        return self.process.poll() is None


def memory(pid: int) -> Memory:
    """What a process takes, as Linux counts it."""
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    kilobytes = {
        line.partition(":")[0]: int(line.split()[1])
        for line in text.splitlines()
        if line.startswith(("VmRSS:", "VmHWM:"))
    }
    return Memory(kilobytes["VmRSS"] // 1024, kilobytes["VmHWM"] // 1024)


@contextmanager
def at_work(settings: Settings, *names: str) -> Iterator[list[Worker]]:
    """``huiyin work --only NAME``, a process each; ``follower:VIEW,VIEW`` follows the log
    for these views only. All are asked to stop in the end."""
    workers: list[Worker] = []
    try:
        for n, name in enumerate(names):
            workers.append(_started(settings, name, settings.home / f"{n}-{name[:12]}.log"))
        yield workers
    finally:
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            _ended(worker.process)


def _started(settings: Settings, name: str, log: Path) -> Worker:
    """Told what these settings say, and nothing of Kafka that this process was told."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith("HUIYIN_KAFKA")}
    told = {
        "HUIYIN_HOME": str(settings.home),
        "DATABASE_URL": settings.database_url or "",
        "HUIYIN_KAFKA": settings.kafka or "",
    }
    kind, _, views = name.partition(":")
    command = (
        [sys.executable, "-m", __name__, views]
        if views
        else [sys.executable, "-c", WORK, "work", "--only", kind]
    )
    with log.open("ab") as out:
        process = subprocess.Popen(  # noqa: S603 - our own program
            command, cwd=ROOT, env=ours | told, stdout=out, stderr=out
        )
    return Worker(kind, process, log)


def _ended(process: subprocess.Popen[bytes]) -> None:
    try:
        process.wait(STOP_SECONDS_MAX)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@dataclass(frozen=True, slots=True)
class Broker:
    """One broker on this machine, at ``address``."""

    address: str
    data: Path

    def memory(self) -> Memory:
        """Of the process whose settings lie in the broker's folder."""
        return max(
            (memory(pid) for pid in _running_on(self.data)), key=lambda found: found.peak
        )


@contextmanager
def broker(data: Path) -> Iterator[Broker]:
    """A broker of its own, started and stopped by scripts/kafka."""
    address = _script("start", data).splitlines()[0].strip()
    try:
        yield Broker(address, data)
    finally:
        _script("stop", data)


def _script(verb: str, data: Path) -> str:
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(BROKER_SCRIPT), verb, "--data", str(data)],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return done.stdout


def _running_on(data: Path) -> Iterator[int]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                asked = (folder / "cmdline").read_bytes()
            except OSError:
                continue  # it has just ended
            if b"kafka.Kafka" in asked and os.fsencode(data) in asked:
                yield int(folder.name)


def main(names: str) -> None:
    """Follow the log for some views only, until told to stop."""
    settings = Settings.from_env()
    views: list[View[Any]] = [BY_NAME[name] for name in names.split(",")]
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with open_store(settings.database_url or "", settings) as store:
        Follower(store, views).run(stop)


if __name__ == "__main__":
    main(*sys.argv[1:])
