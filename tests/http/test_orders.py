"""An order over HTTP: who sees the case by it, who answers, closes, and has to wait."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.hotline import Hotline

ORDER = {"order": "今日内查清原因并报告。", "to_unit": "xishi-town"}
ANSWER = {"answer": "已查明原因。"}


class Scene:
    """A case of one unit, and a unit elsewhere that is ordered to see to it."""

    def __init__(self, hotline: Hotline) -> None:
        self.hotline = hotline
        self.case = hotline.receive()
        hotline.done("dispatcher", f"/cases/{self.case}/dispatch", {"unit": "bailu-east"})
        self.ordered = hotline.token("leader", "xishi-town", "tan")

    def do(self, who: str, word: str, body: dict[str, Any] | None = None) -> int:
        path = f"/cases/{self.case}/{word}"
        position: int = self.hotline.done(who, path, body)["position"]
        return position

    def refused(self, who: str, word: str, body: dict[str, Any]) -> tuple[int, str]:
        answer = self.hotline.post(who, f"/cases/{self.case}/{word}", body)
        return answer.status_code, answer.json()["code"]

    def seen_by(self, who: str, position: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.hotline.seen(
            who, "/views/board", case_id=self.case, after=position
        )["items"]
        return found


@pytest.fixture(scope="module")
def scene(hotline: Hotline) -> Scene:
    return Scene(hotline)


def test_an_order_goes_its_whole_way(scene: Scene) -> None:
    hotline, case, town = scene.hotline, f"/cases/{scene.case}", scene.ordered
    assert hotline.get(town, case).status_code == 404

    position = scene.do("supervisor", "supervise", ORDER)
    (row,) = scene.seen_by(town, position)
    assert row["orders"] == [{"n": 1, "unit": "xishi-town", "answered": False}]
    assert hotline.get(town, case).status_code == 200
    assert scene.refused("leader", "answer-supervision", ANSWER) == (
        409,
        "ordered_another",
    )
    assert scene.refused("supervisor", "close-supervision", {}) == (409, "order_unanswered")
    refer = {"body": "12398", "reason": "other_remit"}
    assert scene.refused("dispatcher", "refer-out", refer) == (409, "order_open")

    position = scene.do(town, "answer-supervision", ANSWER)
    assert scene.seen_by(town, position)[0]["orders"][0]["answered"]
    position = scene.do("supervisor", "close-supervision")
    assert scene.seen_by(town, position) == []
    assert hotline.get(town, case).status_code == 404
    (row,) = scene.seen_by("supervisor", position)
    assert (row["orders"], row["supervised"]) == ([], 1)
    scene.do("dispatcher", "refer-out", refer)


def test_a_body_without_power_over_the_unit_is_not_permitted_to_order_it(
    scene: Scene,
) -> None:
    other = scene.hotline.token("supervisor", "tingsong", "kang")
    again = Scene(scene.hotline)
    assert again.refused(other, "supervise", ORDER) == (403, "no_power_over_unit")


def test_two_urges_keep_their_distance(scene: Scene) -> None:
    again = Scene(scene.hotline)
    again.do("agent", "urge")
    assert again.refused("agent", "urge", {}) == (409, "urged_too_soon")


def test_the_story_tells_of_the_order_in_words(scene: Scene) -> None:
    again = Scene(scene.hotline)
    again.do("agent", "comment", {"text": "隔壁两户同时停电。"})
    again.do("supervisor", "supervise", ORDER)
    again.do("supervisor", "close-supervision", {"reason": "withdrawn"})
    told = scene.hotline.seen("supervisor", f"/cases/{again.case}/timeline")["items"]
    lines = {line["topic"]: (line["zh"], line["en"]) for line in told}
    assert lines["case.supervision_closed"] == (
        "办结对溪石镇供电所的第 1 次督办 督办撤回",
        "order 1 to 溪石镇供电所 is closed the order is withdrawn",
    )
    assert lines["case.comment_added"][0].startswith("客户补充: ")
    assert "隔壁" not in lines["case.comment_added"][0]
