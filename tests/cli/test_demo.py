"""The sample day: played once however often, and again on another working day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from api.calendars import shipped_calendar
from api.demo.play import CHINA, acts, play, sample_day
from api.office import Office, open_office
from domain.fact import TIMEKEEPER
from projections.boards import Boards
from projections.reading import Stored
from store.settings import Settings
from tests.cli.conftest import Run

# The last working day before a spring festival and a make-up Saturday; the first after.
FIRST, SECOND = date(2026, 2, 13), date(2026, 2, 24)


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
    assert len({row.number for row in cases}) == len(cases) == 58


def played(office: Office, day: date) -> int:
    """How many facts the players of a day added; what falls due is another matter on every
    day of the week."""
    before = office.store.log.head()
    for _ in play(office, day):
        pass
    return sum(
        entry.position > before and entry.fact.actor != TIMEKEEPER
        for entry in office.store.log.scan()
    )


def test_once_shows_the_board_a_chain_a_replay_and_sound_views(huiyin: Run) -> None:
    shown = huiyin("demo", "--once")
    assert shown.exit_code == 0, shown.stderr
    for part in ("闭环看板", "责任链", "江一帆", "回放", "case.closed", "0 differences"):
        assert part in shown.stdout
    assert "王秀英" not in shown.stdout


def test_the_day_is_a_working_day_and_is_over() -> None:
    day = sample_day()
    assert shipped_calendar("cn-office").day(day).working
    assert {act.at.astimezone(CHINA).date() for act in acts(day)} >= {day}
    assert max(act.at for act in acts(day)) < datetime.now(UTC)
