"""An import among others who work on the same cases: it waits its turn, or says so."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from api.imports.source import Unusable
from domain.case.comment import AddComment
from domain.case.origin import witnessed_case_id
from domain.fact import Actor
from tests.imports.history import DESK, DESK_CSV, NOW, Importing, without
from tests.support.scenario import text

CASE = witnessed_case_id("desk", "T-5")
AGENT = Actor(person="dan", role="agent", unit="95598")


class Commenting:
    """Somebody comments on the case each time just before the import writes to it."""

    def __init__(self, importing: Importing, times: int) -> None:
        self._importing = importing
        self._append = importing.store.recorder.insert_events
        self._ids = count(1)
        self._times = times
        self._speaking = False
        self.made = 0

    def insert_events(self, *args: Any, **kwargs: Any) -> Any:
        if not self._speaking and self.made < self._times:
            self._speaking = True
            self.made += 1
            command_id = UUID(int=next(self._ids))
            self._importing.desk.handle(
                AddComment(
                    subject=CASE,
                    command_id=command_id,
                    actor=AGENT,
                    at=NOW,
                    text=text("and another thing"),
                )
            )
            self._speaking = False
        return self._append(*args, **kwargs)


@pytest.mark.parametrize("times", [1, 3])
def test_a_row_waits_until_the_case_is_left_in_peace(
    importing: Importing, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, times: int
) -> None:
    importing(DESK, without(1, DESK_CSV, tmp_path / "part.csv"))
    commenting = Commenting(importing, times)
    monkeypatch.setattr(importing.store.recorder, "insert_events", commenting.insert_events)
    assert importing(DESK, DESK_CSV).facts == 1
    topics = [entry.fact.TOPIC for entry in importing.store.log.stream(CASE)]
    assert topics[-times - 1 :] == ["case.comment_added"] * times + ["case.step_witnessed"]


def test_whoever_never_gets_a_turn_is_told_to_come_again(
    importing: Importing, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    importing(DESK, without(1, DESK_CSV, tmp_path / "part.csv"))
    with monkeypatch.context() as patch:
        commenting = Commenting(importing, times=1_000)
        patch.setattr(importing.store.recorder, "insert_events", commenting.insert_events)
        with pytest.raises(Unusable, match="import again later"):
            importing(DESK, DESK_CSV)
    assert importing(DESK, DESK_CSV).facts == 1
