"""Whatever a client of Kafka says is wrong, people are told what to do about it."""

from __future__ import annotations

import pytest

from consumers.brokers.advice import advice

# As kafka-python 3.0 and brokers of 4.3 say it, and a word of what to do.
SAID = {
    "KafkaTimeoutError: Unable to bootstrap from ['one:9092']": "does the broker run",
    "[Error 3] UnknownTopicOrPartitionError: x": "huiyin kafka topics",
    "UnknownTopicIdError: x": "huiyin kafka topics",
    "[Error 5] LeaderNotAvailableError: x": "has no leader",
    "[Error 19] NotEnoughReplicasError: x": "brokers that are down",
    "[Error 56] KafkaStorageError: x": "disk",
    "[Error 38] InvalidReplicationFactorError: x": "HUIYIN_KAFKA_REPLICATION",
    "[Error 29] TopicAuthorizationFailedError: x": "huiyin.*",
    "[Error 31] ClusterAuthorizationFailedError: x": "huiyin.*",
    "[Error 30] GroupAuthorizationFailedError: x": "huiyin-*",
    "[Error 10] MessageSizeTooLargeError: x": "max.message.bytes",
    "[Error 32] InvalidTimestampError: x": "clocks",
    "IllegalSaslStateError": "unset HUIYIN_KAFKA_USER",
}
# What is only heard while a connection is tried, until that is given up.
HEARD = {
    "Connection failed: KafkaConnectionError: 111 ECONNREFUSED": "does the broker run",
    "Connection failed: KafkaConnectionError: DNS Resolution failure": "no host",
    "Connection lost: KafkaConnectionError: Handshake failed: [SSL: X]": "HUIYIN_KAFKA_CA",
    "Connection lost: Handshake failed: [Errno 104] Connection reset by peer": "still run",
    "Connection lost: Handshake failed: certificate verify failed: y": "signed it",
}
GIVEN_UP = "KafkaTimeoutError: Unable to bootstrap from ['one:9092']"
REFUSED = "<x>: Connection lost: SaslAuthenticationFailedError: z"
HUNG_UP = "<x>: Connection lost: KafkaConnectionError: socket disconnected"
TLS_ALERT = "<x>: Connection lost: InvalidReceiveError: Invalid frame length: 352518912"


@pytest.mark.parametrize(("said", "word"), SAID.items())
def test_an_error_comes_with_what_to_do(said: str, word: str) -> None:
    assert word in advice(said, [], user=False, tls=False)


@pytest.mark.parametrize(("heard", "word"), HEARD.items())
def test_what_was_heard_explains_why_it_was_given_up(heard: str, word: str) -> None:
    assert word in advice(GIVEN_UP, ["something", heard], user=True, tls=True)


@pytest.mark.parametrize("heard", [[REFUSED], [HUNG_UP], [HUNG_UP, REFUSED]])
def test_a_refused_user_is_told_the_same_whether_the_answer_came_or_was_lost(
    heard: list[str],
) -> None:
    told = advice(GIVEN_UP, heard, user=True, tls=True)
    assert told == advice(GIVEN_UP, [REFUSED], user=True, tls=True)
    assert "HUIYIN_KAFKA_PASSWORD must be" in told
    assert "HUIYIN_KAFKA_CA" not in told


@pytest.mark.parametrize("heard", [HUNG_UP, TLS_ALERT])
def test_who_says_nothing_is_told_what_brokers_may_want_to_hear(heard: str) -> None:
    told = advice(GIVEN_UP, [heard], user=False, tls=False)
    assert "set HUIYIN_KAFKA_USER" in told
    assert "set HUIYIN_KAFKA_CA" in told


def test_times_and_counts_do_not_make_another_state_of_it() -> None:
    first, later = (
        advice(
            f"KafkaTimeoutError: Expiring {n} records for TopicPartition(topic='x',"
            f" partition={n}): {n}000 ms has passed since batch creation",
            [f"<y>: Connection lost: [Error 7] RequestTimedOutError: after {n} ms"],
            user=False,
            tls=False,
        )
        for n in (3, 11)
    )
    assert first == later
    assert "acknowledge" in first
