"""The same wish twice is done once; what was decided on an old version is not done."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import httpx
import pytest

from api.http.headers import command_id_of, fingerprint_of
from domain.fact import Actor
from store import Store
from tests.support.hotline import Hotline

PRAISE = {"business_type": "praise", "phone": "13812345678"}
SAID = {"text": "and another thing"}


def keyed(hotline: Hotline, key: str, body: Any = None, who: str = "agent") -> Any:
    said = PRAISE if body is None else body
    return hotline.post(who, "/cases", said, Idempotency_Key=key)


def test_the_same_key_and_body_get_the_same_answer_and_one_case(hotline: Hotline) -> None:
    first = keyed(hotline, "k-1")
    head = hotline.store.log.head()
    again = keyed(hotline, "k-1")
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert first.headers["etag"] == again.headers["etag"]
    assert first.headers["location"] == again.headers["location"]
    assert hotline.store.log.head() == head


def test_the_order_and_spelling_of_a_body_do_not_make_it_another(hotline: Hotline) -> None:
    first = keyed(hotline, "k-2", {"business_type": "praise", "channel": "95598"})
    again = keyed(hotline, "k-2", {"channel": "95598", "business_type": "praise"})
    default = keyed(hotline, "k-2", {"business_type": "praise"})
    assert first.json() == again.json() == default.json()


def test_the_same_key_with_another_body_is_refused_and_counted(hotline: Hotline) -> None:
    keyed(hotline, "k-3")
    counted = hotline.store.refusals.counts().get("command_reused", 0)
    head = hotline.store.log.head()
    for body in ({"business_type": "complaint"}, PRAISE | {"secret": True}):
        answer = keyed(hotline, "k-3", body)
        assert (answer.status_code, answer.json()["code"]) == (422, "command_reused")
    assert hotline.store.log.head() == head
    assert hotline.store.refusals.counts()["command_reused"] == counted + 2


def test_the_same_key_for_another_command_or_case_is_refused(hotline: Hotline) -> None:
    one, other = hotline.receive(), hotline.receive()
    done = hotline.done("agent", f"/cases/{one}/urge", Idempotency_Key="k-4")
    for path in (f"/cases/{other}/urge", f"/cases/{one}/withdraw", "/cases"):
        body = {"reason": "solved"} if path.endswith("withdraw") else {}
        body = PRAISE if path == "/cases" else body
        answer = hotline.post("agent", path, body, Idempotency_Key="k-4")
        assert (answer.status_code, answer.json()["code"]) == (422, "command_reused")
    again = hotline.done("agent", f"/cases/{one}/urge", Idempotency_Key="k-4")
    assert again == done


def test_a_case_named_in_another_way_is_the_same_wish(hotline: Hotline) -> None:
    received = hotline.done("agent", "/cases", PRAISE)
    case = received["id"]
    number = hotline.seen("agent", f"/cases/{case}")["state"]["number"]
    hotline.seen("agent", "/views/board", after=received["position"])
    one = hotline.done("agent", f"/cases/{case}/urge", Idempotency_Key="k-5")
    same = hotline.done("agent", f"/cases/{number.lower()}/urge", Idempotency_Key="k-5")
    assert one == same


def test_a_key_belongs_to_the_actor_who_chose_it(hotline: Hotline) -> None:
    mine = keyed(hotline, "k-6")
    theirs = keyed(hotline, "k-6", who="dispatcher")
    assert mine.json()["id"] != theirs.json()["id"]


def test_many_at_once_with_one_key_make_one_case(hotline: Hotline) -> None:
    with ThreadPoolExecutor(8) as clients:
        answers = list(clients.map(lambda _: keyed(hotline, "k-7"), range(24)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1


def test_a_command_sent_again_while_it_is_being_done_is_not_refused(
    hotline: Hotline,
) -> None:
    """The case has moved on by then: a new wish of the same kind would be refused."""

    def withdraw(case: str) -> httpx.Response:
        path, body = f"/cases/{case}/withdraw", {"reason": "solved"}
        return hotline.post("agent", path, body, Idempotency_Key=f"k {case}")

    with ThreadPoolExecutor(8) as clients:
        for case in [hotline.receive() for _ in range(10)]:
            answers = list(clients.map(withdraw, [case] * 8))
            assert {answer.status_code for answer in answers} == {201}
            assert len({answer.text for answer in answers}) == 1


def test_a_key_that_was_refused_may_be_tried_again(hotline: Hotline) -> None:
    case = hotline.receive()
    path = f"/cases/{case}/accept"
    assert hotline.post("handler", path, Idempotency_Key="k-8").status_code == 404
    hotline.done("dispatcher", f"/cases/{case}/dispatch", {"unit": "bailu-east"})
    assert hotline.post("handler", path, Idempotency_Key="k-8").status_code == 201


def test_without_a_key_each_time_is_a_new_wish(hotline: Hotline) -> None:
    assert hotline.receive() != hotline.receive()


@pytest.mark.parametrize("key", ["x", "x" * 200, "a key with blanks", "订单-7", "'\"\\;%"])
def test_any_printable_text_up_to_200_characters_is_a_key(
    hotline: Hotline, key: str
) -> None:
    headers = [
        (b"Authorization", f"Bearer {hotline.tokens['agent']}".encode()),
        (b"Idempotency-Key", key.encode()),
    ]
    one = hotline.client.post("/cases", json=PRAISE, headers=headers)
    two = hotline.client.post("/cases", json=PRAISE, headers=headers)
    assert one.status_code == 201
    assert one.json() == two.json()


@pytest.mark.parametrize("key", [b"", b"x" * 201, b"a\tb", b"\xc2\x80"])
def test_any_other_key_is_refused(hotline: Hotline, key: bytes) -> None:
    headers = [
        (b"Authorization", f"Bearer {hotline.tokens['agent']}".encode()),
        (b"Idempotency-Key", key),
    ]
    answer = hotline.client.post("/cases", json=PRAISE, headers=headers)
    told = (answer.status_code, answer.json()["code"])
    assert told == (400, "malformed_idempotency_key")


def test_a_stored_fingerprint_cannot_be_guessed_from_a_body(
    hotline: Hotline, store: Store
) -> None:
    """Numbers are few, and clients choose keys like 1, 2, 3: only a secret helps."""
    target, body = "POST /cases", b'{"phone":"13812345678"}'
    keyed = hotline.store.vault.fingerprint

    def ours(key: str | None) -> bytes:
        return fingerprint_of(key, target, body, keyed)

    assert ours("k") == ours("k") != ours("l")
    assert ours("k") != fingerprint_of("k", target, body, store.vault.fingerprint)
    assert ours(None) == b""


def test_the_log_keeps_nothing_that_a_guess_can_be_held_against(hotline: Hotline) -> None:
    case = hotline.receive()
    done = hotline.done("agent", f"/cases/{case}/urge", Idempotency_Key="1")
    with hotline.store.pool.connection() as connection:
        query = "SELECT fingerprint FROM log.commands WHERE position = %s"
        ((kept,),) = connection.execute(query, [done["position"]]).fetchall()
    said = ("1", f"POST /cases/{{ref}}/urge {case}", b'{"note":null}')
    assert kept == fingerprint_of(*said, hotline.store.vault.fingerprint)
    assert kept != fingerprint_of(*said, lambda parts: sha256(parts).digest())


def test_the_same_person_in_another_role_or_unit_is_another_actor() -> None:
    wang = Actor(person="wang", role="agent", unit="95598")
    others = [
        Actor(person="wang", role="dispatcher", unit="95598"),
        Actor(person="wang", role="agent", unit="bailu"),
        Actor(person="wang", role="agent", unit="95598", post="95598.wang"),
    ]
    ids = {command_id_of(actor, "k") for actor in (wang, *others)}
    assert len(ids) == 4
    assert command_id_of(wang, "k") == command_id_of(wang, "k")


# If-Match --------------------------------------------------------------------------------


def test_a_decision_on_the_latest_version_goes_through(hotline: Hotline) -> None:
    case = hotline.receive()
    etag = hotline.get("agent", f"/cases/{case}").headers["etag"]
    for match in (etag, "*"):
        answer = hotline.post("agent", f"/cases/{case}/comment", SAID, If_Match=match)
        assert answer.status_code == 201
    latest = answer.headers["etag"]
    for spelling in (f"W/{latest}", str(int(latest.strip('"')) + 1)):
        answer = hotline.post("agent", f"/cases/{case}/comment", SAID, If_Match=spelling)
        assert answer.status_code == 201


def test_a_decision_on_an_old_version_is_stale_and_writes_nothing(hotline: Hotline) -> None:
    case = hotline.receive()
    etag = hotline.get("agent", f"/cases/{case}").headers["etag"]
    hotline.done("agent", f"/cases/{case}/urge")
    head = hotline.store.log.head()
    answer = hotline.post("agent", f"/cases/{case}/urge", If_Match=etag)
    assert (answer.status_code, answer.json()["code"]) == (412, "stale_version")
    assert hotline.store.log.head() == head


def test_of_many_who_saw_the_same_version_one_wins(hotline: Hotline) -> None:
    case = hotline.receive()
    etag = hotline.get("agent", f"/cases/{case}").headers["etag"]

    def urge(_: int) -> int:
        return hotline.post("agent", f"/cases/{case}/urge", If_Match=etag).status_code

    with ThreadPoolExecutor(8) as clients:
        told = sorted(clients.map(urge, range(16)))
    assert told == [201] + [412] * 15


def test_a_stale_wish_that_was_done_before_gets_its_answer_again(hotline: Hotline) -> None:
    case = hotline.receive()
    etag = hotline.get("agent", f"/cases/{case}").headers["etag"]

    def urge() -> dict[str, Any]:
        path = f"/cases/{case}/urge"
        return hotline.done("agent", path, Idempotency_Key="k-9", If_Match=etag)

    assert urge() == urge()


@pytest.mark.parametrize(
    "match", ["", '""', "abc", '"7', "-1", "0", '"1", "2"', "7.0", "9" * 30, "W/", "*x"]
)
def test_an_if_match_that_is_no_version_is_refused(hotline: Hotline, match: str) -> None:
    case = hotline.receive()
    answer = hotline.post("agent", f"/cases/{case}/urge", If_Match=match)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_if_match")


def test_a_new_case_has_no_version_to_match(hotline: Hotline) -> None:
    answer = hotline.post("agent", "/cases", PRAISE, If_Match='"1"')
    assert (answer.status_code, answer.json()["code"]) == (400, "nothing_to_match")
