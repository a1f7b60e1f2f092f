"""What to do about trouble with Kafka, by what its client said."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple


class Remedy(NamedTuple):
    """Words of which one is in the trouble, and what to do about it then."""

    words: tuple[str, ...]
    what: str


# The first whose word was said decides. Errors bear the names that kafka-python gives them.
REMEDIES = (
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
        (
            "Handshake failed: [Errno 104]",  # Linux
            "Handshake failed: [Errno 54]",  # macOS
            "Handshake failed: Connection reset by peer",
            "Handshake failed: EOF",
            "Handshake failed: [SSL: UNEXPECTED_EOF",
        ),
        "a broker hung up in the middle of the TLS handshake: does it still run? If it"
        " does, and its listener does not speak TLS, unset HUIYIN_KAFKA_CA",
    ),
    Remedy(
        ("Handshake failed",),
        "the TLS handshake failed: does the brokers' listener speak TLS? If not, unset"
        " HUIYIN_KAFKA_CA",
    ),
    Remedy(
        ("DNS Resolution failure",),
        "there is no host of that name: mend HUIYIN_KAFKA, or the names that this machine"
        " knows",
    ),
    Remedy(
        ("ECONNREFUSED",),
        "nobody listens there: is the address right, and does the broker run? One whose"
        " disk is full stops by itself, and its log says so",
    ),
    Remedy(
        ("AuthorizationFailed", "AuthorizationError"),
        "the user may not do this: let it make, describe, read and write the topics"
        " huiyin.* and read the groups huiyin-*",
    ),
    Remedy(
        ("InconsistentGroupProtocol",),
        "a worker of another kind has this name in the group still: its place is free when"
        " its session is over, or stop it",
    ),
    Remedy(
        ("UnknownTopicOrPartition", "UnknownTopicId", "InconsistentTopicId"),
        "a topic is missing or was made anew: run `huiyin kafka topics`",
    ),
    Remedy(
        ("LeaderNotAvailable", "NotLeaderFor"),
        "a partition has no leader: bring the brokers that are down back",
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
# A broker that refuses a client says why, but the answer is lost more often than not: the
# client sees only that it was hung up on. The second is the length that a TLS alert seems
# to be.
HUNG_UP = ("AuthenticationFailed", "Invalid frame length: 352518", "socket disconnected")
USER = (
    "the brokers refuse the user or hang up, or none is there: HUIYIN_KAFKA_USER and"
    " HUIYIN_KAFKA_PASSWORD must be those of a user that they know (SCRAM-SHA-512)"
)
NO_USER = (
    "the brokers hang up, or none is there: where they ask for a user (SCRAM-SHA-512), set"
    " HUIYIN_KAFKA_USER and HUIYIN_KAFKA_PASSWORD"
)
NO_TLS = (
    "; where they speak TLS, set HUIYIN_KAFKA_CA to the PEM file of who vouches for them"
)
NOBODY = "nobody answers there: is the address right, and does the broker run?"
CAUSE = re.compile(r"(?:failed|lost): (.+?)(?: \(backoff .*)?$")
QUOTED_MAX = 200
VARIES = re.compile(r"[\d.]+(?= (?:ms|secs|record))|(?<=partition=)\d+")


def advice(error: str, heard: Sequence[str], *, user: bool, tls: bool) -> str:
    """What to do about an error, and why; ``heard`` is what the client said before it.

    ``user`` and ``tls``: whether they are set. The same for the same state, however often
    it is met: times and counts are left out.
    """
    causes = [found[1] for text in heard if (found := CAUSE.search(text))]
    said = [error, *causes, *heard]
    for remedy in REMEDIES:
        for text in said:
            if any(word in text for word in remedy.words):
                return f"{remedy.what} [{quoted(text)}]"
    if any(word in text for text in said for word in HUNG_UP):
        return (USER if user else NO_USER) + ("" if tls else NO_TLS)
    return f"{NOBODY} [{quoted(error)}]"


def quoted(text: str) -> str:
    """What a client said, short: some of its errors hold the whole request."""
    said = VARIES.sub("…", text)
    return said if len(said) <= QUOTED_MAX else f"{said[:QUOTED_MAX]}…"
