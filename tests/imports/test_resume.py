"""kill -9 anywhere in an import, several times: nothing lost, nothing doubled."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from domain.case.witness import CaseWitnessed, StepWitnessed
from projections.check import check
from projections.handovers import Handovers
from projections.reading import Stored
from projections.views import VIEWS
from store import Store
from tests.imports.history import DESK, DESK_CSV, SourceRow, naive

ROOT = Path(__file__).parents[2]
CASES, ROWS_A_CASE = 900, 14
ROWS = CASES * ROWS_A_CASE
KILLS = 5
TEAMS = ("Desk", "Crew 2nd", "Plant 3rd")
STATES = ("Accepted,In Progress", "Queued,Awaiting", "Accepted,Wait", "Completed,Closed")

pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[SourceRow]]:
    """A log of 900 cases with 14 rows each, the cases entangled, and its rows."""
    dice = random.Random(7)  # noqa: S311 - the same log each time
    rows = [(case, n) for n in range(1, ROWS_A_CASE + 1) for case in range(CASES)]
    told: list[SourceRow] = []
    file = tmp_path_factory.mktemp("log") / "log.csv"
    with file.open("w", encoding="utf-8") as out:
        out.write(DESK_CSV.read_text(encoding="utf-8").splitlines()[0] + "\n")
        for case, n in rows:
            state, team = dice.choice(STATES), dice.choice(TEAMS)
            told.append(SourceRow(f"K-{case:03}", n, state.split(",")[0], team))
            out.write(f"K-{case:03},{n},2026-03-{n:02} 09:00,{state},{team},li,Low,嗯\n")
    return file, told


def begin(file: Path, dsn: str, home: Path) -> subprocess.Popen[str]:
    """``huiyin import`` in a process of its own."""
    words = ["import", "--mapping", DESK, "--json", str(file)]
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-c", "from api.cli.main import app; app()", *words],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": dsn, "HUIYIN_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def kill_when_beyond(running: subprocess.Popen[str], store: Store, position: int) -> bool:
    """Kill -9 once the log has more than that; False when the import was quicker."""
    while store.log.head() <= position and running.poll() is None:
        time.sleep(0.005)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    return running.returncode == -signal.SIGKILL


@pytest.fixture(scope="module")
def killed(
    log: tuple[Path, list[SourceRow]],
    module_store: Store,
    module_dsn: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> list[int]:
    """The heads of the log after each of several killed imports, and one that ended."""
    file, home, store = log[0], tmp_path_factory.mktemp("home"), module_store
    dice = random.Random()  # noqa: S311 - anywhere
    heads: list[int] = []
    for n in range(KILLS):
        begun = begin(file, module_dsn, home)
        # The first is killed at once or while it reads; the others while they write.
        beyond = (
            dice.choice([-1, 0]) if n == 0 else store.log.head() + dice.randrange(3_000)
        )
        if not kill_when_beyond(begun, store, beyond):
            break
        heads.append(store.log.head())
    ended = begin(file, module_dsn, home)
    stdout, stderr = ended.communicate(timeout=300)
    assert ended.returncode == 0, stderr
    summary = json.loads(stdout)
    assert summary["skipped"] + summary["facts"] >= ROWS
    heads.append(store.log.head())
    return heads


def test_nothing_is_lost_and_nothing_doubled(
    killed: list[int], log: tuple[Path, list[SourceRow]], module_store: Store
) -> None:
    facts = [entry.fact for entry in module_store.log.scan()]
    births = {f.originator_id: f.source_id for f in facts if isinstance(f, CaseWitnessed)}
    assert sorted(births.values()) == [f"K-{case:03}" for case in range(CASES)]
    steps = [f for f in facts if isinstance(f, StepWitnessed)]
    found = [(births[f.originator_id], f.row, f.unit) for f in steps]
    assert sorted(found) == sorted((row.case, row.seq, row.team) for row in log[1])
    assert all(f.originator_version == f.row + 1 for f in steps)
    assert len({f.command_id for f in steps}) == ROWS
    assert killed == sorted(killed), "an import never takes anything back"


def test_the_views_stand_where_an_undisturbed_import_would_have_brought_them(
    killed: list[int], log: tuple[Path, list[SourceRow]], module_store: Store
) -> None:
    assert Handovers(Stored(module_store.pool)).stats("desk") == naive(log[1])
    assert check(module_store, VIEWS).sound
