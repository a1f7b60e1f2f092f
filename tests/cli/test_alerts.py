"""What was noticed across cases, asked at the terminal, and told above the board."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid5

import pytest
from typer.testing import CliRunner

from api.cli.main import app
from api.office import open_office
from domain.alert.answer import AnswerAlert
from domain.alert.close import CloseAlert
from store.settings import Settings
from tests.cli.conftest import Run, answer
from tests.support.alerting import ABOUT, ALERT_ID, noticed
from tests.support.database import Databases
from tests.support.organisation import founding
from tests.support.scenario import COUNTY_LEADER, MONDAY, SUPERVISOR, text

IDS = {kind: uuid5(ALERT_ID, kind) for kind in ABOUT}


@pytest.fixture(scope="module")
def alerted(
    server: Databases, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, str]]:
    """A house in which each kind of alert was raised; a check is closed, a stall answered,
    another check answered on the way."""
    home = tmp_path_factory.mktemp("home")
    with server.fresh() as dsn:
        with open_office(Settings(home=home, database_url=dsn)) as office:
            for order in founding():
                office.desk.handle(order)
            for n, (kind, alert_id) in enumerate(IDS.items()):
                at = MONDAY + timedelta(minutes=n)
                office.desk.handle(noticed(kind, alert_id, at=at))
            for kind, actor in (("surge", COUNTY_LEADER), ("stall", SUPERVISOR)):
                office.desk.handle(
                    AnswerAlert(
                        subject=IDS[kind],
                        command_id=uuid5(IDS[kind], "answer"),
                        actor=actor,
                        at=MONDAY + timedelta(hours=1),
                        answer=text("已派人"),
                    )
                )
            office.desk.handle(
                CloseAlert(
                    subject=IDS["topic_surge"],
                    command_id=uuid5(IDS["topic_surge"], "close"),
                    actor=SUPERVISOR,
                    at=MONDAY + timedelta(hours=2),
                    outcome="explained",
                )
            )
        yield home, dsn


@pytest.fixture
def ask(alerted: tuple[Path, str], monkeypatch: pytest.MonkeyPatch) -> Run:
    home, dsn = alerted
    monkeypatch.setenv("DATABASE_URL", dsn)
    monkeypatch.setenv("HUIYIN_HOME", str(home))
    return lambda *words: CliRunner().invoke(app, list(words))


def ids(ask: Run, *words: str) -> list[UUID]:
    return [
        UUID(row["alert_id"]) for row in answer(ask("alerts", "--json", *words))["items"]
    ]


def test_what_is_owed_is_listed_the_oldest_first(ask: Run) -> None:
    assert ids(ask) == [IDS["surge"], IDS["ping_pong"], IDS["silence"]]
    told = answer(ask("alerts", "--json"))
    assert (told["count"], told["open"]) == (3, 3)


def test_all_shows_warnings_and_what_is_over_too(ask: Run) -> None:
    assert ids(ask, "--all") == list(IDS.values())
    assert answer(ask("alerts", "--json", "--all"))["open"] == 3


def test_a_unit_is_asked_for_with_those_below_it(ask: Run) -> None:
    assert ids(ask, "--unit", "xishi") == [IDS["ping_pong"]]
    assert ids(ask, "--unit", "bailu") == ids(ask)
    assert ids(ask, "--unit", "tingsong", "--all") == []
    assert set(ids(ask, "--unit", "95598", "--all")) == {
        IDS["topic_surge"],
        IDS["repeat_caller"],
    }
    unknown = ask("alerts", "--unit", "nosuch")
    assert (unknown.exit_code, "no unit nosuch" in unknown.stderr) == (2, True)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("surge", ["bailu-east outage_restore.repair", "2.5", "待检查", "by lan"]),
        ("topic_surge", ["price_rumour 涨价传言", "95598 cen", "fei: explained"]),
        ("repeat_caller", ["customer 0c5e0000…", "told"]),
        ("ping_pong", ["bailu-east ↔ xishi-town", "wangchuan hai", "待答复"]),
        ("stall", ["answered", "by fei"]),
        ("silence", ["bailu-east", "bailu lan", "待答复"]),
    ],
)
def test_the_list_as_people_read_it(
    ask: Run, monkeypatch: pytest.MonkeyPatch, kind: str, said: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "240")
    printed = ask("alerts", "--all").stdout
    assert "3 open" in printed
    (line,) = (each for each in printed.splitlines() if str(IDS[kind]) in each)
    assert [each for each in (kind, *said) if each not in line] == []


def test_where_nothing_is_owed_it_says_where_to_look(ask: Run) -> None:
    result = ask("alerts", "--unit", "tingsong")
    assert (result.exit_code, "--all" in result.stderr) == (0, True)


def test_the_board_says_at_its_head_how_many_alerts_wait(ask: Run) -> None:
    assert "3 open (huiyin alerts)" in " ".join(ask("board").stdout.split())
    assert answer(ask("board", "--json"))["alerts"] == 3
    before = answer(ask("board", "--json", "--happened-by", "2026-03-02T01:00:00Z"))
    assert before["alerts"] == 0
    assert answer(ask("board", "--json", "--as-of", "2026-03-02T01:00:00Z"))["alerts"] == 0
    while_it_lasted = (MONDAY + timedelta(minutes=90)).isoformat()
    told = answer(ask("board", "--json", "--happened-by", while_it_lasted))
    assert told["alerts"] == 4, "the surge of a topic was not closed yet"
