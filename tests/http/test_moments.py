"""Moments over HTTP: folded up to one position, whatever is written meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

import httpx
import pytest

from api.http import views
from api.http.app import create_app
from api.http.moments import Moments
from api.http.problems import Problem
from api.policies import publish_shipped
from domain.case.receive import CaseReceived
from domain.desk import Desk
from projections.board_rows import BoardRow
from projections.boards import BOARDS
from projections.table import Table
from projections.view import View, on
from projections.views import VIEWS
from store import Store
from store.log import Log
from tests.support.hotline import MONDAY, Hotline, serving


class Busy:
    """The log of a busy hotline: something is written whenever it says how far it is."""

    def __init__(self, log: Log, write: Callable[[], object]) -> None:
        self._log = log
        self._write = write

    def known_at(self, at: datetime) -> int:
        found = self._log.known_at(at)
        self._write()
        return found

    def head(self) -> int:
        found = self._log.head()
        self._write()
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)


@pytest.mark.parametrize("question", ["known", "happened"])
def test_a_moment_is_folded_up_to_the_position_it_is_kept_under(
    hotline: Hotline, question: str
) -> None:
    hotline.receive()
    busy = Busy(hotline.store.log, hotline.receive)
    moments = Moments(cast("Log", busy))
    at = hotline.store.log.read(0, 1)[0].recorded_at + timedelta(days=36500)
    before = hotline.store.log.head()
    folded = getattr(moments, question)((BOARDS,), at)
    assert folded.position == before
    assert len(folded["boards"]) < len(getattr(moments, question)((BOARDS,), at)["boards"])


def broken(_: BoardRow | None, fact: CaseReceived) -> BoardRow:
    raise ValueError(fact.number)


def test_a_moment_that_does_not_fold_is_not_told_as_if_it_did(hotline: Hotline) -> None:
    hotline.receive()
    view: View[BoardRow] = View(
        Table("boards", BoardRow, key=("case_id",)),
        docs="a board that cannot read how cases begin",
        handlers=(on(CaseReceived, broken, fresh=True),),
    )
    moments = Moments(hotline.store.log)
    for ask in (moments.known, moments.happened):
        with pytest.raises(Problem, match="moment_untold") as told:
            ask((view,), hotline.clock.at + timedelta(days=36500))
        assert told.value.status == 500


def test_a_view_that_no_worker_brings_on_is_told_as_behind(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "WAIT_SECONDS", 0.05)
    with Desk(store.factory, profile=store.settings.profile, ledger=store.ledger) as desk:
        publish_shipped(desk, MONDAY)
        with serving(create_app(store, desk, VIEWS, now=lambda: MONDAY)) as address:
            token = store.tokens.create(role="supervisor", unit="supervision", person="fei")
            answer = httpx.get(
                f"{address}/views/board",
                params={"after": store.log.head()},
                headers={"Authorization": f"Bearer {token}"},
            )
    assert (answer.status_code, answer.json()["code"]) == (503, "view_behind")
    assert answer.headers["retry-after"] == "1"
