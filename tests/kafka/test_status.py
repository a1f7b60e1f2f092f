"""``huiyin kafka status`` on a real broker: who works, how far they are, what is wrong."""

from __future__ import annotations

import json
import signal
import socket
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from api.cli.main import app
from consumers.brokers.clients import access, client
from consumers.brokers.topics import INTAKE, TOPICS, topic
from consumers.status.status import status
from consumers.status.wrong import wrong
from store import Store
from store.settings import Settings
from tests.contract.feed_contract import until
from tests.contract.journeys import journeys, record
from tests.contract.processes import at_work
from tests.kafka.test_relay import relayed
from tests.kafka.test_work import working
from tests.support.kafka import KAFKA_TIER, Brokers

pytestmark = KAFKA_TIER

Run = Callable[..., Result]


@pytest.fixture
def ask(kafka: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``huiyin kafka status``."""
    monkeypatch.setenv("HUIYIN_HOME", str(kafka.home))
    monkeypatch.setenv("DATABASE_URL", str(kafka.database_url))
    monkeypatch.setenv("HUIYIN_KAFKA", str(kafka.kafka))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: str) -> Result:
        return CliRunner().invoke(app, ["kafka", "status", *words])

    return run


def told(result: Result) -> Any:
    return json.loads(result.stdout)


def consumer(answer: Any, name: str) -> Any:
    return next(each for each in answer["consumers"] if each["name"] == name)


def execute(store: Store, query: str, arguments: list[Any]) -> None:
    with store.pool.connection() as connection:
        connection.execute(query.encode(), arguments)


def test_when_everybody_works_all_is_well(store: Store, kafka: Settings, ask: Run) -> None:
    with working(kafka) as work:
        record(store, journeys(1, 20))
        until(lambda: wrong(status(store, kafka), 0) == [])
        result = ask("--json", "--max-lag", "0")
        assert result.exit_code == 0, result.stdout
        answer = told(result)
        assert answer["head"] == store.log.head()
        assert answer["relay"]["leader"] == f"{socket.gethostname()}:{work.pid}"
        for name in ("kafka-views", "kafka-watch", "intake"):
            (member,) = consumer(answer, name)["members"]
            assert member["partitions"] == [*range(12)]
            assert consumer(answer, name)["lag"] == 0
        facts = answer["topics"][0]
        assert facts["messages"] == len(journeys(1, 20))

        shown = ask("-v")
        assert shown.exit_code == 0
        assert f"{socket.gethostname()}:{work.pid} since" in shown.stdout
        assert "0 1 2 3 4 5 6 7 8 9 10 11" in shown.stdout
        work.send_signal(signal.SIGTERM)
        work.wait(timeout=30)

    left = ask()
    assert left.exit_code == 1
    assert "! no relay leads" in left.stdout
    until(lambda: "nobody works for intake" in " ".join(wrong(status(store, kafka))))


def test_what_nobody_takes_is_counted_by_consumer_and_partition(
    store: Store, kafka: Settings, ask: Run
) -> None:
    facts = journeys(1, 20)
    record(store, facts)
    with at_work("relay", store, kafka):
        until(lambda: relayed(store) == store.log.head())
    producer = client("kafka").KafkaProducer(**access(kafka))
    for n in range(5):
        producer.send(INTAKE, b"{}", key=b"one", partition=n % 2).get(timeout=30)
    producer.close()

    answer = told(ask("--json"))
    for name in ("kafka-views", "kafka-watch"):
        fed = consumer(answer, name)
        assert fed["lag"] == sum(fed["lags"].values()) == len(facts)
    assert consumer(answer, "intake")["lags"] == {
        str(n): {0: 3, 1: 2}.get(n, 0) for n in range(12)
    }
    assert not any("behind" in text for text in answer["found"])
    strict = ask("--json", "--max-lag", "4")
    assert f"kafka-views is {len(facts)} messages behind (more than 4)" in strict.stdout
    assert "intake is 5 messages behind (more than 4)" in strict.stdout


def test_a_relay_that_does_not_come_along_is_found(
    store: Store, kafka: Settings, ask: Run
) -> None:
    record(store, journeys(1, 20))
    answer = told(ask("--json", "--max-lag", "10"))
    head = store.log.head()
    assert answer["relay"] == {"leader": None, "since": None, "position": 0, "lag": head}
    assert f"the relay is {head} facts behind the log (more than 10)" in answer["found"]


def test_parked_facts_and_unreadable_messages_are_found(
    store: Store, kafka: Settings, ask: Run
) -> None:
    told(ask("--json"))
    execute(store, "INSERT INTO views.parked VALUES ('boards', '[1]', 1, 'a bad fold')", [])
    execute(
        store,
        "INSERT INTO kafka.unreadable (feed, topic_id, partition, message_offset, reason)"
        " VALUES ('kafka-watch', %s, 0, 7, 'no JSON')",
        [uuid4()],
    )
    result = ask()
    assert result.exit_code == 1
    assert "1 facts are parked in boards" in result.stdout
    assert "1 messages could not be read by kafka-watch" in result.stdout


def test_a_missing_topic_is_found(ask: Run, broker: Brokers) -> None:
    broker.forget_topics()
    result = ask()
    assert result.exit_code == 1
    for rule in TOPICS:
        assert (
            f"! there is no topic {rule.name}: run `huiyin kafka topics`" in result.stdout
        )


def test_messages_that_brokers_lost_after_they_had_acknowledged_them_are_found(
    store: Store, kafka: Settings, ask: Run
) -> None:
    ends = [0] * 12
    ends[4] = 3
    execute(
        store,
        "INSERT INTO kafka.marks (topic_id, position, ends) VALUES (%s, 9, %s)",
        [topic(kafka).topic_id, ends],
    )
    answer = told(ask("--json"))
    assert answer["topics"][0]["lost"] == [4]
    assert any("have lost messages" in text for text in answer["found"])


def test_a_broker_that_is_down_is_found(
    store: Store, guarded: Settings, cluster: Brokers
) -> None:
    cluster.kill(3)
    try:
        until(lambda: "is a broker down?" in " ".join(wrong(status(store, guarded))))
    finally:
        cluster.start_one(3)


def test_brokers_out_of_reach_leave_what_the_database_knows(
    store: Store, kafka: Settings, ask: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with at_work("relay", store, kafka), at_work("fold", store, kafka):
        record(store, journeys(1, 5))
        until(lambda: relayed(store) == store.log.head())
        until(lambda: consumer(told(ask("--json")), "kafka-views")["behind"] == 0)
    monkeypatch.setenv("HUIYIN_KAFKA", "127.0.0.1:1")
    record(store, journeys(6, 1))
    more = store.log.head() - relayed(store)
    away = ask("--json")
    assert away.exit_code == 1
    seen = told(away)
    assert "does the broker run?" in seen["trouble"]
    assert seen["found"][0] == seen["trouble"]
    assert not any("there is no topic" in text for text in seen["found"])
    assert (seen["topics"], seen["relay"]["lag"]) == ([], more)
    assert consumer(seen, "kafka-views")["behind"] == more
    assert consumer(seen, "kafka-views")["members"] is None
    assert consumer(seen, "kafka-views")["lag"] is None
    assert "not known" in ask().stdout
    looks = CliRunner().invoke(app, ["doctor"])
    assert looks.exit_code == 1
    assert "BAD  Kafka: no use of Kafka at 127.0.0.1:1" in looks.stdout
    monkeypatch.setenv("HUIYIN_KAFKA", "nonsense")
    looks = CliRunner().invoke(app, ["doctor"])
    assert "BAD  Kafka: HUIYIN_KAFKA: 'nonsense' is not host:port" in looks.stdout
    assert "ok   parked facts" in looks.stdout


def test_switched_off_or_set_wrong_it_cannot_run(
    ask: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUIYIN_KAFKA", "nonsense")
    wrong = ask("--json")
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "'nonsense' is not host:port" in wrong.stderr
    monkeypatch.delenv("HUIYIN_KAFKA")
    off = ask("--json")
    assert (off.exit_code, off.stdout) == (2, "")
    assert "set HUIYIN_KAFKA=host:port" in off.stderr
