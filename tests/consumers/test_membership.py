"""Workers of a feed bear names of their own, and a name that is free is borne again."""

from __future__ import annotations

from consumers.stream_worker import membership
from store import Store


def test_no_two_workers_of_a_feed_bear_the_same_name(store: Store) -> None:
    with (
        membership(store.dsn, "handovers") as one,
        membership(store.dsn, "handovers") as two,
    ):
        assert (one, two) == ("handovers-1", "handovers-2")


def test_the_name_of_one_that_is_gone_is_taken_over(store: Store) -> None:
    with membership(store.dsn, "handovers") as one:
        pass
    with membership(store.dsn, "handovers") as next_one:
        assert next_one == one


def test_the_names_of_other_feeds_do_not_matter(store: Store) -> None:
    with membership(store.dsn, "handovers"), membership(store.dsn, "boards") as other:
        assert other == "boards-1"
