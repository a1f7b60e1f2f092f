"""How Kafka's clients are let in, and what people are told when they are not."""

from __future__ import annotations

import logging
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from consumers.brokers.clients import KafkaUnusable, access, brokers, faust_access
from consumers.brokers.topics import (
    DAY_MS,
    INTAKE,
    INTAKE_REFUSED,
    configs,
    make_topics,
    topic,
)
from consumers.wire import CASE_FACTS
from store.settings import Settings
from tests.support.kafka import KAFKA_TIER

pytestmark = KAFKA_TIER[1:]  # what kafka-python warns of; it needs no broker

PASSWORD = "open-sesame"
NOBODY = "127.0.0.1:1"


@pytest.fixture
def plain(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, kafka="one:9092, two:9093,")


@pytest.fixture
def guarded(plain: Settings, tmp_path: Path) -> Settings:
    """With a user, and with those whom this machine trusts anyway."""
    paths = ssl.get_default_verify_paths()
    trusted = Path(paths.cafile or paths.openssl_cafile)
    if not trusted.exists():
        pytest.skip(f"no certificates at {trusted}")
    return replace(plain, kafka_user="huiyin", kafka_password=PASSWORD, kafka_ca=trusted)


@pytest.mark.parametrize("said", ["one", "one:", ":9092", "one:port", "one:0", "one:70000"])
def test_an_address_is_a_host_and_a_port(plain: Settings, said: str) -> None:
    with pytest.raises(KafkaUnusable, match=f"'{said}' is not host:port"):
        brokers(replace(plain, kafka=f"two:9092,{said}"))


def test_several_addresses_may_be_given(plain: Settings) -> None:
    assert brokers(plain) == ["one:9092", "two:9093"]
    with pytest.raises(KafkaUnusable, match="names no broker"):
        brokers(replace(plain, kafka=" , "))


def test_without_user_and_authority_it_goes_in_the_clear(plain: Settings) -> None:
    told = access(plain)
    assert told["security_protocol"] == "PLAINTEXT"
    assert not {"sasl_mechanism", "ssl_context"} & told.keys()
    assert faust_access(plain) == {"broker": ["kafka://one:9092", "kafka://two:9093"]}


def test_a_user_and_an_authority_are_told_to_both_clients(guarded: Settings) -> None:
    told = access(guarded)
    assert told["security_protocol"] == "SASL_SSL"
    assert told["sasl_mechanism"] == "SCRAM-SHA-512"
    assert told["sasl_plain_password"] == PASSWORD
    assert told["ssl_context"].verify_mode is ssl.CERT_REQUIRED
    credentials: Any = faust_access(guarded)["broker_credentials"]
    assert credentials.protocol.value == "SASL_SSL"
    assert credentials.mechanism.value == "SCRAM-SHA-512"
    assert (credentials.username, credentials.password) == ("huiyin", PASSWORD)


def test_each_of_them_may_be_wanted_alone(guarded: Settings) -> None:
    tls = replace(guarded, kafka_user=None, kafka_password=None)
    assert access(tls)["security_protocol"] == "SSL"
    assert faust_access(tls)["broker_credentials"].protocol.value == "SSL"
    user = replace(guarded, kafka_ca=None)
    assert access(user)["security_protocol"] == "SASL_PLAINTEXT"
    credentials = faust_access(user)["broker_credentials"]
    assert credentials.protocol.value == "SASL_PLAINTEXT"


@pytest.mark.parametrize("written", [None, "no certificate"])
def test_an_authority_that_is_none_is_refused(
    plain: Settings, tmp_path: Path, written: str | None
) -> None:
    file = tmp_path / "ca.pem"
    if written:
        file.write_text(written, encoding="utf-8")
    with pytest.raises(KafkaUnusable, match=r"HUIYIN_KAFKA_CA=.*ca\.pem is no PEM file"):
        access(replace(plain, kafka_ca=file))


def test_no_trouble_shows_the_password(
    guarded: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    unreachable = replace(guarded, kafka=NOBODY)
    with pytest.raises(KafkaUnusable, match="does the broker run") as refused:
        topic(unreachable)
    assert PASSWORD not in str(refused.value)
    assert PASSWORD not in caplog.text
    assert PASSWORD not in repr(guarded)


def test_nobody_listening_is_said_the_same_every_time(plain: Settings) -> None:
    told = set()
    for ask in (topic, make_topics):
        with pytest.raises(KafkaUnusable) as refused:
            ask(replace(plain, kafka=NOBODY))
        told.add(str(refused.value))
    assert len(told) == 1


def test_what_topics_are_made_with_is_what_the_settings_say(plain: Settings) -> None:
    for_good = configs(plain, CASE_FACTS)
    assert (for_good["retention.ms"], for_good["retention.bytes"]) == ("-1", "-1")
    assert "min.insync.replicas" not in for_good
    three = configs(replace(plain, kafka_replication=3, kafka_retention_days=7), CASE_FACTS)
    assert three["retention.ms"] == str(7 * DAY_MS)
    assert three["min.insync.replicas"] == "2"


@pytest.mark.parametrize("name", [INTAKE, INTAKE_REFUSED])
def test_what_people_said_in_clear_is_never_kept_for_good(
    plain: Settings, name: str
) -> None:
    for days, kept in ((None, 30), (7, 7), (90, 30)):
        told = configs(replace(plain, kafka_retention_days=days), name)
        assert told["retention.ms"] == str(kept * DAY_MS)
        assert told["message.timestamp.type"] == "LogAppendTime"
