"""The intake on a real broker: each message is one case or one refusal, whoever dies."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from consumers.brokers.clients import administrator
from consumers.brokers.topics import INTAKE, INTAKE_REFUSED, make_topics
from domain.desk import Desk
from store import Store
from store.settings import Settings
from tests.contract.feed_contract import until
from tests.kafka.taking import Outside, at_work, cases, once_each, open_desk, process
from tests.support.kafka import KAFKA_TIER, Brokers
from tests.support.sending import body, headers, just_now

pytestmark = KAFKA_TIER

BREAK_OFF = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture
def desk(store: Store) -> Iterator[Desk]:
    with open_desk(store) as opened:
        yield opened


@pytest.fixture
def outside(kafka: Settings) -> Iterator[Outside]:
    sender = Outside(kafka)
    yield sender
    sender.close()


class Bad(str):
    """The name of a header that is no UTF-8, once it is sent."""

    def encode(self, *_: object) -> bytes:
        return b"\xff\xfe"


def damaged(outside: Outside) -> int:
    """Send a message that no client can read; its offset in partition 0.

    It is long enough to be worth packing: what comes unpacked the brokers pack, and mend.
    """
    said = [*headers(id="damaged", time=just_now()), (Bad("x"), b"")]
    return outside.raw(body(content="停电" * 500), said, 0)


def all_taken(outside: Outside) -> Callable[[], bool]:
    return lambda: outside.untaken() == 0


def test_what_other_systems_send_becomes_cases(
    store: Store, kafka: Settings, desk: Desk, outside: Outside
) -> None:
    ids = [f"GD-{n}" for n in range(30)]
    for each in ids[:20]:
        outside.send(each, body(content=f"停电 {each}", phone="13812345678"))
    with at_work(store, kafka, desk):
        until(all_taken(outside))
        for each in ids[20:]:
            outside.send(each)
        until(all_taken(outside))
    assert cases(store) == once_each(*ids)
    assert outside.refused() == []


def test_a_message_that_is_sent_or_read_twice_is_one_case(
    store: Store, kafka: Settings, desk: Desk, outside: Outside
) -> None:
    """Twice in one partition, in two partitions at once, and all of it from the start."""
    said = body(content="停电")
    for partition in (0, 0, 1, 2):
        outside.send("GD-1", said, partition=partition)
    with at_work(store, kafka, desk):
        until(all_taken(outside))
    forget_offsets(kafka)
    head = store.log.head()
    with at_work(store, kafka, desk):
        until(all_taken(outside))
    assert cases(store) == once_each("GD-1")
    assert store.log.head() == head
    assert outside.refused() == []


def test_bad_messages_come_back_with_the_reason_and_hold_up_nobody(
    store: Store, kafka: Settings, desk: Desk, outside: Outside
) -> None:
    bad: list[tuple[str, dict[str, Any], str]] = [
        ("no json", {"value": b"{no"}, "malformed_json"),
        ("nothing", {"value": None}, "malformed_json"),
        ("wrong type", {"value": body(secret="yes")}, "invalid_body"),
        ("unknown field", {"value": body(mood="bad")}, "invalid_body"),
        ("unknown code", {"value": body(area="moon")}, "unknown_area"),
        ("both", {"value": body(anonymous=True, name="王")}, "anonymous_with_identity"),
        ("too large", {"value": b" " * 1_000_001}, "body_too_large"),
        ("another event", {"type": "huiyin.intake.case.v2"}, "bad_header"),
        ("no source", {"source": None}, "bad_header"),
        ("tomorrow", {"time": "2999-01-01T00:00:00Z"}, "time_ahead"),
        ("good 0", {"value": body(content="another")}, "command_reused"),
    ]
    outside.send("good 0", partition=0)
    for id_, flaw, _ in bad:
        outside.send(id_, **{"value": body(), **flaw}, partition=0)
    outside.send("good 1", partition=0)
    with at_work(store, kafka, desk):
        until(all_taken(outside))

    assert cases(store) == once_each("good 0", "good 1")
    told = outside.refused()
    wanted = dict(enumerate(bad, start=1))
    assert {refused.offset: refused.code for refused, _ in told} == {
        offset: code for offset, (_, _, code) in wanted.items()
    }
    for refused, said in told:
        id_, flaw, code = wanted[refused.offset]
        assert (refused.id, said["ce_id"]) == (id_, id_.encode())
        assert (refused.partition, said["reason_code"]) == (0, code.encode())
        sent = flaw.get("value", body())
        if code == "body_too_large" or sent is None:
            assert refused.message is None
        else:
            assert refused.message is not None
            assert b64decode(refused.message) == sent


def test_a_message_that_no_client_can_read_is_stepped_over(
    store: Store, kafka: Settings, desk: Desk, outside: Outside
) -> None:
    """kafka-python goes round in circles behind it."""
    outside.send("before", partition=0)
    at = damaged(outside)
    outside.send("behind", partition=0)
    outside.send("elsewhere", partition=1)
    with at_work(store, kafka, desk):
        until(all_taken(outside))
    assert cases(store) == once_each("before", "behind", "elsewhere")
    [(told, said)] = outside.refused()
    assert (told.code, told.partition, told.offset) == ("unreadable", 0, at)
    assert said["ce_id"] == f"{INTAKE}/0/{at}".encode()


@pytest.mark.parametrize("where", ["before", "after"])
def test_a_worker_killed_over_a_message_is_followed_by_one_that_takes_it_once(
    store: Store, kafka: Settings, desk: Desk, outside: Outside, where: str
) -> None:
    """``after``: the desk has recorded the case, and nothing is committed."""
    ids = [f"GD-{n}" for n in range(6)]
    for each in ids:
        outside.send(each, body(content=each), partition=0)
    with process(kafka, where, last=3) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"stopped\n"
        assert len(cases(store)) == (2 if where == "before" else 3)
        assert outside.untaken() == 6
    with at_work(store, kafka, desk):
        until(all_taken(outside))
    assert cases(store) == once_each(*ids)
    assert outside.refused() == []


def test_workers_that_are_killed_one_after_the_other_lose_and_double_nothing(
    store: Store, kafka: Settings, desk: Desk, outside: Outside
) -> None:
    good = [f"GD-{n}" for n in range(120)]
    for n, each in enumerate(good):
        outside.send(each, body(content=each, phone=f"138{n % 7:08d}"))
        if n % 10 == 0:
            outside.send(f"bad {n}", body(area="moon"))
            outside.send(each, body(content=each, phone=f"138{n % 7:08d}"))
    for enough in (20, 70):
        with process(kafka), process(kafka):
            until(lambda: len(cases(store)) >= enough)  # noqa: B023 - asked at once
    with at_work(store, kafka, desk):
        until(all_taken(outside))
    assert cases(store) == once_each(*good)
    assert set(outside.codes()) == {(f"bad {n}", "unknown_area") for n in range(0, 120, 10)}


def test_workers_share_the_partitions_and_whoever_stays_has_them_all(
    store: Store, kafka: Settings, desk: Desk, outside: Outside
) -> None:
    with at_work(store, kafka, desk):
        with at_work(store, kafka, desk):
            for n in range(40):
                outside.send(f"GD-{n}", body(area="moon") if n % 2 else body())
        for n in range(40, 80):
            outside.send(f"GD-{n}", body(area="moon") if n % 2 else body())
        until(all_taken(outside))
    assert cases(store) == once_each(*(f"GD-{n}" for n in range(0, 80, 2)))
    assert set(outside.codes()) == {(f"GD-{n}", "unknown_area") for n in range(1, 80, 2)}


def test_one_that_is_told_to_stop_leaves_nothing_half_done(
    store: Store, kafka: Settings, desk: Desk, outside: Outside
) -> None:
    """As long as nobody is killed, a refusal is told once."""
    ids = [f"GD-{n}" for n in range(300)]
    for each in ids:
        outside.send(each, b"{", partition=0)
    with at_work(store, kafka, desk):
        until(lambda: len(outside.codes()) > 0)
    left = outside.untaken()
    assert left == 300 - len(outside.codes())
    with at_work(store, kafka, desk):
        until(all_taken(outside))
    assert outside.codes() == {(each, "malformed_json"): 1 for each in ids}


def test_trouble_here_holds_a_partition_and_the_others_flow(
    store: Store,
    kafka: Settings,
    desk: Desk,
    outside: Outside,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Nobody can be looked up by phone: cases with a number wait, others do not."""
    with psycopg.connect(kafka.database_url or "", autocommit=True) as admin:
        admin.execute("ALTER TABLE vault.lookups RENAME TO gone")
        held = outside.send("held", body(phone="13812345678"), partition=0)
        outside.send("behind it", partition=0)
        outside.send("elsewhere", partition=1)
        with at_work(store, kafka, desk):
            until(lambda: cases(store) == once_each("elsewhere"))
            until(lambda: f"partition 0 is held at offset {held}" in caplog.text)
            outside.send("elsewhere too", partition=1)
            until(lambda: cases(store) == once_each("elsewhere", "elsewhere too"))
            assert outside.untaken() == 2
            admin.execute("ALTER TABLE vault.gone RENAME TO lookups")
            until(all_taken(outside))
    assert cases(store) == once_each("held", "behind it", "elsewhere", "elsewhere too")
    assert outside.refused() == []


