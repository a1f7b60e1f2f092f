"""What is due, what happens then, who was told: asked at the terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

import pytest
import typer
from typer.testing import CliRunner

from api.cli.main import app
from api.cli.times import ahead, duration
from api.office import open_office
from domain.case.escalation import CaseEscalated, EscalationAnswered
from domain.fact import Fact
from domain.promise.clock import (
    ClockStarted,
    ClockStopped,
    DeadlineBreached,
    DeadlineMoved,
)
from domain.promise.coming import BREACH, END_SUSPENSION, ESCALATE, STALL, WARN, Coming
from projections.board_rows import BoardRow
from projections.boards import BOARDS
from store.settings import Settings
from tests.cli.conftest import Run, answer
from tests.projections import telling
from tests.projections.telling import record
from tests.support.database import Databases
from tests.support.scenario import CASE_ID
from tests.support.story import HANDLING, received

NOW = datetime.now(UTC).replace(microsecond=0)
PATIENT, LATE, CALM, DONE = (
    uuid5(CASE_ID, name) for name in ("patient", "late", "calm", "done")
)


def clock(due: datetime, name: str = "answer.1") -> ClockStarted:
    return ClockStarted(
        clock=name,
        step=name[:-2],
        kind="promise",
        rule="answer_general",
        started_at=NOW - timedelta(days=2),
        due=due,
        calendar="cn-office@1",
    )


def breach(due: datetime) -> Fact:
    fact = DeadlineBreached(clock="answer.1", step="answer", kind="promise", due=due)
    return fact.stamped(occurred_at=due)


def escalation(rung: int, due: datetime, next_at: datetime | None) -> Fact:
    fact = CaseEscalated(
        rung=rung,
        from_post=None,
        to_post=f"post-{rung}" if rung < 3 else None,
        told="lei" if rung < 3 else None,
        unit="donghu",
        reason="late",
        rule="overdue",
        fallback=None if rung < 3 else "nobody",
        climb="overdue:answer.1",
        due=due,
        next_at=next_at,
    )
    return fact.stamped(occurred_at=due)


def answered(at: datetime, next_at: datetime) -> Fact:
    fact = EscalationAnswered(
        rung=1,
        unit="donghu",
        post="post-1",
        told="lei",
        person="hu",
        climb="overdue:answer.1",
        next_at=next_at,
    )
    return fact.stamped(occurred_at=at)


def life(
    case: UUID, number: str, coming: Coming | None, *after: Fact, begun: datetime
) -> list[Fact]:
    """One case under way, and what time does next when all of this has happened."""
    facts = [received(number=number), *HANDLING[1:], *after]
    return [
        fact.stamped(
            originator_id=case,
            originator_version=version,
            occurred_at=max(begun, fact.occurred_at) if fact in after else begun,
            policy="sgcc-2022@1",
            coming=coming,
        )
        for version, fact in enumerate(facts, start=1)
    ]


SOON, YESTERDAY = NOW + timedelta(minutes=30), NOW - timedelta(days=1)
CASES = [
    *life(
        PATIENT,
        "260302-0000-0001",
        Coming(
            at=SOON,
            what=BREACH,
            clock="answer.1",
            person="qu",
            due=SOON,
            due_clock="answer.1",
        ),
        clock(SOON),
        begun=NOW - timedelta(days=2, hours=1),
    ),
    *life(
        LATE,
        "260302-0000-0002",
        Coming(
            at=NOW + timedelta(hours=3),
            what=ESCALATE,
            clock="overdue:answer.1",
            rung=4,
            person="jiang",
        ),
        clock(YESTERDAY),
        breach(YESTERDAY),
        escalation(1, YESTERDAY, YESTERDAY + timedelta(hours=1)),
        answered(YESTERDAY + timedelta(minutes=20), YESTERDAY + timedelta(hours=2)),
        escalation(2, YESTERDAY + timedelta(hours=2), YESTERDAY + timedelta(hours=4)),
        escalation(3, YESTERDAY + timedelta(hours=4), NOW + timedelta(hours=3)),
        begun=NOW - timedelta(days=2),
    ),
    *life(CALM, "260302-0000-0003", None, begun=NOW - timedelta(days=3)),
    *life(
        DONE,
        "260302-0000-0004",
        Coming(
            at=NOW + timedelta(days=2),
            what=STALL,
            person="qu",
            due=NOW + timedelta(days=2),
            due_clock="answer.1",
        ),
        clock(YESTERDAY),
        DeadlineMoved(
            clock="answer.1",
            why="level",
            rule="answer_major",
            from_due=YESTERDAY,
            due=NOW + timedelta(days=2),
            calendar="cn-office@2",
            provisional=True,
        ).stamped(occurred_at=YESTERDAY),
        clock(YESTERDAY, "contact.1"),
        ClockStopped(
            clock="contact.1", step="contact", kind="promise", outcome="kept", due=YESTERDAY
        ).stamped(occurred_at=YESTERDAY),
        begun=NOW - timedelta(days=1, hours=2),
    ),
]


@pytest.fixture(scope="module")
def dsn(
    server: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path]]:
    """A log with these cases, recorded just now though most of it happened before."""
    home = tmp_path_factory.mktemp("home")
    with server.fresh() as dsn:
        with open_office(Settings(home=home, database_url=dsn)) as office:
            record(office.store, CASES)
            office.catch_up()
        yield dsn, home


@pytest.fixture
def huiyin(dsn: tuple[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    monkeypatch.setenv("DATABASE_URL", dsn[0])
    monkeypatch.setenv("HUIYIN_HOME", str(dsn[1]))
    monkeypatch.setenv("COLUMNS", "220")
    monkeypatch.chdir(tmp_path)
    return lambda *words: CliRunner().invoke(app, list(words))


def board(huiyin: Run, *words: str) -> list[str]:
    """The last digit of each case's number, in the order of the board."""
    rows = answer(huiyin("board", "--json", *words))["items"]
    return [row["number"][-1] for row in rows]


