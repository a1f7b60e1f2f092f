"""Texts are sealed only for a wish that is done: nothing else leaves keys behind."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest

from domain.case.receive import CaseReceived
from tests.http.preparing import Preparing
from tests.support.hotline import Hotline

NO_CASE = "/cases/00000000-0000-4000-8000-000000000000"
NOTE = {
    "cause": "跳闸",
    "measures": "更换",
    "answer": "已复电",
    "responsibility": "company",
}


def people(hotline: Hotline) -> int:
    with hotline.store.pool.connection() as connection:
        ((found,),) = connection.execute("SELECT count(*) FROM vault.people").fetchall()
    return int(found)


@contextmanager
def made(hotline: Hotline, n: int) -> Iterator[None]:
    """So many people are made meanwhile."""
    before = people(hotline)
    yield
    assert people(hotline) == before + n


@pytest.fixture(scope="module")
def preparing(hotline: Hotline) -> Preparing:
    return Preparing(hotline)


def test_a_client_says_what_happened_and_the_edge_what_it_is_about(
    hotline: Hotline,
) -> None:
    said = {"business_type": "complaint", "content": "村里频繁停电, 电压低"}
    with made(hotline, 1):
        received = hotline.done("agent", "/cases", said)
    fact = hotline.store.log.stream(UUID(received["id"]))[0].fact
    assert isinstance(fact, CaseReceived)
    assert fact.topics == ("frequent_outage", "low_voltage")
    refused = hotline.post("agent", "/cases", said | {"topics": ["outage"]})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_body")
    assert [error["field"] for error in refused.json()["errors"]] == ["topics"]


@pytest.mark.parametrize(
    ("who", "path", "body", "code"),
    [
        ("handler", f"{NO_CASE}/reply", NOTE, "no_such_case"),
        ("agent", f"{NO_CASE}/identify-customer", {"phone": "13700000001"}, "no_such_case"),
        ("auditor", "/cases", {"phone": "13700000002"}, "not_permitted"),
        ("agent", "/cases", {"phone": "13700000003", "channel": "?"}, "unknown_channel"),
        ("auditor", "/calls", {"phone": "13700000004"}, "not_permitted"),
    ],
)
def test_a_refused_wish_makes_nobody(
    hotline: Hotline, who: str, path: str, body: dict[str, Any], code: str
) -> None:
    said = {"business_type": "complaint"} | body if path == "/cases" else body
    with made(hotline, 0):
        answer = hotline.post(who, path, said)
    assert answer.json()["code"] == code


def test_a_hidden_case_is_refused_before_anything_is_sealed(
    hotline: Hotline, preparing: Preparing
) -> None:
    case = preparing.case("handling", phone=None, content=None)
    stranger = hotline.token("handler", "xishi-town", "shu")
    with made(hotline, 0):
        told = hotline.post(stranger, f"/cases/{case}/reply", NOTE)
        missing = hotline.post(stranger, f"{NO_CASE}/reply", NOTE)
    assert told.json() == missing.json()
    assert told.status_code == 404


def test_a_stale_or_impossible_wish_makes_nobody(
    hotline: Hotline, preparing: Preparing
) -> None:
    case = preparing.case("dispatched", phone=None, content=None)
    with made(hotline, 0):
        stale = hotline.post("handler", f"/cases/{case}/reply", NOTE, If_Match='"1"')
        early = hotline.post("handler", f"/cases/{case}/reply", NOTE)
    assert (stale.status_code, early.json()["code"]) == (412, "no_such_move")


def test_a_wish_sent_again_makes_its_person_once(hotline: Hotline) -> None:
    said = {"business_type": "praise", "content": "很好"}
    with made(hotline, 1):
        first, *others = [
            hotline.done("agent", "/cases", said, Idempotency_Key="praise")
            for _ in range(3)
        ]
    assert others == [first, first]
    with made(hotline, 0):
        other = hotline.post(
            "agent", "/cases", said | {"content": "不好"}, Idempotency_Key="praise"
        )
    assert other.json()["code"] == "command_reused"


def test_a_matter_received_before_makes_nobody(hotline: Hotline) -> None:
    said = {"business_type": "praise", "source": "12345", "source_id": "7", "content": "好"}
    hotline.done("agent", "/cases", said)
    with made(hotline, 0):
        assert hotline.post("agent", "/cases", said).json()["code"] == "already_begun"


def test_what_is_done_is_sealed_for_good(hotline: Hotline, preparing: Preparing) -> None:
    """The trial leaves no blank envelope in the log."""
    case = preparing.case("replied", content="停电三天")
    (received, *_, replied) = [
        entry.fact
        for entry in hotline.store.log.scan()
        if str(entry.fact.originator_id) == case
        and entry.fact.TOPIC in {"case.received", "case.reply_submitted"}
    ]
    vault, stream = hotline.store.vault, received.originator_id
    assert (
        vault.open(vars(received)["content"], stream=stream, field="content") == "停电三天"
    )
    assert vault.open(vars(replied)["answer"], stream=stream, field="answer") == "已复电"
    assert vars(replied)["answer"].person == vars(received)["customer"]
