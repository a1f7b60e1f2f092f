"""Secret cases (保密): nobody outside the centre learns who the customer is."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.support.hotline import Hotline

PHONE, NAME, STREET = "13822223333", "欧阳锋", "柳营路一号"
WHO = {"business_type": "complaint", "phone": PHONE, "name": NAME, "address": STREET}
OUTSIDE, CENTRE = ("handler", "leader"), ("agent", "dispatcher", "supervisor")


class Scene:
    """Two cases of one customer in one unit; the second is secret."""

    def __init__(self, hotline: Hotline) -> None:
        self.open = hotline.receive(**WHO)
        self.secret = hotline.receive(**WHO, secret=True)
        for case in (self.open, self.secret):
            path = f"/cases/{case}/dispatch"
            last = hotline.done("dispatcher", path, {"unit": "bailu-east"})
        self.position = last["position"]
        self.customer = str(hotline.store.vault.person_by_phone(PHONE))


@pytest.fixture(scope="module")
def scene(hotline: Hotline) -> Scene:
    return Scene(hotline)


def everything(hotline: Hotline, who: str, case: str) -> str:
    """All that the doors of one case say to somebody, and the board's row of it."""
    paths = [f"/cases/{case}", f"/cases/{case}/timeline", f"/cases/{case}/facts"]
    told = [hotline.get(who, path) for path in paths]
    assert {answer.status_code for answer in told} <= {200, 403}
    told += [hotline.get(who, f"/views/{v}", case_id=case) for v in ("board", "worklist")]
    return "\n".join(answer.text for answer in told)


@pytest.mark.parametrize("who", OUTSIDE)
def test_the_handling_unit_works_on_it_without_knowing_whose_it_is(
    hotline: Hotline, scene: Scene, who: str
) -> None:
    hotline.seen(who, "/views/board", after=scene.position)
    told = everything(hotline, who, scene.secret)
    assert scene.secret in told
    for telling in (scene.customer, "138****3333", "欧", "[5]"):
        assert telling not in told
    open_too = everything(hotline, who, scene.open)
    assert scene.customer in open_too
    assert "138****3333" in open_too


def test_the_matter_itself_is_told(hotline: Hotline, scene: Scene) -> None:
    seen = hotline.seen("handler", f"/cases/{scene.secret}")
    assert seen["masks"] == {"content": "[2]"}
    lines = hotline.seen("handler", f"/cases/{scene.secret}/timeline")["items"]
    told = {line["topic"]: (line["zh"], line["en"]) for line in lines}
    assert told["case.customer_identified"] == (
        "核实客户 (保密)",
        "customer identified (kept secret)",
    )


@pytest.mark.parametrize("who", CENTRE)
def test_the_centre_knows(hotline: Hotline, scene: Scene, who: str) -> None:
    hotline.seen(who, "/views/board", after=scene.position)
    told = everything(hotline, who, scene.secret)
    for telling in (scene.customer, "138****3333", "欧**"):
        assert telling in told


def test_a_customer_one_knows_does_not_lead_to_a_secret_case(
    hotline: Hotline, scene: Scene
) -> None:
    asked: dict[str, Any] = {"customer": scene.customer, "after": scene.position}

    def found(who: str) -> set[str]:
        items = hotline.seen(who, "/views/board", **asked)["items"]
        return {row["case_id"] for row in items}

    assert found("leader") == {scene.open}
    assert found("supervisor") == {scene.open, scene.secret}


def test_a_secret_case_is_not_counted_for_its_customer(
    hotline: Hotline, scene: Scene
) -> None:
    asked: dict[str, Any] = {"customer": scene.customer, "after": scene.position}

    def counted(who: str) -> list[int]:
        items = hotline.seen(who, "/views/repeat-callers", **asked, least=1)["items"]
        return [cell["n"] for cell in items]

    assert (counted("supervisor"), counted("leader")) == ([2], [1])


def test_it_is_kept_from_them_at_every_moment(hotline: Hotline, scene: Scene) -> None:
    entry = hotline.store.log.stream(UUID(scene.secret))[-1]
    for moment in (
        {"as_of": entry.recorded_at.isoformat()},
        {"happened_by": entry.fact.occurred_at.isoformat()},
    ):
        answer = hotline.get("leader", "/views/board", case_id=scene.secret, **moment)
        assert (scene.secret in answer.text, scene.customer in answer.text) == (True, False)
    as_of = entry.recorded_at.isoformat()
    then = hotline.get("handler", f"/cases/{scene.secret}", as_of=as_of)
    assert (then.status_code, scene.customer in then.text) == (200, False)