def test_a_database_that_breaks_off_every_session_loses_and_doubles_nothing(
    store: Store, kafka: Settings, desk: Desk, outside: Outside
) -> None:
    ids = [f"GD-{n}" for n in range(90)]
    with (
        at_work(store, kafka, desk),
        at_work(store, kafka, desk),
        psycopg.connect(kafka.database_url or "", autocommit=True) as admin,
    ):
        for n, each in enumerate(ids, start=1):
            outside.send(each, body(phone=f"138{n % 7:08d}"))
            if n % 30 == 0:
                admin.execute(BREAK_OFF)
        until(all_taken(outside))
    assert cases(store) == once_each(*ids)
    assert outside.refused() == []


def test_without_its_topics_it_says_how_to_make_them_and_waits(
    store: Store,
    kafka: Settings,
    desk: Desk,
    outside: Outside,
    caplog: pytest.LogCaptureFixture,
) -> None:
    outside.send("bad", b"{")
    with administrator(kafka) as admin:
        admin.delete_topics([INTAKE_REFUSED])
    with at_work(store, kafka, desk):
        until(lambda: "run `huiyin kafka topics`" in caplog.text)
        make_topics(kafka)
        until(all_taken(outside))
    assert outside.codes() == {("bad", "malformed_json"): 1}


