"""The topics of the intake hold what people said in clear: it does not stay there."""

from __future__ import annotations

from dataclasses import replace

import pytest

from consumers.brokers.clients import administrator, client
from consumers.brokers.topics import INTAKE, INTAKE_REFUSED, make_topics
from consumers.wire import CASE_FACTS
from store.settings import Settings
from tests.contract.feed_contract import until
from tests.support.kafka import KAFKA_TIER

pytestmark = KAFKA_TIER
DAY_MS = 24 * 60 * 60 * 1000


def config(settings: Settings, name: str) -> dict[str, str]:
    """How a topic is set, as the brokers have it."""
    resource = client("kafka.admin").ConfigResource("topic", name)
    with administrator(settings) as admin:
        found = admin.describe_configs([resource], config_filter="all")
    return {key: told["value"] for key, told in found["topic"][name].items()}


@pytest.mark.parametrize("name", [INTAKE, INTAKE_REFUSED])
def test_what_people_said_is_kept_for_a_month_at_most(kafka: Settings, name: str) -> None:
    stands = config(kafka, name)
    assert stands["retention.ms"] == str(30 * DAY_MS)
    assert stands["message.timestamp.type"] == "LogAppendTime"
    for days, kept in ((7, 7), (90, 30)):
        make_topics(replace(kafka, kafka_retention_days=days))
        # The brokers take note a moment after they have said yes.
        until(lambda: config(kafka, name)["retention.ms"] == str(kept * DAY_MS))  # noqa: B023


def test_facts_hold_nothing_in_clear_and_are_kept_for_good(kafka: Settings) -> None:
    stands = config(kafka, CASE_FACTS)
    assert stands["retention.ms"] == "-1"
    assert stands["message.timestamp.type"] == "CreateTime"
