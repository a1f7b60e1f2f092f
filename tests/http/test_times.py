"""What is due, what was promised and who was told, over HTTP: to whom, and as of when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.support.hotline import Hotline


class Scene:
    """A case that was dispatched too late, and one that has just come in."""

    def __init__(self, hotline: Hotline) -> None:
        hotline.token("leader", "xishi", "ou")
        self.begun = hotline.clock.at
        self.late = hotline.receive()
        hotline.clock.forward(timedelta(hours=3))
        sent = {"unit": "bailu-east"}
        hotline.done("dispatcher", f"/cases/{self.late}/dispatch", sent)
        self.fresh = hotline.receive()
        self.now = hotline.clock.at
        self.position = hotline.done("agent", f"/cases/{self.fresh}/urge")["position"]


@pytest.fixture(scope="module")
def scene(hotline: Hotline) -> Scene:
    return Scene(hotline)


def rows(hotline: Hotline, scene: Scene, view: str, who: str, **asked: Any) -> list[Any]:
    """The rows of the two cases."""
    found = hotline.seen(who, f"/views/{view}", after=scene.position, limit=500, **asked)
    return [row for row in found["items"] if row["case_id"] in {scene.late, scene.fresh}]


def cases(hotline: Hotline, scene: Scene, view: str, who: str, **asked: Any) -> list[str]:
    names = {scene.late: "late", scene.fresh: "fresh"}
    return [names[row["case_id"]] for row in rows(hotline, scene, view, who, **asked)]


def test_deadlines_come_in_the_order_in_which_time_will_act(
    hotline: Hotline, scene: Scene
) -> None:
    found = rows(hotline, scene, "deadlines", "supervisor")
    moments = [datetime.fromisoformat(row["next_at"]) for row in found]
    assert moments == sorted(moments)
    assert {row["case_id"] for row in found} == {scene.late, scene.fresh}
    mine = next(row for row in found if row["case_id"] == scene.fresh)
    assert (mine["what"], mine["clock"], mine["due_clock"]) == (
        "warn",
        "dispatch.1",
        "dispatch.1",
    )
    assert datetime.fromisoformat(mine["due"]) == scene.now + timedelta(minutes=20)


def test_the_board_is_asked_for_what_is_due_soon_and_what_is_overdue(
    hotline: Hotline, scene: Scene
) -> None:
    soon = (scene.now + timedelta(minutes=30)).isoformat()
    assert cases(hotline, scene, "board", "supervisor", due_before=soon) == ["fresh"]
    assert cases(hotline, scene, "board", "supervisor", overdue_least=1) == []
    assert cases(hotline, scene, "board", "supervisor", overdue_least=0) == [
        "late",
        "fresh",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [("due_before", "soon"), ("due_before", "2026-03-02"), ("overdue_least", "many")],
)
def test_a_bound_that_is_none_is_a_bad_request(
    hotline: Hotline, scene: Scene, name: str, value: str
) -> None:
    answer = hotline.get("supervisor", "/views/board", **{name: value})
    assert answer.status_code == httpx.codes.BAD_REQUEST


def test_clocks_are_rows_that_can_be_asked_for_by_step_and_state(
    hotline: Hotline, scene: Scene
) -> None:
    late = rows(hotline, scene, "clocks", "supervisor", state="late")
    assert [(row["case_id"], row["clock"], row["unit"]) for row in late] == [
        (scene.late, "dispatch.1", "95598")
    ]
    assert datetime.fromisoformat(late[0]["breached_at"]) == scene.begun + timedelta(
        minutes=20
    )


def test_a_unit_sees_the_times_of_its_own_cases_only(
    hotline: Hotline, scene: Scene
) -> None:
    for view in ("clocks", "deadlines"):
        assert set(cases(hotline, scene, view, "handler")) == {"late"}
        assert cases(hotline, scene, view, "ou") == []
        denied = hotline.get("admin", f"/views/{view}")
        assert denied.status_code == httpx.codes.FORBIDDEN
    assert hotline.get("ou", f"/cases/{scene.late}/clocks").status_code in {403, 404}


def test_the_clocks_of_a_case_are_told_with_the_sum_that_leads_to_each(
    hotline: Hotline, scene: Scene
) -> None:
    path = f"/cases/{scene.late}/clocks"
    plain = hotline.seen("handler", path)["items"]
    told = hotline.seen("handler", path, explain="true")["items"]
    assert [row["clock"] for row in plain] == [row["clock"] for row in told]
    assert all("sum" not in row for row in plain)
    for row in told:
        due = datetime.fromisoformat(row["sum"]["due"])
        assert due == datetime.fromisoformat(row["due"])
        assert row["sum"]["lines"]


def test_the_clocks_as_of_a_moment_are_what_was_promised_then(
    hotline: Hotline, scene: Scene
) -> None:
    facts = hotline.seen("supervisor", f"/cases/{scene.late}/facts")["items"]
    received = facts[0]["recorded_at"]
    then = hotline.seen("supervisor", f"/cases/{scene.late}/clocks", as_of=received)
    dispatch = next(row for row in then["items"] if row["clock"] == "dispatch.1")
    assert (dispatch["state"], dispatch["breached_at"]) == ("running", None)
    now = hotline.seen("supervisor", f"/cases/{scene.late}/clocks")["items"]
    assert next(row for row in now if row["clock"] == "dispatch.1")["state"] == "late"


def test_the_chain_says_when_each_rung_was_due_and_when_it_was_told(
    hotline: Hotline, scene: Scene
) -> None:
    links = hotline.seen("supervisor", f"/cases/{scene.late}/chain")["items"]
    rungs = [link for link in links if link["climb"] == "overdue:dispatch.1"]
    assert rungs
    for link in rungs:
        assert link["due"] == link["told_at"]
        assert link["recorded_at"] > link["due"]
    assert all(link["next_at"] is None for link in rungs), "it was dispatched since"
