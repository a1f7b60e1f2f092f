"""计量 Metrics: what this process did and how far its database has got, for Prometheus.

Whoever works says so as it works (``batch``, ``leading`` and the like: they cost
microseconds, whether anybody asks or not). What the database knows is asked when somebody
does, in one query; so it is the same on whichever process it is asked.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, LiteralString

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    ProcessCollector,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from consumers.wire import CASE_FACTS
from projections.ground import make_ground
from projections.timekeepers import make_roster

if TYPE_CHECKING:
    from store import Store

log = logging.getLogger(__name__)

# A scrape is not worth waiting for: Prometheus comes again.
ANSWER_SECONDS_MAX = 2

_BATCH_FACTS = Histogram(
    "huiyin_batch_facts",
    "Facts or messages in a batch that was taken and committed",
    ["feed"],
    buckets=(1, 2, 5, 10, 50, 100, 500, 1_000, 2_000, 5_000, 10_000, 20_000),
    registry=None,
)
_BATCH_SECONDS = Histogram(
    "huiyin_batch_duration_seconds",
    "Time to take a batch, from reading it to the commit",
    ["feed"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=None,
)
_LEADER = Gauge(
    "huiyin_leader",
    "1 while this process is the one that does this work, 0 while another is",
    ["member"],
    registry=None,
)
_SERVED = Counter(
    "huiyin_timekeeper_commands",
    "Commands to keep time that this process sent",
    registry=None,
)
_FAILING = Gauge(
    "huiyin_timekeeper_failing_cases",
    "Cases whose time this process could not keep and will try again",
    registry=None,
)
OF_THIS_PROCESS: tuple[Collector, ...] = (
    _BATCH_FACTS,
    _BATCH_SECONDS,
    _LEADER,
    _SERVED,
    _FAILING,
)


def batch(feed: str, facts: int, seconds: float) -> None:
    """``feed`` took and committed a batch of so many facts (or messages) in that time."""
    _BATCH_FACTS.labels(feed).observe(facts)
    _BATCH_SECONDS.labels(feed).observe(seconds)


def leading(member: str, *, leads: bool) -> None:
    """Whether this process is the one ``member`` (relay, follower) that works now."""
    _LEADER.labels(member).set(leads)


def kept_time(served: int, failing: int) -> None:
    """The timekeeper sent so many commands; so many cases are in trouble now."""
    _SERVED.inc(served)
    _FAILING.set(failing)


# What the database knows ----------------------------------------------------------------

# Rows of (name, first label, second label, value). The topic is the one that a relay led
# last: one that was deleted and made anew left a row of its own behind. Refusals are
# numbered as they come, so the last number counts them without reading them.
ASK: LiteralString = """
WITH head AS (SELECT pos FROM log.head),
stands AS (
    SELECT view, feed, position FROM views.positions WHERE right(view, 6) <> '__next'),
topic AS (
    SELECT topic_id, position FROM kafka.relayed WHERE topic = %s
    ORDER BY led_since DESC NULLS LAST, position DESC LIMIT 1),
mark AS (
    SELECT topic_id, ends FROM kafka.marks JOIN topic USING (topic_id)
    ORDER BY marks.position DESC LIMIT 1),
partitions AS (
    SELECT topic_id, (n - 1)::integer AS partition, "end"
    FROM mark, unnest(ends) WITH ORDINALITY AS e ("end", n)),