def test_the_board_is_asked_for_what_is_overdue_or_due_soon(huiyin: Run) -> None:
    assert board(huiyin) == ["3", "1", "2", "4"]
    assert board(huiyin, "--overdue") == ["2"]
    assert board(huiyin, "--due-within", "1 h") == ["1"]
    assert board(huiyin, "--due-within", "3 d") == ["1", "4"]
    assert board(huiyin, "--overdue", "--due-within", "1 h") == []


def test_sorted_by_due_the_overdue_come_first_and_what_nothing_is_due_of_last(
    huiyin: Run,
) -> None:
    assert board(huiyin, "--sort", "due") == ["2", "1", "4", "3"]


def test_what_is_past_its_due_time_is_overdue_though_nobody_has_looked_yet(
    huiyin: Run,
) -> None:
    later = (NOW + timedelta(hours=1)).isoformat()
    assert board(huiyin, "--overdue", "--as-of", later) == ["1", "2"]


def test_the_board_as_people_read_it_says_what_happens_then_and_to_whom(
    huiyin: Run,
) -> None:
    printed = huiyin("board").stdout
    assert "260302-0000-0002 超" in printed
    assert "tells jiang (rung 4)" in printed
    assert "overdue 超时 since" in printed
    assert "then tells qu" in printed


def test_before_anything_was_on_record_nothing_was_due(huiyin: Run) -> None:
    assert board(huiyin, "--as-of", "2026-01-01T00:00:00Z") == []


def test_a_chain_tells_apart_when_a_rung_was_due_and_when_it_was_told(huiyin: Run) -> None:
    links = answer(huiyin("case", "chain", "260302-0000-0002", "--json"))["links"]
    rungs = [link for link in links if link["rung"]]
    assert [link["rung"] for link in rungs] == [1, 2, 3]
    for link in rungs:
        assert link["due"] == link["told_at"]
        told = datetime.fromisoformat(link["recorded_at"])
        assert told > datetime.fromisoformat(link["told_at"]) + timedelta(hours=1)
    first, _, last = rungs
    assert (first["answered_by"], first["climb"]) == ("hu", "overdue:answer.1")
    assert first["next_at"] is None
    assert last["next_at"] is not None
    assert (last["person"], last["fallback"], last["answered_at"]) == (None, "nobody", None)
    printed = huiyin("case", "chain", "260302-0000-0002").stdout
    assert "late answer.1 [nobody]" in printed
    assert "nobody 无人" in printed


def test_the_clocks_of_a_case_show_what_is_promised_and_what_was_first(huiyin: Run) -> None:
    rows = answer(huiyin("case", "clocks", "260302-0000-0004", "--json"))["clocks"]
    assert [(row["clock"], row["state"]) for row in rows] == [
        ("answer.1", "running"),
        ("contact.1", "kept"),
    ]
    moved = rows[0]
    assert moved["first_due"] != moved["due"]
    assert (moved["calendar"], moved["provisional"], moved["moved"]) == (
        "cn-office@2",
        True,
        1,
    )
    printed = huiyin("case", "clocks", "260302-0000-0004").stdout
    assert "1x, level; was" in printed
    assert "kept" in printed


def test_an_unknown_moment_of_a_case_is_refused_with_exit_status_2(huiyin: Run) -> None:
    for command in ("chain", "clocks"):
        result = huiyin(
            "case", command, "260302-0000-0004", "--as-of", "2026-01-01T00:00:00Z"
        )
        assert (result.exit_code, result.stdout) == (2, "")
        assert "on record" in result.stderr


@pytest.mark.parametrize(
    ("text", "minutes"), [("90 s", 1.5), ("20 min", 20), ("2 h", 120), ("1 d", 1440)]
)
def test_a_span_of_time_is_a_number_and_a_unit(text: str, minutes: float) -> None:
    assert duration(text) == timedelta(minutes=minutes)


@pytest.mark.parametrize("text", ["", "2", "h", "2 wd", "-1 h", "soon", "nan h"])
def test_what_is_no_span_of_clock_time_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        duration(text)


@pytest.mark.parametrize(
    ("coming", "said"),
    [
        (
            Coming(at=NOW, what=WARN, clock="answer.1", person="li"),
            "warns li",
        ),
        (
            Coming(at=NOW, what=BREACH, clock="contact.1", unit="donghu"),
            "contact overdue, tells donghu",
        ),
        (Coming(at=NOW, what=ESCALATE, rung=2), "tells nobody 无人 (rung 2)"),
        (Coming(at=NOW, what=END_SUSPENSION, person="li"), "suspension ends → li"),
        (Coming(at=NOW, what=STALL, person="li"), "stalls, tells li"),
    ],
)
def test_each_thing_time_does_is_said_on_one_line(coming: Coming, said: str) -> None:
    row: BoardRow = telling.row(BOARDS, *(f.stamped(coming=coming) for f in HANDLING))
    assert ahead(row, NOW).endswith(said)


def test_nothing_due_and_nothing_coming_is_nothing_said() -> None:
    assert ahead(telling.row(BOARDS, *HANDLING), NOW) == ""
