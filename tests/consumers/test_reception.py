"""Reception: each message of another system is one case, or refused with why, or held."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.sql import SQL, Identifier

from api.office import desk_over
from api.policies import PUBLISHER, publish, publish_shipped, shipped
from consumers.intake.reception import Held, Reception
from consumers.intake.wire import Message, RefusedV1
from domain.case.origin import received_case_id
from domain.case.receive import CaseReceived
from domain.command import Command
from domain.desk import Answer, Desk
from domain.fact import Sealed
from domain.policy.book import policy_book_id
from store import Store
from store.mapper import StoredFact
from tests.support.offices import timeless
from tests.support.organisation import founding
from tests.support.sending import body, message

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
TOLD = {
    "content": "昨晚八点停电, 报修后无人到场",
    "wish": "尽快复电",
    "name": "王小明",
    "phone": "13812345678",
    "address": "望湖路十二号",
}


@pytest.fixture(scope="module")
def desk(module_store: Store) -> Iterator[Desk]:
    with desk_over(module_store) as opened:
        publish_shipped(opened, NOW)
        for each in founding():
            opened.handle(each)
        yield opened


@pytest.fixture
def reception(module_store: Store, desk: Desk) -> Reception:
    return Reception(module_store, desk, lambda: NOW)


@pytest.fixture
def number(request: pytest.FixtureRequest) -> str:
    """A ``ce_id`` that no other test has."""
    return str(request.node.name)[-150:]


def no(refused: RefusedV1 | None) -> str:
    assert refused is not None
    return refused.code


def case_of(number: str) -> UUID:
    return received_case_id("12345", number)


def received(store: Store, number: str) -> CaseReceived:
    """How the case of a message began."""
    first = store.log.stream(case_of(number))[0].fact
    assert isinstance(first, CaseReceived)
    return first


def people(store: Store) -> int:
    with store.pool.connection() as connection:
        ((found,),) = connection.execute("SELECT count(*) FROM vault.people").fetchall()
    return int(found)


def said(store: Store, sealed: Sealed | None, number: str, field: str) -> str:
    assert sealed is not None
    return store.vault.open(sealed, stream=case_of(number), field=field)


# What is received ------------------------------------------------------------------------


def test_a_message_becomes_a_case_at_the_hotline_from_when_it_was_said(
    reception: Reception, module_store: Store, number: str
) -> None:
    assert reception.take(message(body(**TOLD, area="urban"), id=number)) is None
    fact = received(module_store, number)
    assert (fact.business_type, fact.channel, fact.area) == ("complaint", "12345", "urban")
    assert (fact.actor.person, fact.actor.role) == ("intake:12345", "intake")
    assert fact.occurred_at == datetime(2026, 3, 2, 1, 59, tzinfo=UTC)
    assert (fact.source, fact.source_id) == ("12345", number)
    assert fact.holder_unit == "95598"


def test_the_texts_are_sealed_under_the_key_of_who_has_that_number(
    reception: Reception, module_store: Store, number: str
) -> None:
    reception.take(message(body(**TOLD), id=number))
    fact = received(module_store, number)
    assert said(module_store, fact.content, number, "content") == TOLD["content"]
    assert fact.customer == module_store.vault.person_by_phone("138 1234 5678")
    reception.take(message(body(phone="13812345678"), id=f"{number}, again"))
    assert received(module_store, f"{number}, again").customer == fact.customer


def test_nothing_that_was_said_stands_in_the_database_in_clear(
    reception: Reception, module_store: Store, dsn: str, number: str
) -> None:
    reception.take(message(body(**TOLD), id=number))
    reception.take(message(body(**TOLD, area="nowhere"), id=f"{number}, refused"))
    written = every_row(module_store)
    assert number in written
    assert [text for text in TOLD.values() if text in written] == []


def every_row(store: Store) -> str:
    """All that any table holds; bytes as the text they are, if they are one."""
    tables = (
        "SELECT table_schema, table_name FROM information_schema.tables"
        " WHERE table_schema IN ('log', 'vault', 'ops', 'views', 'kafka')"
    )
    with psycopg.connect(store.dsn) as connection:
        rows = [
            value.decode(errors="replace") if isinstance(value, bytes) else str(value)
            for table in connection.execute(tables).fetchall()
            for row in connection.execute(
                SQL("SELECT * FROM {}").format(Identifier(*table))
            )
            for value in row
        ]
    return "\n".join([*rows, *(repr(entry.fact) for entry in store.log.scan())])


def test_a_secret_case_is_secret_and_an_anonymous_one_has_nobody(
    reception: Reception, module_store: Store, number: str
) -> None:
    reception.take(message(body(**TOLD, secret=True), id=f"{number} secret"))
    reception.take(message(body(anonymous=True), id=f"{number} anonymous"))
    secret = received(module_store, f"{number} secret")
    anonymous = received(module_store, f"{number} anonymous")
    assert (secret.secret, secret.anonymous) == (True, False)
    assert (anonymous.anonymous, anonymous.customer) == (True, None)


def test_the_same_message_twice_is_one_case_and_one_person(
    reception: Reception, module_store: Store, number: str
) -> None:
    sent = message(body(content="停电"), id=number)
    assert reception.take(sent) is None
    head, known = module_store.log.head(), people(module_store)
    assert [reception.take(sent) for _ in range(2)] == [None, None]
    assert (module_store.log.head(), people(module_store)) == (head, known)


def test_the_same_id_from_another_system_is_another_case(
    reception: Reception, module_store: Store, number: str
) -> None:
    for source in ("billing", "outage"):
        assert reception.take(message(id=number, source=source)) is None
        assert module_store.log.stream(received_case_id(source, number))


def test_a_message_that_was_taken_is_known_however_late_it_is_read_again(
    reception: Reception, module_store: Store, desk: Desk, number: str
) -> None:
    sent = message(id=number)
    assert reception.take(sent) is None
    in_two_years = NOW + timedelta(days=730)
    later = Reception(module_store, desk, lambda: in_two_years)
    assert later.take(sent) is None
    assert no(later.take(message(id=f"{number}, not taken"))) == "time_long_ago"


# What is refused -------------------------------------------------------------------------


def test_the_same_id_with_another_body_is_refused_and_changes_nothing(
    reception: Reception, module_store: Store, number: str
) -> None:
    reception.take(message(body(content="停电"), id=number))
    head, known = module_store.log.head(), people(module_store)
    assert no(reception.take(message(body(content="停水"), id=number))) == "command_reused"
    assert (module_store.log.head(), people(module_store)) == (head, known)


def test_a_matter_is_received_once_whatever_the_ids_of_its_messages(
    reception: Reception, module_store: Store, number: str
) -> None:
    sent = body(source_id=number)
    assert reception.take(message(sent, id=f"{number} 1")) is None
    assert no(reception.take(message(sent, id=f"{number} 2"))) == "already_begun"


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"business_type": "sermon"}, "unknown_type"),
        ({"channel": "pigeon"}, "unknown_channel"),
        ({"area": "moon"}, "unknown_area"),
        ({"category": "none.such"}, "unknown_category"),
        ({"level": "dire"}, "unknown_level"),
        ({"referral_body": "nobody"}, "unknown_reason"),
        ({"anonymous": True}, "anonymous_with_identity"),
    ],
)
def test_what_the_desk_refuses_comes_back_with_its_reason_and_leaves_no_key(
    reception: Reception,
    module_store: Store,
    number: str,
    wrong: dict[str, Any],
    code: str,
) -> None:
    head, known = module_store.log.head(), people(module_store)
    counted = module_store.refusals.counts().get(code, 0)
    told = reception.take(message(body(**TOLD, **wrong), id=number, offset=7))
    assert told is not None
    assert (told.code, told.source, told.id, told.offset) == (code, "12345", number, 7)
    assert told.zh
    assert told.field in wrong
    assert (module_store.log.head(), people(module_store)) == (head, known)
    assert module_store.refusals.counts()[code] == counted + 1


def test_what_cannot_be_read_comes_back_too(reception: Reception) -> None:
    assert no(reception.take(message(b"{"))) == "malformed_json"
    assert no(reception.take(message(time="2026-03-02T03:00:00Z"))) == "time_ahead"


def test_a_refused_message_may_be_sent_again_under_its_id_when_it_is_mended(
    reception: Reception, number: str
) -> None:
    assert no(reception.take(message(body(area="moon"), id=number))) == "unknown_area"
    assert reception.take(message(body(area="urban"), id=number)) is None


# What is held ----------------------------------------------------------------------------


def rules(version: int, since: str, *, closed: bool) -> dict[str, Any]:
    """Rules without those of time; ``closed``: they let no other system in."""
    document = timeless(deepcopy(shipped()["sgcc-2022"]))
    document["profile"] |= {"version": version, "effective_from": since}
    if closed:
        del document["roles"]["intake"]
    return document


def test_while_the_rules_let_no_other_system_in_every_message_waits_for_them(
    store: Store,
) -> None:
    with desk_over(store) as desk:
        reception = Reception(store, desk, lambda: NOW)
        with pytest.raises(Held, match="huiyin policy publish"):
            reception.take(message())
        publish(desk, rules(1, "2022-01-01T00:00:00Z", closed=True), NOW, PUBLISHER)
        with pytest.raises(Held, match="huiyin policy publish"):
            reception.take(message())
        publish(desk, rules(2, "2026-03-02T01:00:00Z", closed=False), NOW, PUBLISHER)
        assert reception.take(message()) is None
        before = message(id="GD-0", time="2026-03-02T00:59:00Z")
        assert no(reception.take(before)) == "not_permitted"


def test_a_database_in_trouble_holds_the_message(
    reception: Reception, module_store: Store, module_dsn: str, number: str
) -> None:
    sent = message(body(content="停电"), id=number)
    with psycopg.connect(module_dsn, autocommit=True) as admin:
        admin.execute("ALTER TABLE vault.people RENAME TO gone")
        try:
            with pytest.raises(Held, match="people"):
                reception.take(sent)
        finally:
            admin.execute("ALTER TABLE vault.gone RENAME TO people")
    assert reception.take(sent) is None


@pytest.mark.parametrize("stream", ["case", "policies"])
def test_what_a_newer_program_wrote_holds_the_message_until_this_one_is_newer_too(
    store: Store, stream: str
) -> None:
    at = {"case": (case_of("GD-1"), 1), "policies": (policy_book_id("sgcc-2022"), 2)}
    with desk_over(store) as desk:
        publish(desk, rules(1, "2022-01-01T00:00:00Z", closed=False), NOW, PUBLISHER)
    later = StoredFact(*at[stream], "something.later", b"{}", occurred_at=NOW)
    store.recorder.insert_events([later])
    with desk_over(store) as desk, pytest.raises(Held, match="later version"):
        Reception(store, desk, lambda: NOW).take(message(id="GD-1"))


def test_a_desk_that_others_are_always_faster_at_holds_the_message(
    module_store: Store, desk: Desk, number: str
) -> None:
    hurried = Desk(
        module_store.factory,
        profile="sgcc-2022",
        ledger=module_store.ledger,
        attempts=lambda: iter(()),
    )
    with hurried, pytest.raises(Held, match="contended"):
        Reception(module_store, hurried, lambda: NOW).take(message(id=number))


# What breaks -----------------------------------------------------------------------------


class Broken:
    """A desk with a fault in the program: it breaks so many times over a command."""

    def __init__(self, desk: Desk, times: int) -> None:
        self._desk, self._left = desk, times

    def foresee(self, command: Command, **said: Any) -> Answer | None:
        self._left -= 1
        if self._left >= 0:
            raise ZeroDivisionError("a fault")
        return self._desk.foresee(command, **said)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk, name)


def broken(store: Store, desk: Desk, times: int) -> Reception:
    return Reception(store, Broken(desk, times), lambda: NOW)  # type: ignore[arg-type]


def test_a_message_that_the_program_breaks_over_holds_up_nobody(
    module_store: Store, desk: Desk, number: str, caplog: pytest.LogCaptureFixture
) -> None:
    sent = message(body(**TOLD), id=number)
    with caplog.at_level(logging.WARNING):
        told = broken(module_store, desk, 99).take(sent)
    assert no(told) == "internal"
    incident = caplog.records[-1].getMessage().split()[1].rstrip(":")
    assert told is not None
    assert incident in told.en
    assert [text for text in TOLD.values() if text in caplog.text] == []
    assert Reception(module_store, desk, lambda: NOW).take(sent) is None


def test_what_breaks_once_is_tried_once_more(
    module_store: Store, desk: Desk, number: str
) -> None:
    assert broken(module_store, desk, 2).take(message(id=number)) is None


def test_a_message_is_not_read_for_what_it_says_in_the_log_of_the_program(
    reception: Reception, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        reception.take(Message(0, 0, [], body(**TOLD)))
        reception.take(message(body(**TOLD, area="moon")))
    assert [text for text in TOLD.values() if text in caplog.text] == []