feeds AS (SELECT DISTINCT feed FROM stands WHERE feed <> 'log')
SELECT 'facts', '', '', pos::float8 FROM head
UNION ALL
SELECT 'view_lag', view, feed, greatest(0, pos - position) FROM stands, head
UNION ALL
SELECT 'parked', view, '', count(p.position)
FROM stands LEFT JOIN views.parked p USING (view) GROUP BY view
UNION ALL
SELECT 'relay_lag', '', '', greatest(0, pos - position) FROM topic, head
UNION ALL
SELECT 'feed_lag', feed, '', sum(greatest(0, "end" - coalesce(next_offset, 0)))
FROM feeds CROSS JOIN partitions LEFT JOIN kafka.offsets USING (feed, topic_id, partition)
GROUP BY feed
UNION ALL
SELECT 'unreadable', feed, '', count(u.feed)
FROM feeds LEFT JOIN kafka.unreadable u USING (feed) GROUP BY feed
UNION ALL
SELECT 'early', feed, '', count(e.feed)
FROM feeds LEFT JOIN kafka.early e USING (feed) GROUP BY feed
UNION ALL
SELECT 'unsent', '', '', count(*) FROM signals.raised
WHERE sent_position IS NULL AND refused IS NULL
UNION ALL
SELECT 'refused', '', '', coalesce(max(id), 0) FROM ops.refusals
UNION ALL
SELECT 'scanned', '', '', extract(epoch FROM max(scanned_at)) FROM views.timekeepers
HAVING max(scanned_at) IS NOT NULL"""


def _families() -> dict[str, GaugeMetricFamily | CounterMetricFamily]:
    """What the database tells, by the name that the query has for it; as yet empty."""

    def gauge(name: str, said: str, *labels: str) -> GaugeMetricFamily:
        return GaugeMetricFamily(f"huiyin_{name}", said, labels=labels)

    def counter(name: str, said: str) -> CounterMetricFamily:
        return CounterMetricFamily(f"huiyin_{name}", said, labels=())

    return {
        "facts": counter("log_facts", "Facts in the log"),
        "view_lag": gauge(
            "view_lag_facts",
            "Facts of the log that are not known to be folded into a view",
            "view",
            "feed",
        ),
        "parked": gauge("parked_facts", "Facts that a view could not take", "view"),
        "relay_lag": gauge("relay_lag_facts", "Facts not yet published to Kafka"),
        "feed_lag": gauge(
            "feed_lag_messages", "Published messages that a feed has not taken", "feed"
        ),
        "unreadable": gauge(
            "unreadable_messages", "Messages that a feed could not read", "feed"
        ),
        "early": gauge(
            "feed_waiting_cases",
            "Cases of which a fact came before an earlier one that a feed waits for",
            "feed",
        ),
        "unsent": gauge("alerts_unsent", "Signals across cases that are no alert yet"),
        "refused": counter("commands_refused", "Commands that the desk refused"),
        "scanned": gauge(
            "timekeeper_last_scan_timestamp_seconds",
            "When any timekeeper last looked for what is due",
        ),
    }


class Asked(Collector):
    """Asks the database of a store at each scrape. ``huiyin_up`` says whether it answered:
    a scrape never fails because of it, and never waits for it longer than a few seconds."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # Leftovers of a Kafka that is switched off lag behind for ever.
        self._topic = CASE_FACTS if store.settings.kafka else ""
        self._prepared = False

    def describe(self) -> Iterable[Metric]:
        """The names, without asking."""
        return [_up(0), *_families().values()]

    def collect(self) -> Iterator[Metric]:
        try:
            told = self._told()
        except Exception as problem:
            log.warning("the database does not tell its metrics: %s", problem)
            yield _up(0)
        else:
            yield _up(1)
            yield from told

    def _told(self) -> list[Metric]:
        with self._store.pool.connection(timeout=ANSWER_SECONDS_MAX) as connection:
            connection.execute(f"SET LOCAL statement_timeout = '{ANSWER_SECONDS_MAX}s'")
            if not self._prepared:
                make_ground(connection)
                make_roster(connection)
                self._prepared = True
            rows = connection.execute(ASK, [self._topic]).fetchall()
        families = _families()
        for name, *labels, value in rows:
            families[name].add_metric([label for label in labels if label], value)
        return list(families.values())


def _up(answered: int) -> Metric:
    return GaugeMetricFamily(
        "huiyin_up", "1 when the database answered, 0 when it did not", value=answered
    )


def registry(store: Store) -> CollectorRegistry:
    """All there is to tell, for one door at which Prometheus asks."""
    found = CollectorRegistry()
    for collector in (*OF_THIS_PROCESS, Asked(store)):
        found.register(collector)
    ProcessCollector(registry=found)
    return found