def test_a_topic_that_is_made_anew_under_its_feet_is_taken_from_the_beginning(
    store: Store, kafka: Settings, desk: Desk, outside: Outside, broker: Brokers
) -> None:
    ids = [f"GD-{n}" for n in range(20)]
    with at_work(store, kafka, desk):
        for each in ids[:5]:
            outside.send(each, partition=0)
        until(all_taken(outside))
        broker.forget_topics()
        make_topics(kafka)
        again = Outside(kafka)
        for each in ids[5:]:
            again.send(each, partition=0)
        until(lambda: cases(store) == once_each(*ids))
        until(all_taken(again))
        again.close()


def test_while_the_broker_is_away_it_waits_and_then_goes_on(
    store: Store,
    kafka: Settings,
    desk: Desk,
    outside: Outside,
    broker: Brokers,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with at_work(store, kafka, desk) as thread:
        outside.send("GD-1")
        until(all_taken(outside))
        broker.stop()
        until(lambda: "the intake begins again" in caplog.text)
        broker.start()
        outside.send("GD-2")
        until(all_taken(outside))
        assert thread.is_alive()
    caplog.clear()  # its records hold on to sockets
    assert cases(store) == once_each("GD-1", "GD-2")


def test_brokers_that_let_in_only_whom_they_know_bring_cases_too(
    store: Store, guarded: Settings, desk: Desk
) -> None:
    """Users, TLS and three copies; one of the messages cannot be read by any client."""
    outside = Outside(guarded)
    outside.send("GD-1", body(phone="13812345678"), partition=0)
    damaged(outside)
    outside.send("GD-2", b"{", partition=0)
    with at_work(store, guarded, desk):
        until(all_taken(outside))
    assert cases(store) == once_each("GD-1")
    assert outside.codes() == {(None, "unreadable"): 1, ("GD-2", "malformed_json"): 1}
    outside.close()


def forget_offsets(settings: Settings) -> None:
    """As if the group had been away for so long that Kafka forgot where it was."""
    with administrator(settings) as admin:
        admin.delete_groups(["huiyin-intake"])
