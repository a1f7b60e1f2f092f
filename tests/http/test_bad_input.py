"""Whatever is sent, the answer says what is wrong, and nothing is written by it."""

from __future__ import annotations

from typing import Any

import pytest
from eventsourcing.persistence import OperationalError

from domain.refused import Contended
from tests.http.asking import JSON, nothing_written, problem, send
from tests.support.hotline import Hotline

NOWHERE = "00000000-0000-4000-8000-000000000000"


RECEIVE = b'{"business_type": "complaint", '
RAW = {
    "not JSON": (b"{", "malformed_json"),
    "two documents": (RECEIVE + b'"channel": "app"} {}', "malformed_json"),
    "byte order mark": (b"\xef\xbb\xbf{}", "malformed_json"),
    "lone surrogate, escaped": (RECEIVE + b'"content": "\\ud800"}', "malformed_json"),
    "lone surrogate, in bytes": (RECEIVE + b'"content": "\xed\xa0\x80"}', "malformed_json"),
    "surrogate as a name": (RECEIVE + b'"\\udfff": 1}', "malformed_json"),
    "not UTF-8": (RECEIVE + b'"content": "\xff"}', "malformed_json"),
    "UTF-16": ('{"business_type": "complaint"}'.encode("utf-16"), "malformed_json"),
    "nested deeply": (RECEIVE + b'"content": ' + b"[" * 100_000, "malformed_json"),
    "a number without end": (
        RECEIVE + b'"content": ' + b"9" * 10_000 + b"}",
        "malformed_json",
    ),
    "NUL": (RECEIVE + b'"content": "a\\u0000b"}', "invalid_body"),
    "NUL in a word": (b'{"business_type": "comp\\u0000"}', "invalid_body"),
    "unknown field": (RECEIVE + b'"colour": "red"}', "invalid_body"),
    "the edge's own field": (
        RECEIVE + b'"customer": "%s"}' % NOWHERE.encode(),
        "invalid_body",
    ),
    "envelope": (
        RECEIVE + b'"actor": {"person": "boss", "role": "admin"}}',
        "invalid_body",
    ),
    "time of its own": (RECEIVE + b'"at": "2020-01-01T00:00:00Z"}', "invalid_body"),
    "wrong type": (b'{"business_type": 7}', "invalid_body"),
    "flag as text": (RECEIVE + b'"secret": "yes"}', "invalid_body"),
    "flag as number": (RECEIVE + b'"secret": 1}', "invalid_body"),
    "sealed as object": (RECEIVE + b'"content": {"box": "x"}}', "invalid_body"),
    "not an object": (b"[]", "invalid_body"),
    "a text": (b'"complaint"', "invalid_body"),
    "nothing": (b"", "invalid_body"),
    "missing field": (b"{}", "invalid_body"),
    "blank": (b'{"business_type": "  "}', "invalid_body"),
    "empty": (b'{"business_type": ""}', "invalid_body"),
    "too long a word": (b'{"business_type": "%s"}' % (b"x" * 201), "invalid_body"),
    "too long a text": (RECEIVE + b'"content": "%s"}' % (b"x" * 20_001), "invalid_body"),
    "not a phone number": (RECEIVE + b'"phone": "call me"}', "invalid_body"),
    "not a UUID": (RECEIVE + b'"call_id": "7"}', "invalid_body"),
    "NaN": (RECEIVE + b'"secret": NaN}', "invalid_body"),
}


@pytest.mark.parametrize("kind", RAW)
def test_a_body_that_does_not_fit_is_refused(hotline: Hotline, kind: str) -> None:
    raw, code = RAW[kind]
    with nothing_written(hotline):
        assert problem(send(hotline, "/cases", raw)) == (400, code)


@pytest.mark.parametrize("phone", ["000", "+", "12345678901234567", "138x", "a" * 41])
def test_what_is_no_phone_number_is_refused_as_such(hotline: Hotline, phone: str) -> None:
    answer = hotline.post("agent", "/cases", {"business_type": "praise", "phone": phone})
    assert problem(answer) == (400, "invalid_body")
    assert [error["field"] for error in answer.json()["errors"]] == ["phone"]


