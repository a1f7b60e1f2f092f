"""A rumour goes round: what people say becomes topics, one alert, and one closed check."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from api.office import desk_over
from consumers.watch.watch import Watch
from projections.check import check
from projections.matters import MATTERS
from projections.positions import Positions
from projections.views import VIEWS
from store import Store
from tests.support.hotline import SOON, Hotline, hotline_on

SAID = ("听说电价要涨, 是不是真的?", "网上说要涨电费。", "电价上调为什么不通知?")


@pytest.fixture(scope="module")
def hotline(module_store: Store) -> Iterator[Hotline]:
    with hotline_on(module_store) as running:
        yield running


@pytest.fixture(scope="module")
def watch(hotline: Hotline) -> Iterator[Watch]:
    with desk_over(hotline.store) as desk:
        yield Watch(hotline.store, desk)


def call(hotline: Hotline, n: int) -> str:
    """One more caller, three minutes after the one before."""
    hotline.clock.forward(timedelta(minutes=3))
    phone = f"139{n:08d}"
    return hotline.receive(business_type="enquiry", content=SAID[n % 3], phone=phone)


def looked(hotline: Hotline, watch: Watch) -> list[dict[str, Any]]:
    """Every alert, once the watch has looked at all that happened."""
    head = hotline.store.log.head()
    Positions(hotline.store.pool).wait(MATTERS.name, head, timeout=SOON)
    while watch.work():
        pass
    found: list[dict[str, Any]] = hotline.seen(
        "supervisor", "/views/alerts", after=hotline.store.log.head()
    )["items"]
    return found


def test_a_rumour_becomes_one_check_that_is_answered_and_closed(
    hotline: Hotline, watch: Watch
) -> None:
    cases = [call(hotline, n) for n in range(9)]
    assert looked(hotline, watch) == []
    cases.append(call(hotline, 9))
    (alert,) = looked(hotline, watch)
    assert (alert["kind"], alert["topic"], alert["action"], alert["n"]) == (
        *("topic_surge", "price_rumour", "check"),
        10,
    )
    assert (alert["told_unit"], alert["told_person"]) == ("95598", "cen")
    # It was noticed in the moment of the tenth call, whenever the watch came by.
    (tenth,) = hotline.seen("supervisor", "/views/board", case_id=cases[-1])["items"]
    assert alert["raised_at"] == tenth["received_at"]

    cases += [call(hotline, n) for n in range(10, 14)]
    assert [each["alert_id"] for each in looked(hotline, watch)] == [alert["alert_id"]]
    path = f"/alerts/{alert['alert_id']}"
    told = hotline.seen("supervisor", path)
    assert {case["case_id"] for case in told["cases"]} <= set(cases)
    assert len(told["cases"]) >= 10

    cen = hotline.token("leader", "95598", "cen")
    hotline.done(cen, f"{path}/answer", {"answer": "已下发统一口径。"})
    done = hotline.done(cen, f"{path}/close", {"outcome": "explained"})
    (alert,) = hotline.seen("supervisor", "/views/alerts", after=done["position"])["items"]
    assert (alert["open"], alert["outcome"], alert["answered_by"]) == (
        *(False, "explained"),
        "cen",
    )
    topics = [e.fact.TOPIC for e in hotline.store.log.stream(UUID(alert["alert_id"]))]
    assert topics == ["alert.raised", "alert.answered", "alert.closed"]
    report = check(hotline.store, VIEWS)
    assert (report.differing, report.parked) == (0, [])
