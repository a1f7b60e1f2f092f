"""A case can be named by its number, its UUID, or its id in the system it came from."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from api.case_ref import Ambiguous, case_id
from api.instants import instant
from domain.case.origin import received_case_id, witnessed_case_id
from domain.case.receive import ReceiveCase
from domain.desk import Desk
from domain.fact import Actor
from domain.refused import NotFound
from tests.http.asking import problem
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


def test_whoever_receives_a_case_does_not_take_the_place_of_an_imported_one(
    hotline: Hotline,
) -> None:
    said = {"business_type": "complaint", "source": "bpi2013", "source_id": "1-36"}
    received = hotline.done("agent", "/cases", said)["id"]
    assert UUID(received) != witnessed_case_id("bpi2013", "1-36")
    assert hotline.seen("agent", "/cases/bpi2013:1-36")["id"] == received


def test_a_source_has_no_colon_so_that_source_and_id_are_told_apart(
    hotline: Hotline,
) -> None:
    said = {"business_type": "complaint", "source": "a:b", "source_id": "c"}
    answer = hotline.post("agent", "/cases", said)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_body")
    assert [e["field"] for e in answer.json()["errors"]] == ["source"]
    received = hotline.done("agent", "/cases", said | {"source": "a", "source_id": "b:c"})
    assert hotline.seen("agent", "/cases/a:b:c")["id"] == received["id"]


def receive_as(hotline: Hotline, case: UUID) -> int:
    """A case with this very id, received at the desk; its position."""
    with Desk(hotline.store.factory, profile="sgcc-2022") as desk:
        wish = ReceiveCase(
            subject=case,
            command_id=uuid4(),
            actor=Actor(person="dan", role="agent", unit="95598"),
            at=hotline.clock.at,
            business_type="complaint",
        )
        return desk.handle(wish).position


def test_a_number_of_two_cases_asks_for_the_uuid(hotline: Hotline) -> None:
    one, other = (UUID(int=(n << 64) + 7) for n in (3, 4))
    position = max(receive_as(hotline, case) for case in (one, other))
    number = hotline.seen("agent", f"/cases/{one}")["state"]["number"]
    hotline.seen("agent", "/views/board", after=position)
    for answer in (
        hotline.get("agent", f"/cases/{number}"),
        hotline.post("agent", f"/cases/{number}/urge"),
    ):
        assert problem(answer) == (409, "ambiguous_case")
        assert str(one) in answer.json()["en"]
        assert str(other) in answer.json()["zh"]


def test_of_two_cases_with_one_number_the_hidden_one_is_not_told(hotline: Hotline) -> None:
    mine, hidden = (UUID(int=(n << 64) + 8) for n in (3, 4))
    receive_as(hotline, hidden)
    position = receive_as(hotline, mine)
    path = f"/cases/{mine}/dispatch"
    hotline.done("dispatcher", path, {"unit": "bailu-east"})
    number = hotline.seen("agent", f"/cases/{mine}")["state"]["number"]
    hotline.seen("agent", "/views/board", after=position)
    assert hotline.seen("handler", f"/cases/{number}")["id"] == str(mine)
    shu = hotline.token("handler", "xishi-town", "shu")
    assert hotline.get(shu, f"/cases/{number}").json()["code"] == "no_such_case"


def nothing(_: object) -> list[UUID]:
    return []


def test_a_name_that_is_none_is_not_found() -> None:
    for ref in ("", "x" * 36, ":", "a:", ":b", "260302-7F3K-9QXM", "\x00", "工单", "a:b"):
        with pytest.raises(NotFound):
            case_id(ref, nothing, nothing)


def test_a_number_is_looked_up_as_it_is_written_on_paper() -> None:
    found = uuid4()
    numbered = {"260302-7F3K-9QXM": [found]}
    assert case_id("260302-7f3k-9qxm", numbered.__getitem__, nothing) == found


@pytest.mark.parametrize("source_id", ["1-364285768", "a:b", "1" * 28])
def test_a_case_from_elsewhere_is_named_by_its_source(source_id: str) -> None:
    """Also where the name is as long as a UUID is."""
    kinds = witnessed_case_id("bpi2013", source_id), received_case_id("bpi2013", source_id)
    for kept in kinds:
        there_are = [case for case in kinds if case == kept]
        assert case_id(f"bpi2013:{source_id}", nothing, lambda _: there_are) == kept  # noqa: B023
    with pytest.raises(Ambiguous):
        case_id(f"bpi2013:{source_id}", nothing, list)


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
