"""GET /reports/kpi: figures for those who may see them, of what they may see."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.http.asking import problem
from tests.support.hotline import Hotline

MARCH = {"from": "2026-03-01", "to": "2026-03-31"}


def report(hotline: Hotline, who: str = "supervisor", **more: Any) -> dict[str, Any]:
    head = hotline.store.log.head()
    return hotline.seen(who, "/reports/kpi", **MARCH, after=head, **more)


def values(found: dict[str, Any]) -> dict[str, Any]:
    return {figure["code"]: figure["value"] for figure in found["figures"]}


def dispatched(hotline: Hotline, unit: str, **body: Any) -> str:
    case = hotline.receive(**body)
    hotline.done("dispatcher", f"/cases/{case}/dispatch", {"unit": unit})
    return case


def test_a_figure_opens_into_its_cases_by_pages(hotline: Hotline) -> None:
    before = report(hotline, open="complaints")
    cases = {dispatched(hotline, "bailu-east") for _ in range(3)}
    assert values(report(hotline))["complaints"] == before["count"] + 3
    opened = report(hotline, open="complaints")
    assert opened["count"] == opened["counted"] == before["count"] + 3
    assert cases <= {row["case_id"] for row in opened["items"]}
    first = report(hotline, open="complaints", limit=2)
    second = report(hotline, open="complaints", limit=2, offset=2)
    assert first["items"] + second["items"] == opened["items"][:4]
    assert first["count"] == opened["count"]


def test_a_leader_gets_the_figures_of_their_own_units(hotline: Hotline) -> None:
    dispatched(hotline, "bailu-east")
    dispatched(hotline, "xishi-town")
    own, whole = report(hotline, "leader"), report(hotline)
    assert 0 < values(own)["received"] < values(whole)["received"]
    units = {row["unit"] for row in report(hotline, "leader", open="received")["items"]}
    assert units == {"bailu-east"}
    others = report(hotline, "leader", unit="xishi-town")
    assert values(others)["received"] == 0
    assert values(own)["calls_answered"] is None


def test_what_few_may_read_is_in_the_figures_of_few(hotline: Hotline) -> None:
    def received(who: str) -> int:
        found: int = values(report(hotline, who))["received"]
        return found

    before = received("system"), received("auditor")
    dispatched(hotline, "bailu-east", business_type="report")
    assert (received("system"), received("auditor")) == (before[0], before[1] + 1)


@pytest.mark.parametrize("who", ["agent", "dispatcher", "handler", "admin"])
def test_figures_are_not_for_everybody(hotline: Hotline, who: str) -> None:
    answer = hotline.get(who, "/reports/kpi", **MARCH)
    assert problem(answer) == (403, "not_permitted")


def test_as_of_a_moment_it_is_what_was_known_then(hotline: Hotline) -> None:
    dispatched(hotline, "bailu-east")
    head = hotline.store.log.head()
    known = hotline.store.log.read(head - 1, 1)[0].recorded_at.isoformat()
    then = values(report(hotline))
    dispatched(hotline, "bailu-east")
    found = report(hotline, as_of=known)
    assert found["position"] == head
    assert values(found)["received"] == then["received"]
    assert values(report(hotline))["received"] == then["received"] + 1


def test_a_deadline_counts_once_it_has_come(hotline: Hotline) -> None:
    hotline.receive()
    rows = report(hotline, open="complaint_in_time")["count"]
    hotline.clock.forward(timedelta(days=14))
    assert report(hotline, open="complaint_in_time")["count"] > rows
    hotline.clock.forward(-timedelta(days=14))


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ({"from": "2026-04-01"}, "from"),
        ({"to": "soon"}, "from"),
        ({"unit": "atlantis"}, "unit"),
        ({"by": "moon"}, "by"),
        ({"customers": 0}, "customers"),
        ({"open": "nonsense"}, "open"),
        ({"colour": "red"}, "colour"),
        ({"limit": 0}, "limit"),
    ],
)
def test_what_cannot_be_asked_is_said(
    hotline: Hotline, asked: dict[str, Any], name: str
) -> None:
    answer = hotline.get("supervisor", "/reports/kpi", **MARCH | asked)
    assert problem(answer) == (400, "bad_parameter")
    assert name in answer.json()["en"]


def test_both_moments_at_once_are_one_too_many(hotline: Hotline) -> None:
    both = {"as_of": "2026-03-02T00:00:00Z", "happened_by": "2026-03-02T00:00:00Z"}
    answer = hotline.get("supervisor", "/reports/kpi", **MARCH, **both)
    assert problem(answer) == (400, "bad_parameter")


def test_the_document_lists_what_may_be_asked(hotline: Hotline) -> None:
    paths = hotline.client.get("/openapi.json").json()["paths"]
    names = {each["name"] for each in paths["/reports/kpi"]["get"]["parameters"]}
    assert {"from", "to", "unit", "by", "customers", "open", "as_of"} <= names
