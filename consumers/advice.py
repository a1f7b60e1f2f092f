"""What to do about trouble with Kafka, by what its client said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Remedy(NamedTuple):
    """Words of which one is in the trouble, and what to do about it then."""

    words: tuple[str, ...]
    what: str


# The first whose word was said decides. Errors bear the names that kafka-python gives them.
REMEDIES = (
    Remedy(
        ("AuthenticationFailed", "Authentication failed"),
        "the brokers refuse the user: HUIYIN_KAFKA_USER and HUIYIN_KAFKA_PASSWORD must be"
        " those of one that they know (SCRAM-SHA-512)",
    ),
    Remedy(
        ("UnsupportedSaslMechanism", "IllegalSaslState"),
        "the brokers ask for no user, or not for SCRAM-SHA-512: unset HUIYIN_KAFKA_USER"
        " and HUIYIN_KAFKA_PASSWORD, or let the listener speak SCRAM-SHA-512",
    ),
    Remedy(
        ("certificate verify failed", "Hostname mismatch"),
        "nobody vouches for the brokers' certificate: HUIYIN_KAFKA_CA must be the PEM file"
        " of who signed it, and it must bear the host's name",
    ),
    Remedy(
        ("Handshake failed",),
        "the TLS handshake failed: does the brokers' listener speak TLS? If not, unset"
        " HUIYIN_KAFKA_CA",
    ),
    Remedy(
        ("AuthorizationFailed", "AuthorizationError"),
        "the user may not do this: let it make, describe, read and write the topics"
        " huiyin.* and read the groups huiyin-*",
    ),
    Remedy(
        ("UnknownTopicOrPartition", "UnknownTopicId", "InconsistentTopicId"),
        "a topic is missing or was made anew: run `huiyin kafka topics`",
    ),
    Remedy(
        ("NotEnoughReplicas",),
        "too few copies are in step with the leader (min.insync.replicas): bring the"
        " brokers that are down back",
    ),
    Remedy(
        ("KafkaStorageError", "LogDirNotFound"),
        "a broker cannot write to its disk: is it full? Make room there",
    ),
    Remedy(
        ("MessageSizeTooLarge", "RecordListTooLarge"),
        "a message is larger than the brokers take: run `huiyin kafka topics`, which sets"
        " max.message.bytes",
    ),
    Remedy(
        ("InvalidTimestamp",),
        "the clocks of the database and the brokers are apart: set both right",
    ),
    Remedy(
        ("InvalidReplicationFactor",),
        "fewer brokers than copies wanted: lower HUIYIN_KAFKA_REPLICATION or start more",
    ),
    Remedy(
        ("since batch creation",),
        "the brokers do not acknowledge: is one down, or its disk full? Its log says so",
    ),
)
OTHERWISE = (
    "is the address right, does the broker run (one whose disk is full stops by itself, its"
    " log says so), and does its listener want what is set: HUIYIN_KAFKA_USER and"
    " HUIYIN_KAFKA_PASSWORD for SCRAM-SHA-512, HUIYIN_KAFKA_CA for TLS?"
)


def advice(said: Iterable[str]) -> str:
    """What to do, by everything that was said about the trouble."""
    text = "\n".join(said)
    for remedy in REMEDIES:
        if any(word in text for word in remedy.words):
            return remedy.what
    return OTHERWISE