@pytest.mark.parametrize(
    "phone",
    [
        "95598",
        "(010) 6555-1234",
        "+86 138 1234 5678",
        "１３８１２３４５６７８",
        "0041 44 668 18 00",
    ],
)
def test_a_phone_number_may_be_written_in_any_usual_way(
    hotline: Hotline, phone: str
) -> None:
    hotline.receive(phone=phone)


def test_every_wrong_field_is_named_in_both_languages(hotline: Hotline) -> None:
    raw = b'{"channel": 1, "colour": "red", "call_id": "7"}'
    told = {e["field"]: e for e in send(hotline, "/cases", raw).json()["errors"]}
    assert told.keys() == {"business_type", "channel", "colour", "call_id"}
    assert told["business_type"] == {
        "field": "business_type",
        "code": "missing",
        "zh": "必填",
        "en": "Field required",
    }


def test_the_detail_speaks_the_language_that_is_asked_for(hotline: Hotline) -> None:
    zh = send(hotline, "/cases", b"{").json()
    en = send(hotline, "/cases", b"{", **{"Accept-Language": "en-GB,en;q=0.9"}).json()
    assert (zh["detail"], en["detail"]) == (zh["zh"], en["en"])


@pytest.mark.parametrize("size", [1_000_001, 10_000_000])
def test_a_body_that_is_too_large_is_refused(hotline: Hotline, size: int) -> None:
    with nothing_written(hotline):
        raw = RECEIVE + b'"content": "' + b"x" * size + b'"}'
        assert problem(send(hotline, "/cases", raw)) == (413, "body_too_large")
    assert hotline.client.get("/health").status_code == 200


def test_a_large_body_sent_in_pieces_is_refused(hotline: Hotline) -> None:
    pieces = (b"x" * 100_000 for _ in range(30))
    headers = hotline.headers("agent") | JSON
    answer = hotline.client.post("/cases", content=pieces, headers=headers)
    assert problem(answer) == (413, "body_too_large")


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/xml", "multipart/form-data"]
)
def test_another_media_type_is_refused(hotline: Hotline, media_type: str) -> None:
    raw = RECEIVE + b'"channel": "app"}'
    answer = send(hotline, "/cases", raw, **{"Content-Type": media_type})
    assert problem(answer) == (400, "unsupported_content_type")


@pytest.mark.parametrize(
    "token", ["", "Bearer", "Bearer hy_unknown", "Basic YTpi", "Bearer " + "x" * 9000]
)
def test_without_a_valid_token_nothing_is_told(hotline: Hotline, token: str) -> None:
    for method, path in (("POST", "/cases"), ("GET", "/views/board"), ("GET", "/cases/x")):
        answer = hotline.client.request(method, path, headers={"Authorization": token})
        assert problem(answer) == (401, "unauthenticated")
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_a_revoked_token_is_no_token(hotline: Hotline) -> None:
    hotline.token("agent", "95598", "gone")
    hotline.seen("gone", "/views/board")
    hotline.store.tokens.revoke(hotline.tokens["gone"])
    assert problem(hotline.get("gone", "/views/board")) == (401, "unauthenticated")


@pytest.mark.parametrize(
    "ref",
    [
        NOWHERE,
        "1",
        "260302-0000-0000",
        "no:such",
        "bpi2013:1-364285768",
        "%00",
        "a%00:b",
        "%FF%FE",
        "%ED%A0%80",
        "x" * 3000,
        "工单",
        "{ref}",
        "' OR 1=1 --",
    ],
)
def test_an_unknown_case_is_404_however_it_is_named(hotline: Hotline, ref: str) -> None:
    with nothing_written(hotline):
        for path in (f"/cases/{ref}", f"/cases/{ref}/facts"):
            assert problem(hotline.get("auditor", path))[0] == 404
        body = {"unit": "bailu-east"}
        assert problem(hotline.post("agent", f"/cases/{ref}/dispatch", body))[0] == 404
        assert problem(hotline.post("agent", f"/calls/{ref}/answer"))[0] == 404


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/", (404, "no_such_page")),
        ("GET", "/docs", (404, "no_such_page")),
        ("GET", "/redoc", (404, "no_such_page")),
        ("POST", "/views/board", (405, "method_not_allowed")),
        ("GET", "/cases", (405, "method_not_allowed")),
        ("PUT", f"/cases/{NOWHERE}", (405, "method_not_allowed")),
        ("DELETE", f"/cases/{NOWHERE}", (405, "method_not_allowed")),
        ("POST", f"/cases/{NOWHERE}/explode", (404, "no_such_command")),
        ("POST", "/organisation/explode", (404, "no_such_command")),
    ],
)
def test_an_address_that_is_none_says_so(
    hotline: Hotline, method: str, path: str, expected: tuple[int, str]
) -> None:
    answer = hotline.client.request(method, path, headers=hotline.headers("admin"))
    assert problem(answer) == expected


