"""scripts/kafka: brokers started once, killed, brought back, and stopped by process id."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from consumers.brokers.clients import KafkaUnusable, administrator
from consumers.brokers.topics import INTAKE
from store.settings import Settings
from tests.contract.feed_contract import until
from tests.support.kafka import KAFKA_TIER, Brokers, script


class TestOneBroker:
    pytestmark = KAFKA_TIER

    def test_it_is_started_once_keeps_its_address_and_is_stopped(
        self, broker: Brokers
    ) -> None:
        where = ("--data", str(broker.data))
        assert script("start", *where).stdout == f"{broker.address}\n"
        assert f"1  {broker.address}  process " in script("status", *where).stdout
        try:
            assert script("stop", *where).returncode == 0
            assert "does not run" in script("status", *where).stdout
            assert script("stop", *where).returncode == 1
        finally:
            assert broker.start() == broker.address

    def test_what_was_made_as_one_broker_is_not_taken_for_three(
        self, broker: Brokers
    ) -> None:
        where = ("--data", str(broker.data))
        for other in (["--brokers=3"], ["--secure"], ["--port=9092"]):
            told = script("start", *other, *where)
            assert told.returncode == 2
            assert "name another --data" in told.stderr
        assert "no broker 2" in script("kill", "2", *where).stderr


class TestThreeBrokers:
    pytestmark = KAFKA_TIER

    def test_one_is_killed_and_comes_back_to_where_the_others_are(
        self, cluster: Brokers, guarded: Settings
    ) -> None:
        where = ("--data", str(cluster.data))
        assert in_step(guarded) == {1, 2, 3}
        assert script("kill", "2", *where).stdout.startswith("killed broker 2, process ")
        try:
            until(lambda: in_step(guarded) == {1, 3})
            assert [line.split("  ")[-1] for line in lines("status", *where)] == [
                "runs",
                "does not run",
                "runs",
            ]
        finally:
            cluster.start_one(2)
        until(lambda: in_step(guarded) == {1, 2, 3})
        assert cluster.all_answer()

    def test_what_start_prints_can_be_pasted_into_a_shell(self, cluster: Brokers) -> None:
        address, *exports = lines("start", "--data", str(cluster.data))
        assert address == cluster.address
        pasted = subprocess.run(  # noqa: S603 - what the script said
            ["/bin/sh", "-c", "\n".join([*exports, "env"])],
            capture_output=True,
            text=True,
            check=True,
        )
        told = Settings.from_env(dict(x.split("=", 1) for x in pasted.stdout.splitlines()))
        assert told == cluster.known_to(told)

    def test_what_lets_people_in_is_for_its_owner_alone(self, cluster: Brokers) -> None:
        secrets = [
            cluster.data / "password",
            *(cluster.data / f"broker-{n}" / "keystore.pem" for n in (1, 2, 3)),
        ]
        assert {file.stat().st_mode & 0o777 for file in secrets} == {0o600}
        assert list(cluster.data.rglob("*.args")) == []


def in_step(settings: Settings) -> set[int]:
    """The brokers that hold every message of a topic, in every partition; none are known
    while the one that is asked has just been killed."""
    try:
        with administrator(settings) as admin:
            partitions = admin.describe_topics([INTAKE])[0]["partitions"]
    except KafkaUnusable:
        return set()
    return set.intersection(*(set(each["isr_nodes"]) for each in partitions))


def lines(*words: str) -> list[str]:
    return script(*words).stdout.splitlines()


def test_a_process_id_that_now_belongs_to_somebody_else_is_left_alone(
    tmp_path: Path,
) -> None:
    node = {"number": 1, "client": 20001, "between": 20002, "controller": 20003}
    cluster = {"guarded": False, "nodes": [node]}
    (tmp_path / "cluster.json").write_text(json.dumps(cluster), encoding="utf-8")
    (tmp_path / "broker-1").mkdir()
    (tmp_path / "broker-1" / "broker.pid").write_text(str(os.getpid()), encoding="utf-8")
    for verb in ("stop", "kill", "status"):
        assert script(verb, "--data", str(tmp_path)).returncode == 1


def test_without_maven_it_says_what_is_wanting(tmp_path: Path) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.touch()
    bare = {"PATH": "", "JAVA_HOME": str(tmp_path), "HUIYIN_KAFKA_HOME": str(tmp_path)}

    told = script("fetch", **bare)
    assert told.returncode == 2
    assert "install Maven" in told.stderr
    asked = script("lacks", **bare)
    assert asked.returncode == 1
    assert "HUIYIN_KAFKA_HOME" in asked.stdout
