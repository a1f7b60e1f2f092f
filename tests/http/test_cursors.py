"""A cursor goes on with its own question; a forged one is refused, whatever it says."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

import pytest

from tests.support.hotline import Hotline

DIGEST = 12


@pytest.fixture(scope="module")
def position(hotline: Hotline) -> int:
    """Enough cases, callers and hops for a second page of one row each."""
    for phone in ("13900000001", "13900000002"):
        for _ in range(2):
            case = hotline.receive(phone=phone, category="business")
            path = f"/cases/{case}/dispatch"
            last = hotline.done("dispatcher", path, {"unit": "bailu-east"})
    position: int = last["position"]
    return position


def page(hotline: Hotline, view: str, **params: Any) -> str:
    cursor: str = hotline.seen("supervisor", f"/views/{view}", limit=1, **params)["next"]
    return cursor


def forged(cursor: str, values: list[Any]) -> str:
    """The cursor of the same question, at a place that was never given out."""
    text = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    said = text[:DIGEST] + json.dumps(values)
    return urlsafe_b64encode(said.encode()).decode().rstrip("=")


CUSTOMER = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("view", "values"),
    [
        ("repeat-callers", [CUSTOMER, "complaint", "a\x00b"]),
        ("repeat-callers", [CUSTOMER, "\x00", "business"]),
        ("repeat-callers", [CUSTOMER, "\ud800", "business"]),
        ("repeat-callers", [CUSTOMER, "complaint"]),
        ("repeat-callers", [CUSTOMER, "complaint", None]),
        ("repeat-callers", {"customer": CUSTOMER}),
        ("hops", [CUSTOMER, 2**31]),
        ("hops", [CUSTOMER, 2**63]),
        ("hops", [CUSTOMER, 2**200]),
        ("board", ["0001-01-01T00:00:00+14:00", CUSTOMER]),
        ("board", ["9999-12-31T23:59:59-14:00", CUSTOMER]),
        ("board", ["0001-01-01T00:00:00", CUSTOMER]),
        ("board", ["infinity", CUSTOMER]),
    ],
)
@pytest.mark.parametrize("held", [False, True])
def test_a_forged_cursor_is_refused_or_finds_a_page(
    hotline: Hotline, position: int, view: str, values: Any, held: bool
) -> None:
    moment = {"happened_by": hotline.clock.at.isoformat()} if held else {}
    cursor = forged(page(hotline, view, **moment, after=position), values)
    answer = hotline.get("supervisor", f"/views/{view}", limit=1, cursor=cursor, **moment)
    assert answer.status_code in {200, 400}, answer.text
    if answer.status_code == 400:
        assert answer.json()["code"] == "bad_cursor"


def test_a_nul_in_a_cursor_is_refused(hotline: Hotline, position: int) -> None:
    whole = page(hotline, "repeat-callers", after=position)
    cursor = forged(whole, [CUSTOMER, "complaint", "a\x00b"])
    answer = hotline.get("supervisor", "/views/repeat-callers", limit=1, cursor=cursor)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


@pytest.mark.parametrize(
    "cursor",
    ["x", "", "====", "%00", "\x00", "AAAA" * 50, "bm90IGEgY3Vyc29y", "é", "0" * 5000],
)
def test_a_cursor_that_was_not_given_out_is_refused(hotline: Hotline, cursor: str) -> None:
    answer = hotline.get("supervisor", "/views/board", cursor=cursor)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_cursor")


def test_a_cursor_is_good_only_for_its_own_question(
    hotline: Hotline, position: int
) -> None:
    cursor = page(hotline, "board", after=position)
    for view, params in (("worklist", {}), ("board", {"stage": "received"})):
        answer = hotline.get("supervisor", f"/views/{view}", cursor=cursor, **params)
        assert answer.json()["code"] == "bad_cursor"
