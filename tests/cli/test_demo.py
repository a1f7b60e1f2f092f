"""The sample day: played once however often, and again on another day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from api.demo.play import acts, play
from api.office import Office, open_office
from projections.boards import Boards
from projections.reading import Stored
from store.settings import Settings
from tests.cli.conftest import Run

FIRST, SECOND = date(2026, 3, 3), date(2026, 3, 4)


def test_a_day_played_twice_is_played_once_and_the_next_day_adds_to_it(
    dsn: str, tmp_path: Path
) -> None:
    with open_office(Settings(home=tmp_path, database_url=dsn)) as office:
        first = played(office, FIRST)
        again = played(office, FIRST)
        second = played(office, SECOND)
        office.catch_up()
        cases = Boards(Stored(office.store.pool)).cases()

    company = sum(1 for act in acts(FIRST) if act.kind == "organisation")
    assert first > 400
    assert again == 0
    assert second == first - company
    assert len({row.number for row in cases}) == len(cases) == 52


def played(office: Office, day: date) -> int:
    """How many facts playing a day added."""
    before = office.store.log.head()
    for _ in play(office, day):
        pass
    return office.store.log.head() - before


def test_once_shows_the_board_a_chain_a_replay_and_sound_views(huiyin: Run) -> None:
    shown = huiyin("demo", "--once")
    assert shown.exit_code == 0, shown.stderr
    for part in ("闭环看板", "责任链", "江一帆", "回放", "case.closed", "0 differences"):
        assert part in shown.stdout
    assert "王秀英" not in shown.stdout
