"""A running PostgreSQL for whoever needs one: one's own, or the embedded one."""

from __future__ import annotations

import fcntl
import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from types import FrameType

import psycopg
from psycopg.conninfo import conninfo_to_dict

from store.postgres import CannotServe, Cluster
from store.settings import Settings

__all__ = ["CannotServe", "running"]

LOG = logging.getLogger(__name__)
ANSWER_SECONDS_MAX = 30.0
WATCH_SECONDS = 0.5
TERMINATING = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def running(settings: Settings) -> Iterator[str]:
    """Yield the connection string of a running server.

    ``DATABASE_URL`` wins. Else all processes of one home share one embedded server: the
    first starts it (or takes over one whose users were all killed), each looks after it,
    and the last one out stops it. Raises CannotServe with the remedy in its text.
    """
    if settings.database_url:
        _refuse_nonsense(settings.database_url)
        yield settings.database_url
        return
    with _terminated_softly(), _Share(settings.home) as cluster:
        yield cluster.dsn


def _refuse_nonsense(database_url: str) -> None:
    try:
        conninfo_to_dict(database_url)
    except psycopg.ProgrammingError as wrong:
        raise CannotServe(
            f"DATABASE_URL is no connection string ({str(wrong).strip()});"
            " it looks like postgresql://user:password@host:5432/database"
        ) from wrong


class _Share:
    """This process's share in the server of one home.

    Two lock files. ``users`` is held shared by everybody who uses the server, and the
    kernel lets go of it even for a process that was killed; so whoever can have it
    exclusively is the last one out. ``turn`` is held while starting or stopping, so that
    nobody comes in while the last one goes out.
    """

    def __init__(self, home: Path) -> None:
        self._home = home
        self._cluster = Cluster(home / "postgres")
        self._gone = threading.Event()
        self._guard = threading.Thread(target=self._look_after, daemon=True)

    def __enter__(self) -> Cluster:
        try:
            self._home.mkdir(mode=0o755, parents=True, exist_ok=True)
            self._users = os.open(
                self._home / "postgres.users", os.O_CREAT | os.O_RDWR, 0o600
            )
        except OSError as problem:
            raise CannotServe(
                f"{problem}; set HUIYIN_HOME to a folder that you may write to"
            ) from problem
        try:
            with self._turn():
                fcntl.flock(self._users, fcntl.LOCK_SH)
                self._bring_up()
        except BaseException:
            self._leave()
            raise
        self._guard.start()
        return self._cluster

    def __exit__(self, *_: object) -> None:
        self._gone.set()
        self._guard.join()
        self._leave()

    def _leave(self) -> None:
        """Go, and stop the server when nobody else is left."""
        try:
            with self._turn():
                try:
                    fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    return
                self._cluster.stop()
        finally:
            os.close(self._users)

    @contextmanager
    def _turn(self) -> Iterator[None]:
        turn = os.open(self._home / "postgres.turn", os.O_CREAT | os.O_RDWR, 0o600)
        try:
            fcntl.flock(turn, fcntl.LOCK_EX)
            yield
        finally:
            os.close(turn)

    def _bring_up(self) -> None:
        """Use the server that runs (it may be recovering just now), or start one."""
        deadline = monotonic() + ANSWER_SECONDS_MAX
        while self._cluster.pid is not None and monotonic() < deadline:
            if self._cluster.answers():
                return self._cluster.make_database()
            sleep(0.05)
        self._cluster.make()
        return self._cluster.start()

    def _look_after(self) -> None:
        """Start the server again when it was killed; whoever sees it first does."""
        while not self._gone.wait(WATCH_SECONDS):
            if self._cluster.pid is None:
                with self._turn():
                    self._start_again()

    def _start_again(self) -> None:
        if self._gone.is_set() or self._cluster.pid is not None:
            return
        LOG.warning(
            "the embedded PostgreSQL of %s was killed: starting it again", self._home
        )
        try:
            self._cluster.start()
        except (CannotServe, OSError):
            LOG.exception("the embedded PostgreSQL of %s does not start", self._home)


@contextmanager
def _terminated_softly() -> Iterator[None]:
    """Let SIGTERM, and SIGHUP of a terminal that is closed, unwind the stack, so that the
    server is stopped; unless they are handled, or ignored (nohup)."""
    mine = [
        number
        for number in TERMINATING
        if threading.current_thread() is threading.main_thread()
        and signal.getsignal(number) is signal.SIG_DFL
    ]
    for number in mine:
        signal.signal(number, _unwind)
    try:
        yield
    finally:
        for number in mine:
            signal.signal(number, signal.SIG_DFL)


def _unwind(told: int, _frame: FrameType | None) -> None:
    # Shell and kernel may each say that the terminal is gone: once is enough, and a
    # second time must not break off the stopping.
    for number in TERMINATING:
        if signal.getsignal(number) is _unwind:
            signal.signal(number, signal.SIG_IGN)
    raise SystemExit(128 + told)