def test_a_refused_command_says_why_and_is_counted(hotline: Hotline) -> None:
    case = hotline.receive()
    counted = hotline.store.refusals.counts()
    asked = {
        ("agent", "accept"): (403, "not_permitted"),
        ("handler", "accept"): (404, "no_such_case"),
        ("agent", "close"): (409, "no_such_move"),
        ("agent", "dispatch"): (400, "invalid_body"),
    }
    with nothing_written(hotline):
        for (who, action), expected in asked.items():
            assert problem(hotline.post(who, f"/cases/{case}/{action}")) == expected
    after = hotline.store.refusals.counts()
    assert {code: after[code] - counted.get(code, 0) for _, code in asked.values()} == {
        code: 1 for _, code in asked.values()
    }


def test_a_unit_that_does_not_exist_is_refused_by_name(hotline: Hotline) -> None:
    case = hotline.receive()
    with nothing_written(hotline):
        answer = hotline.post("agent", f"/cases/{case}/dispatch", {"unit": "atlantis"})
        assert problem(answer) == (409, "unknown_unit")
        assert "atlantis" in answer.json()["en"]


def test_what_nobody_expected_is_told_by_a_number_only(
    hotline: Hotline, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("the particulars")

    monkeypatch.setattr("domain.desk.Desk.handle", broken)
    answer = hotline.post("agent", "/cases", {"business_type": "praise"})
    assert problem(answer) == (500, "internal")
    assert "particulars" not in answer.text
    incident = answer.json()["en"].rsplit(" ", 1)[1]
    assert [r for r in caplog.records if incident in r.getMessage() and r.exc_info]


def test_a_store_that_is_away_is_told_as_such(
    hotline: Hotline, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: object, **__: object) -> None:
        raise OperationalError("no route to the server")

    monkeypatch.setattr("domain.desk.Desk.handle", away)
    answer = hotline.post("agent", "/cases", {"business_type": "praise"})
    assert problem(answer) == (503, "store_unreachable")
    assert answer.headers["retry-after"] == "1"


def test_a_case_that_too_many_change_at_once_is_told_to_come_back(
    hotline: Hotline, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crowded(*_: object, **__: object) -> None:
        raise Contended("contended")

    monkeypatch.setattr("domain.desk.Desk.handle", crowded)
    answer = hotline.post("agent", "/cases", {"business_type": "praise"})
    assert problem(answer) == (503, "contended")
    assert answer.headers["retry-after"] == "1"


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"profile": 7},
        {"profile": {"name": ["x"]}},
        {"profile": {"name": "sgcc-2022", "version": 2}, "workflow": []},
        {"profile": {"name": "sgcc-2022", "version": "2"}, "workflow": {"states": 1}},
        {"\x01": {}},
    ],
)
def test_a_policy_that_cannot_be_read_is_refused(
    hotline: Hotline, document: dict[str, Any]
) -> None:
    with nothing_written(hotline):
        status, _ = problem(hotline.post("admin", "/policies", {"document": document}))
        assert status == 409


@pytest.mark.parametrize(
    "value", [b'"a\\u0000b"', b'{"\\u0000": 1}', b"1e999", b"-Infinity", b"NaN", b"9" * 30]
)
def test_a_document_holds_only_what_can_be_kept(hotline: Hotline, value: bytes) -> None:
    raw = b'{"document": {"profile": {"name": "sgcc-2022"}, "x": [{"y": %s}]}}' % value
    with nothing_written(hotline):
        answer = send(hotline, "/policies", raw, "admin")
        assert problem(answer) == (400, "invalid_body")
