"""The organisation as it stood at a moment, and how long cases lay where in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.http.preparing import Preparing
from tests.support.hotline import Hotline

DAY = timedelta(days=1)


class Scene:
    """From tomorrow on the station of 白鹭东 stands under another county."""

    def __init__(self, hotline: Hotline) -> None:
        self.now = hotline.clock.at
        self.before = hotline.store.log.head()
        tomorrow = (self.now + DAY).isoformat()
        for action, body in (
            ("move-unit", {"unit": "bailu-east", "parent": "xishi"}),
            ("relieve", {"person": "qu", "post": "bailu-east.leader"}),
            ("appoint", {"person": "sang", "post": "bailu-east.leader"}),
            ("close-unit", {"unit": "media"}),
        ):
            body |= {"effective_from": tomorrow}
            last = hotline.done("admin", f"/organisation/{action}", body)
            # The moment of each is told apart from the next.
            hotline.clock.forward(timedelta(minutes=1))
        self.position = last["position"]

    def recorded_at(self, hotline: Hotline, position: int) -> datetime:
        return hotline.store.log.read(position - 1, 1)[0].recorded_at


@pytest.fixture(scope="module")
def scene(hotline: Hotline) -> Scene:
    return Scene(hotline)


def units(hotline: Hotline, scene: Scene, **asked: Any) -> dict[str, dict[str, Any]]:
    said = {
        name: at.isoformat() if isinstance(at, datetime) else at
        for name, at in asked.items()
    }
    path = "/views/organisation"
    found = hotline.seen("supervisor", path, after=scene.position, **said)
    return {unit["id"]: unit for unit in found["items"]}


def test_each_unit_is_told_with_who_stood_above_and_who_led_it(
    hotline: Hotline, scene: Scene
) -> None:
    found = units(hotline, scene)
    east = found["bailu-east"]
    assert (east["name"], east["kind"], east["parent"]) == (
        "白鹭东供电所",
        "station",
        "bailu",
    )
    assert (east["leader"]["person"], east["leader"]["name"]) == ("qu", "瞿东升")
    assert (east["leader"]["fallback"], east["deputies"]) == (None, [])
    assert [each["person"] for each in found["bailu"]["deputies"]] == ["ma"]
    stands_in, above = found["liuying"]["leader"], found["changting"]["leader"]
    assert (stands_in["person"], stands_in["fallback"]) == ("pu", "deputy")
    assert (above["person"], above["fallback"]) == ("kang", "vacant_next_level")
    assert "media" in found


def test_it_is_told_as_of_any_moment_of_its_life(hotline: Hotline, scene: Scene) -> None:
    then = units(hotline, scene, at=scene.now + 2 * DAY)
    east = then["bailu-east"]
    assert (east["parent"], east["leader"]["person"]) == ("xishi", "sang")
    assert "media" not in then
    assert units(hotline, scene, at="2019-12-31T00:00:00Z") == {}


def test_it_is_told_as_it_was_known(hotline: Hotline, scene: Scene) -> None:
    """What was decided later plays no part in what was known of the day after tomorrow."""
    before = scene.recorded_at(hotline, scene.before)
    then = units(hotline, scene, at=scene.now + 2 * DAY, as_of=before)
    assert (then["bailu-east"]["parent"], "media" in then) == ("bailu", True)
    now = scene.recorded_at(hotline, scene.position)
    known = units(hotline, scene, at=scene.now + 2 * DAY, as_of=now)
    assert known == units(hotline, scene, at=scene.now + 2 * DAY)


def test_it_is_told_by_what_had_happened(hotline: Hotline, scene: Scene) -> None:
    """The move was decided at once, the closing three minutes later."""
    moved = scene.now + timedelta(seconds=30)
    then = units(hotline, scene, at=scene.now + 2 * DAY, happened_by=moved)
    assert (then["bailu-east"]["parent"], "media" in then) == ("xishi", True)


def test_who_may_not_see_the_units_may_not_ask(hotline: Hotline) -> None:
    answer = hotline.get("agent", "/views/organisation")
    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
    naive = hotline.get("supervisor", "/views/organisation", at="2026-03-02")
    assert (naive.status_code, naive.json()["code"]) == (400, "bad_time")


def test_how_long_a_case_lay_with_each_unit_is_told_up_to_the_moment(
    hotline: Hotline, scene: Scene
) -> None:
    hotline.clock.forward(timedelta(hours=1))
    case = Preparing(hotline).case("dispatched", phone=None)
    hotline.clock.forward(timedelta(minutes=10))
    body = {"unit": "wangchuan", "reason": "wrong_unit"}
    moved = hotline.done("dispatcher", f"/cases/{case}/reassign", body)
    asked = {"case_id": case, "after": moved["position"]}
    hotline.clock.forward(timedelta(minutes=5))
    (row,) = hotline.seen("supervisor", "/views/handovers", **asked)["items"]
    assert row["dwell"] == {"95598": 0, "bailu-east": 600, "wangchuan": 300}
    then = (hotline.clock.at + timedelta(hours=1)).isoformat()
    (row,) = hotline.seen("supervisor", "/views/handovers", **asked, happened_by=then)[
        "items"
    ]
    assert row["dwell"]["wangchuan"] == 3900
    hops = hotline.seen("supervisor", "/views/hops", **asked)["items"]
    assert [hop["to_unit"] for hop in hops] == ["bailu-east", "wangchuan"]
    assert row["layers"] == sum(hop["layers"] for hop in hops) > 0


def test_whoever_was_told_of_a_case_finds_it_also_when_the_unit_has_moved_away(
    hotline: Hotline,
) -> None:
    case = hotline.receive(phone=None)
    hotline.done("dispatcher", f"/cases/{case}/dispatch", {"unit": "bailu-repair"})
    for _ in range(2):
        told = hotline.done("agent", f"/cases/{case}/escalate", {"reason": "no_answer"})
    recorded_at = hotline.store.log.read(told["position"] - 1, 1)[0].recorded_at
    away = {"unit": "bailu-repair", "parent": "xishi"}
    moved = hotline.done("admin", "/organisation/move-unit", away)
    hotline.clock.forward(timedelta(minutes=1))
    above = hotline.token("leader", "bailu", "lan")
    asked = {"case_id": case, "after": moved["position"]}
    assert hotline.seen(above, f"/cases/{case}")["state"]["told"][1]["unit"] == "bailu"
    for view in ("board", "worklist", "handovers", "chain"):
        for moment in ({}, {"as_of": recorded_at.isoformat()}):
            found = hotline.seen(above, f"/views/{view}", **asked, **moment)["items"]
            assert {row["case_id"] for row in found} == {case}, (view, moment)
    hotline.done(above, f"/cases/{case}/answer-escalation", {"note": "已安排"})
    assert hotline.seen(above, "/views/board", **asked)["items"] != []
    other = hotline.token("leader", "liuying", "pu")
    assert hotline.seen(other, "/views/board", **asked)["items"] == []
