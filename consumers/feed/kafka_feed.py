"""The Kafka feed: batches of a topic folded into views, each fact once, in order.

State, offsets and the last fact of each case are written in one PostgreSQL transaction.
So it does not matter how often or from where Kafka delivers: what was taken is skipped,
what comes too early is left until it comes again. See docs/decisions/0010.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID

import psycopg

from consumers.feed.delivery import Delivery, Foreign, Place, Unread, read
from consumers.relay import marks
from projections import feeds
from projections.engine import Fenced, NotReady, Replaced
from projections.folding import Parked
from projections.ground import Cursor, Standing, standings, stuck_keys
from projections.rebuild import make_ready
from projections.storing import Memory, park, take_batch
from projections.view import View, key_text
from store.log import Entry

if TYPE_CHECKING:
    from consumers.brokers.topics import Topic
    from store import Store

CASES_REMEMBERED_MAX = 50_000

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Taken:
    """What became of a batch.

    ``folded`` facts are new; ``seen`` were folded before (a second delivery, or a second
    publication); ``early`` came before an earlier fact of their case, and will come
    again; ``unreadable`` could not be read, and are parked or noted. ``missing`` says by
    partition which offset should have come next and did not: what came behind it was left.
    """

    folded: int = 0
    seen: int = 0
    early: int = 0
    unreadable: int = 0
    missing: dict[int, int] = field(default_factory=dict)


class KafkaFeed:
    """Brings views the facts of a topic, in place of the log.

    ``name`` is that of the feed and of its consumer group. Any number of processes may
    share a feed: each partition is taken by whoever has it, under a lock on its offset.
    Raises ValueError for a view that folds facts of several cases into one row, for their
    order is known within a case only. For one thread.
    """

    def __init__(
        self, store: Store, views: Iterable[View[Any]], topic: Topic, *, name: str
    ) -> None:
        self.name = name
        self.views = tuple(views)
        self.topic = topic
        self._store = store
        for view in self.views:
            if not feeds.by_case(view):
                raise ValueError(f"{view.name} is not folded case by case")
        self._forget()

    def _forget(self) -> None:
        self._memory = Memory()
        # The last fact of cases, and the next offset of partitions, as this one left them.
        self._versions: OrderedDict[UUID, int] = OrderedDict()
        self._left: dict[int, int] = {}
        self._built: dict[str, int] = {}
        # Cases of which a fact came before its turn.
        self._early: set[UUID] = set()

    # Whose views they are -------------------------------------------------------------

    def prepare(self, *, build: bool = True) -> None:
        """Have the views fed from here; to be called as a member. Raises Fenced for views
        of another feed, Replaced for those of another version if not told to ``build``."""
        if build:
            make_ready(self._store, self.views)
        try:
            feeds.hand_to(self._store, self.views, self.name)
        except NotReady as shape:
            raise Replaced(f"another program came in between: {shape}") from shape
        with self._store.pool.connection() as connection, connection.cursor() as cursor:
            floor = min(stand.floor for stand in self._hold(cursor).values())
            # What is in the topic before that mark was folded from the log.
            ends = marks.ends_at(cursor, self.topic.topic_id, floor)
            cursor.execute(
                "INSERT INTO kafka.offsets SELECT %s, %s, n - 1, next_offset"
                " FROM unnest(%s::bigint[]) WITH ORDINALITY AS e (next_offset, n)"
                " ON CONFLICT DO NOTHING",
                [self.name, self.topic.topic_id, ends],
            )

    def level(self, starts: dict[int, int]) -> None:
        """Fold from the log what the topic has lost; go on there from ``starts``, the first
        offsets that it still has, where they are further on."""
        feeds.level(self._store, self.views, self.name)
        with self._store.pool.connection() as connection, connection.cursor() as cursor:
            expected = self._lock(cursor, sorted(starts))
            self._save_offsets(
                cursor, {p: max(at, starts[p]) for p, at in expected.items()}
            )

    def pass_over(self, partition: int, offset: int, reason: str) -> None:
        """Note a message that no client can read and go on behind it, if it is the next."""
        with self._store.pool.connection() as connection, connection.cursor() as cursor:
            if self._lock(cursor, [partition])[partition] == offset:
                foreign = Foreign(partition, offset, None, None, reason)
                self._note_foreign(cursor, [foreign])
                self._save_offsets(cursor, {partition: offset + 1})

    def settle(self) -> int | None:
        """Move the views on to where everything is folded; None when they are there.

        Raises marks.Holed when the topic lacks what it should have brought.
        """
        names = [view.name for view in self.views]
        with self._store.pool.connection() as connection:
            return marks.settle(connection, self.name, names, self.topic.topic_id)

    def next_offsets(self) -> dict[int, int]:
        """By partition, the first offset that was not taken; a partition not named: 0."""
        with self._store.pool.connection() as connection:
            rows = connection.execute(
                "SELECT partition, next_offset FROM kafka.offsets"
                " WHERE feed = %s AND topic_id = %s",
                [self.name, self.topic.topic_id],
            )
            return {int(partition): int(offset) for partition, offset in rows.fetchall()}

    # Taking ---------------------------------------------------------------------------

    def take(self, deliveries: Sequence[Delivery]) -> Taken:
        """Fold what is new and save up to where, in one transaction.

        A batch that cannot be written as it is is tried again row by row, and the fact
        that does not fit is parked. Raises psycopg.Error when the database is away, Fenced
        when the views are no longer this feed's.
        """
        try:
            return self._take(deliveries, carefully=False)
        except (Fenced, psycopg.OperationalError, psycopg.InterfaceError):
            self._forget()
            raise
        except Exception:
            log.exception("a batch of %d messages could not be written", len(deliveries))
            self._forget()
            return self._take(deliveries, carefully=True)

    def _take(self, deliveries: Sequence[Delivery], *, carefully: bool) -> Taken:
        taken = Taken()
        with self._store.pool.connection() as connection, connection.cursor() as cursor:
            stands = self._hold(cursor)
            offsets = self._lock(cursor, sorted({d.partition for d in deliveries}))
            self._recall(cursor, stands, offsets)
            unseen = self._unseen(cursor, deliveries, offsets, taken)
            floor = min(stand.floor for stand in stands.values())
            in_turn, moved = self._in_turn(cursor, unseen, floor, taken)
            self._park_unread(cursor, in_turn, stands)
            entries = [each.said for each in in_turn if isinstance(each.said, Entry)]
            foldings = [
                folding
                for view, lacked in self._lacked(entries, stands)
                for folding in take_batch(
                    cursor, [view], lacked, self._memory, carefully=carefully
                )
            ]
            self._save_offsets(cursor, offsets)
            self._save_cases(cursor, moved)
        for folding in foldings:
            self._memory.remember(folding)
        self._left |= offsets
        self._remember_cases(moved)
        return taken

    def _hold(self, cursor: Cursor) -> dict[str, Standing]:
        """Until the commit, the views are ours: nobody builds them anew, nor takes them."""
        names = [view.name for view in self.views]
        cursor.execute(
            "SELECT 1 FROM views.positions WHERE view = ANY(%s) ORDER BY view"
            " FOR KEY SHARE",
            [names],
        )
        found = standings(cursor)
        for view in self.views:
            stand = found.get(view.name)
            if stand is None or stand.feed != self.name:
                feed = "nobody" if stand is None else stand.feed
                raise Fenced(f"the view {view.name} is fed by {feed}, not by {self.name}")
            if stand.fingerprint != view.fingerprint:
                raise Replaced(f"the view {view.name} was built anew by another program")
        for name, stand in found.items():
            if stand.feed == self.name and name not in names:
                raise Replaced(f"another program has {self.name} bring facts to {name} too")
        return {name: found[name] for name in names}

    def _lock(self, cursor: Cursor, partitions: list[int]) -> dict[int, int]:
        """The next offset of each partition, in our hands alone until the commit."""
        mine = [self.name, self.topic.topic_id, partitions]
        cursor.execute(
            "INSERT INTO kafka.offsets SELECT %s, %s, p, 0 FROM unnest(%s::integer[]) AS p"
            " ORDER BY p ON CONFLICT DO NOTHING",
            mine,
        )
        cursor.execute(
            "SELECT partition, next_offset FROM kafka.offsets WHERE feed = %s"
            " AND topic_id = %s AND partition = ANY(%s) ORDER BY partition FOR UPDATE",
            mine,
        )
        return {int(partition): int(offset) for partition, offset in cursor.fetchall()}

    def _recall(
        self, cursor: Cursor, stands: dict[str, Standing], offsets: dict[int, int]
    ) -> None:
        """Rely on memory only where nobody else has written since."""
        built = {name: stand.built for name, stand in stands.items()}
        if built != self._built or any(
            self._left.get(partition, offset) != offset
            for partition, offset in offsets.items()
        ):
            self._forget()
            self._built = built
            self._memory.stuck = {
                view.name: stuck_keys(cursor, view) for view in self.views
            }
        if not offsets.keys() <= self._left.keys():
            self._look_for_early(cursor)

    def _unseen(
        self,
        cursor: Cursor,
        deliveries: Sequence[Delivery],
        offsets: dict[int, int],
        taken: Taken,
    ) -> list[Place]:
        """The facts at offsets not taken yet, without a gap; moves ``offsets`` on.

        What is no fact of the log is noted and passed over.
        """
        new: list[Delivery] = []
        for each in sorted(deliveries, key=lambda d: (d.partition, d.offset)):
            if each.offset < offsets[each.partition]:
                taken.seen += 1
            elif each.offset > offsets[each.partition]:
                taken.missing[each.partition] = offsets[each.partition]
            else:
                offsets[each.partition] += 1
                new.append(each)
        found = read(new, self._store.log)
        places = [each for each in found if isinstance(each, Place)]
        foreign = [each for each in found if isinstance(each, Foreign)]
        unread = sum(isinstance(place.said, Unread) for place in places)
        taken.unreadable = unread + len(foreign)
        self._note_foreign(cursor, foreign)
        return places

    def _note_foreign(self, cursor: Cursor, foreign: Sequence[Foreign]) -> None:
        for each in foreign:
            cursor.execute(
                "INSERT INTO kafka.unreadable (feed, topic_id, partition, message_offset,"
                " id, key, reason) VALUES (%s, %s, %s, %s, %s, %s, %s)"
                " ON CONFLICT DO NOTHING",
                [self.name, self.topic.topic_id, *each],
            )

    def _in_turn(
        self, cursor: Cursor, places: list[Place], floor: int, taken: Taken
    ) -> tuple[list[Place], dict[UUID, int]]:
        """The facts that are the next of their case, and the last of each case then."""
        last = self._last_of(cursor, places, floor)
        moved: dict[UUID, int] = {}
        early: list[Place] = []
        in_turn: list[Place] = []
        for place in places:
            next_version = moved.get(place.case, last.get(place.case, 0)) + 1
            if place.version == next_version:
                moved[place.case] = place.version
                in_turn.append(place)
            elif place.version < next_version:
                taken.seen += 1
            else:
                early.append(place)
        self._note_early(cursor, early, in_turn)
        taken.folded, taken.early = len(in_turn), len(early)
        return in_turn, moved

    def _last_of(self, cursor: Cursor, places: list[Place], floor: int) -> dict[UUID, int]:
        """The last fact of each case that was taken, or was folded from the log."""
        cases = {place.case for place in places}
        known = {case: self._versions[case] for case in cases if case in self._versions}
        if unknown := cases - known.keys():
            cursor.execute(feeds.TAKEN_OF, [self.name, list(unknown)])
            known |= dict(cursor.fetchall())
        # The first fact of a case behind the floor says that there is none before it.
        begun = {p.case for p in places if p.version == 1 and p.position > floor}
        if floor and (unknown := cases - known.keys() - begun):
            known |= self._store.log.versions(unknown, floor)
        return known

    def _note_early(self, cursor: Cursor, early: list[Place], in_turn: list[Place]) -> None:
        """Until an early fact has come again in its turn, nothing is settled beyond it."""
        reached = {place.case: place.position for place in in_turn}
        early = [each for each in early if reached.get(each.case, 0) < each.position]
        came = self._early & reached.keys()
        if came:
            cursor.execute(
                "DELETE FROM kafka.early e USING unnest(%s::uuid[], %s::bigint[])"
                " AS reached (stream_id, position) WHERE e.feed = %s"
                " AND e.stream_id = reached.stream_id AND e.position <= reached.position",
                [list(came), [reached[case] for case in came], self.name],
            )
        if early:
            log.warning(
                "%d facts came before their turn, the first at position %d",
                *(len(early), early[0].position),
            )
            cursor.execute(
                "INSERT INTO kafka.early SELECT %s, stream_id, position"
                " FROM unnest(%s::uuid[], %s::bigint[]) AS e (stream_id, position)"
                " ON CONFLICT DO NOTHING",
                [self.name, [p.case for p in early], [p.position for p in early]],
            )
        if came or early:
            self._look_for_early(cursor)

    def _look_for_early(self, cursor: Cursor) -> None:
        cursor.execute(
            "SELECT DISTINCT stream_id FROM kafka.early WHERE feed = %s", [self.name]
        )
        self._early = {case for (case,) in cursor.fetchall()}

    def _park_unread(
        self, cursor: Cursor, in_turn: list[Place], stands: dict[str, Standing]
    ) -> None:
        """What an unread fact says no view can tell: its case waits in each of them."""
        for unread in (p.said for p in in_turn if isinstance(p.said, Unread)):
            key = (unread.case,)
            for view in self.views:
                if stands[view.name].floor >= unread.position:
                    continue  # the log has brought it
                stuck = self._memory.stuck.setdefault(view.name, {})
                why = unread.reason if key not in stuck else f"behind position {stuck[key]}"
                stuck.setdefault(key, unread.position)
                parked = Parked(view.name, key_text(key), unread.position, why)
                park(cursor, [parked])

    def _lacked(
        self, entries: list[Entry], stands: dict[str, Standing]
    ) -> Iterator[tuple[View[Any], list[Entry]]]:
        """What each view lacks of these facts, the views always in the same order: one that
        was built anew from the log has some of them, though the feed had not taken them."""
        first = min((entry.position for entry in entries), default=0)
        for view in self.views:
            floor = stands[view.name].floor
            if floor < first:
                yield view, entries
            else:
                yield view, [entry for entry in entries if entry.position > floor]

    # Saving ---------------------------------------------------------------------------

    def _save_offsets(self, cursor: Cursor, offsets: dict[int, int]) -> None:
        cursor.execute(
            "UPDATE kafka.offsets o SET next_offset = n.next_offset"
            " FROM unnest(%s::integer[], %s::bigint[]) AS n (partition, next_offset)"
            " WHERE o.feed = %s AND o.topic_id = %s AND o.partition = n.partition",
            [list(offsets), list(offsets.values()), self.name, self.topic.topic_id],
        )

    def _save_cases(self, cursor: Cursor, versions: dict[UUID, int]) -> None:
        cases = sorted(versions)
        cursor.execute(
            "INSERT INTO kafka.streams SELECT %s, n.stream_id, n.version"
            " FROM unnest(%s::uuid[], %s::bigint[]) AS n (stream_id, version)"
            " ON CONFLICT (feed, stream_id) DO UPDATE SET version = excluded.version",
            [self.name, cases, [versions[case] for case in cases]],
        )

    def _remember_cases(self, versions: dict[UUID, int]) -> None:
        for case, version in versions.items():
            self._versions[case] = version
            self._versions.move_to_end(case)
        while len(self._versions) > CASES_REMEMBERED_MAX:
            self._versions.popitem(last=False)
