"""What is not as it should be with Kafka, each with what to do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from consumers.brokers.topics import TOPICS
from consumers.relay.publisher import MAKE_ANEW
from consumers.status.status import Relayed, Status, Taken
from projections.ground import LOG

LAG_MAX = 1_000


def wrong(asked: Status, lag_max: int = LAG_MAX) -> list[str]:
    """What is not as it should be, each with what to do; empty when all is well."""
    return [
        *([asked.trouble] if asked.trouble else _wrong_with_topics(asked)),
        *_wrong_with_relay(asked.relay, lag_max),
        *(
            text
            for each in asked.consumers
            for text in _wrong_with(each, lag_max, known=asked.trouble is None)
        ),
        *(
            f"{count} facts are parked in {view}: `huiyin views check {view}` says why;"
            f" mend that, then `huiyin views retry {view}`"
            for view, count in sorted(asked.parked.items())
        ),
    ]


def _wrong_with_topics(asked: Status) -> Iterator[str]:
    there = {topic.name for topic in asked.topics}
    for rule in TOPICS:
        if rule.name not in there:
            yield f"there is no topic {rule.name}: run `huiyin kafka topics`"
    for topic in asked.topics:
        if topic.headless:
            yield (
                f"partitions {_listed(topic.headless)} of {topic.name} have no leader:"
                " bring the brokers that are down back"
            )
        elif topic.in_step < topic.copies:
            yield (
                f"of {topic.copies} copies of {topic.name} only {topic.in_step} are in step"
                " everywhere: is a broker down?"
            )
        if topic.lost:
            yield (
                f"partitions {_listed(topic.lost)} of {topic.name} have lost messages that"
                f" the brokers had acknowledged: {MAKE_ANEW}"
            )


def _wrong_with_relay(relay: Relayed, lag_max: int) -> Iterator[str]:
    if relay.leader is None:
        yield "no relay leads: run `huiyin work`; one that runs says what it lacks"
    if relay.lag > lag_max:
        yield f"the relay is {relay.lag} facts behind the log (more than {lag_max})"


def _wrong_with(each: Taken, lag_max: int, *, known: bool) -> Iterator[str]:
    if not known:
        pass
    elif each.members is None:
        yield f"who works for {each.name} is not known: the broker that knows is down"
    elif not each.members:
        yield f"nobody works for {each.name}: run `huiyin work` on some machine"
    if each.lag is not None and each.lag > lag_max:
        yield f"{each.name} is {each.lag} messages behind (more than {lag_max})"
    elif each.behind is not None and each.behind > lag_max:
        yield f"{each.name} is {each.behind} facts behind the log (more than {lag_max})"
    if each.unreadable:
        yield (
            f"{each.unreadable} messages could not be read by {each.name}: the table"
            " kafka.unreadable has them, each with the reason"
        )
    others = sorted(view for view, feed in each.views.items() if feed == LOG)
    if others:
        yield f"still fed from the log: {', '.join(others)}"


def _listed(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers))
