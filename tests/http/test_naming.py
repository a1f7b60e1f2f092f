"""A case can be named by its number, its UUID, or its id in the system it came from."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from api.case_ref import case_id, witnessed_case_id
from api.instants import instant
from domain.refused import NotFound
from tests.support.hotline import Hotline


def test_every_name_of_a_case_leads_to_it(hotline: Hotline) -> None:
    said = {"business_type": "complaint", "source": "12345", "source_id": "2026-118"}
    received = hotline.done("agent", "/cases", said)
    case = received["id"]
    number = hotline.seen("agent", f"/cases/{case}")["state"]["number"]
    hotline.seen("agent", "/views/board", after=received["position"])
    for name in (case, case.upper(), number, number.lower(), "12345:2026-118"):
        assert hotline.seen("agent", f"/cases/{name}")["id"] == case


def test_a_matter_that_came_from_elsewhere_is_received_once(hotline: Hotline) -> None:
    said = {"business_type": "complaint", "source": "12345", "source_id": "2026-119"}
    hotline.done("agent", "/cases", said)
    head = hotline.store.log.head()
    again = hotline.post("agent", "/cases", said)
    assert (again.status_code, again.json()["code"]) == (409, "already_begun")
    assert hotline.store.log.head() == head


def test_a_call_leads_to_a_case_and_both_know_each_other(hotline: Hotline) -> None:
    call = hotline.done("agent", "/calls", {"phone": "13812345678"})["id"]
    hotline.done("agent", f"/calls/{call}/answer")
    hotline.done("agent", f"/calls/{call}/identify-caller", {"name": "王小明"})
    case = hotline.receive(call_id=call)
    linked = hotline.done("agent", f"/calls/{call}/link-case", {"case": case})
    row = hotline.seen("agent", "/views/calls", call_id=call, after=linked["position"])
    assert row["items"][0]["cases"] == [case]
    customer = str(hotline.store.vault.person_by_phone("13812345678"))
    assert row["items"][0]["customer"] == customer
    assert hotline.seen("agent", f"/cases/{case}")["state"]["customer"] == customer


def test_a_name_that_is_none_is_not_found() -> None:
    for ref in ("", "x" * 36, ":", "a:", ":b", "260302-7F3K-9QXM", "\x00", "工单"):
        with pytest.raises(NotFound):
            case_id(ref, lambda _: None)


def test_a_number_is_looked_up_as_it_is_written_on_paper() -> None:
    found = uuid4()
    assert case_id("260302-7f3k-9qxm", {"260302-7F3K-9QXM": found}.get) == found


def test_the_id_of_a_witnessed_case_follows_from_its_source() -> None:
    one = witnessed_case_id("bpi2013", "1-364285768")
    assert one == case_id("bpi2013:1-364285768", lambda _: None)
    assert one != witnessed_case_id("bpi2013", "1-364285769")
    assert isinstance(one, UUID)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-02T09:00:00Z",
        "2026-03-02T17:00:00+08:00",
        "2026-03-02T17:00:00 08:00",
        "2026-03-02 09:00+00:00",
        "2026-03-02T09:00:00.000000Z",
    ],
)
def test_a_moment_is_read_with_its_offset(text: str) -> None:
    assert instant(text) == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "now", "2026-03-02", "2026-03-02T09:00:00", "1772442000", "2026-13-02T09:00:00Z"],
)
def test_anything_else_is_no_moment(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        instant(text)
