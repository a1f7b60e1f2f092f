"""``huiyin kafka topics`` on real brokers: made once, as the settings say, never grown."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import pytest
from typer.testing import CliRunner, Result

from api.cli.main import app
from consumers.brokers.clients import KafkaUnusable, administrator, client
from consumers.brokers.topics import INTAKE, TOPICS, make_topics, topic
from store.settings import Settings
from tests.contract.feed_contract import until
from tests.support.kafka import KAFKA_TIER, Brokers

pytestmark = KAFKA_TIER

Run = Callable[..., Result]
FACTS = TOPICS[0].name
TWO_DAYS_MS = str(2 * 24 * 60 * 60 * 1000)


@pytest.fixture
def topics(kafka: Settings, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run ``huiyin kafka topics`` with these settings; the topics are there."""

    def run(*words: str, **told: str) -> Result:
        monkeypatch.setenv("HUIYIN_HOME", str(kafka.home))
        monkeypatch.setenv("HUIYIN_KAFKA", str(kafka.kafka))
        for name, said in told.items():
            monkeypatch.setenv(f"HUIYIN_KAFKA_{name.upper()}", said)
        return CliRunner().invoke(app, ["kafka", "topics", *words])

    return run


def configs(settings: Settings, name: str = FACTS) -> dict[str, str]:
    """How a topic is set, as the brokers have it."""
    resource = client("kafka.admin").ConfigResource("topic", name)
    with administrator(settings) as admin:
        found = admin.describe_configs([resource], config_filter="all")
    return {key: told["value"] for key, told in found["topic"][name].items()}


def test_topics_are_made_once_and_then_kept(
    topics: Run, kafka: Settings, broker: Brokers
) -> None:
    broker.forget_topics()
    with pytest.raises(KafkaUnusable, match="run `huiyin kafka topics`"):
        topic(kafka)
    made = topics("--json", partitions="3", retention_days="2")
    assert made.exit_code == 0, made.stderr
    told = json.loads(made.stdout)["topics"]
    assert [each["topic"]["name"] for each in told] == [rule.name for rule in TOPICS]
    assert {each["done"] for each in told} == {"made"}
    assert topic(kafka).partitions == 3
    first = [topic(kafka, rule.name).topic_id for rule in TOPICS]

    again = topics()
    assert again.exit_code == 0
    assert again.stdout.count(" kept ") == len(TOPICS)
    assert [topic(kafka, rule.name).topic_id for rule in TOPICS] == first


def test_what_can_be_set_later_is_set(topics: Run, kafka: Settings) -> None:
    until(lambda: configs(kafka)["retention.ms"] == "-1")
    altered = topics(retention_days="2")
    assert altered.exit_code == 0
    assert altered.stdout.count(" altered ") == len(TOPICS)
    for rule in TOPICS:
        # The broker that set it tells the one that is asked.
        until(lambda rule=rule: configs(kafka, rule.name)["retention.ms"] == TWO_DAYS_MS)  # type: ignore[misc]
        stands = configs(kafka, rule.name)
        assert stands["cleanup.policy"] == "delete"
        assert stands["unclean.leader.election.enable"] == "false"


def test_partitions_are_not_added_and_it_says_why(topics: Run, kafka: Settings) -> None:
    before = topic(kafka)
    refused = topics(partitions="24", replication="2")
    assert refused.exit_code == 1
    assert f"! {FACTS} has 12 partitions and not 24" in refused.stdout
    assert "keys would change partitions and lose their order" in refused.stdout
    assert "has 1 copies and not 2" in refused.stdout
    assert topic(kafka) == before


def test_partitions_that_are_not_set_are_left_in_silence(
    topics: Run, kafka: Settings, broker: Brokers
) -> None:
    broker.forget_topics()
    make_topics(replace(kafka, kafka_partitions=3))
    kept = topics()
    assert (kept.exit_code, "!" in kept.stdout) == (0, False)


def test_a_topic_is_wiped_once_it_is_said_again(
    topics: Run, kafka: Settings, broker: Brokers, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wipe(name: str, *words: str, answer: str = "") -> Result:
        return CliRunner().invoke(app, ["kafka", "wipe", name, *words], input=answer)

    broker.forget_topics()
    make_topics(replace(kafka, kafka_partitions=3))
    before, others = topic(kafka), topic(kafka, INTAKE)
    topics()  # it sets the environment
    unsure = wipe(FACTS, answer="n\n")
    assert (unsure.exit_code, topic(kafka)) == (1, before)
    assert f"{FACTS} at {kafka.kafka}: nothing is lost" in unsure.stderr
    monkeypatch.setenv("HUIYIN_KAFKA_REPLICATION", "3")
    cannot = wipe(FACTS, "--yes")
    assert (cannot.exit_code, topic(kafka)) == (2, before)
    monkeypatch.delenv("HUIYIN_KAFKA_REPLICATION")
    wiped = wipe(FACTS, "--yes")
    assert (wiped.exit_code, topic(kafka).topic_id == before.topic_id) == (0, False)
    assert f"{FACTS} is empty, with 3 partitions" in wiped.stdout
    assert (topic(kafka).partitions, topic(kafka, INTAKE)) == (3, others)
    unknown = wipe("huiyin.other", "--yes")
    assert (unknown.exit_code, unknown.stdout) == (2, "")
    assert "no topic huiyin.other; there are" in unknown.stderr


def test_several_at_once_make_the_same_topics(kafka: Settings, broker: Brokers) -> None:
    broker.forget_topics()
    with ThreadPoolExecutor(4) as pool:
        made = [*pool.map(make_topics, [kafka] * 4)]
    assert made[1:] == made[:1] * 3


def test_more_copies_than_brokers_are_refused_with_what_to_do(
    kafka: Settings, broker: Brokers
) -> None:
    broker.forget_topics()
    with pytest.raises(KafkaUnusable, match="lower HUIYIN_KAFKA_REPLICATION") as refused:
        make_topics(replace(kafka, kafka_replication=3))
    assert len(str(refused.value)) < 400, "the request is not dragged along"


def test_with_three_copies_two_have_every_acknowledged_message(
    guarded: Settings, cluster: Brokers
) -> None:
    cluster.forget_topics()

    def made() -> bool:
        """Made again where a broker answers that has not heard of the deletion yet."""
        with suppress(KafkaUnusable):  # it asks to be tried again
            make_topics(replace(guarded, kafka_replication=3))
        return "min.insync.replicas" in configs(guarded)

    until(made)
    assert configs(guarded)["min.insync.replicas"] == "2"


def test_a_bad_setting_ends_it_with_what_may_stand_there(topics: Run) -> None:
    bad = topics(partitions="0")
    assert (bad.exit_code, bad.stdout) == (2, "")
    assert "HUIYIN_KAFKA_PARTITIONS=0: a whole number from 1" in bad.stderr


def test_nobody_listening_ends_it_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HUIYIN_KAFKA", "127.0.0.1:1")
    nobody = CliRunner().invoke(app, ["kafka", "topics"])
    assert (nobody.exit_code, nobody.stdout) == (2, "")
    assert "does the broker run?" in nobody.stderr
