"""Workers of a feed bear names of their own and share its views with nobody else."""

from __future__ import annotations

import psycopg
import pytest

from consumers.brokers.membership import Followed, Lost, membership
from projections.engine import Engine
from projections.rebuild import make_ready
from store import Store
from tests.projections.sagas import SAGAS

VIEWS = (SAGAS,)


def test_no_two_workers_of_a_feed_bear_the_same_name(store: Store) -> None:
    with (
        membership(store.dsn, "handovers", VIEWS) as one,
        membership(store.dsn, "handovers", VIEWS) as two,
    ):
        assert (one.name, two.name) == ("handovers-1", "handovers-2")


def test_the_name_of_one_that_is_gone_is_taken_over(store: Store) -> None:
    with membership(store.dsn, "handovers", VIEWS) as one:
        pass
    with membership(store.dsn, "handovers", VIEWS) as next_one:
        assert next_one.name == one.name


def test_the_names_of_other_feeds_do_not_matter(store: Store) -> None:
    with (
        membership(store.dsn, "handovers", VIEWS),
        membership(store.dsn, "boards", VIEWS) as other,
    ):
        assert other.name == "boards-1"


def test_while_somebody_follows_a_view_from_the_log_nobody_is_a_member(
    store: Store,
) -> None:
    make_ready(store, VIEWS)
    engine = Engine(store, VIEWS)
    assert engine.own()
    with pytest.raises(Followed, match="without HUIYIN_KAFKA"):
        membership(store.dsn, "sagas", VIEWS).__enter__()
    engine.close()
    with membership(store.dsn, "sagas", VIEWS):
        assert not Engine(store, VIEWS).own()


def test_a_member_whose_connection_broke_is_told_that_it_is_none(
    store: Store, dsn: str
) -> None:
    with membership(store.dsn, "handovers", VIEWS) as one:
        one.still()
        with psycopg.connect(dsn, autocommit=True) as admin:
            pid = one.connection.info.backend_pid
            admin.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        with pytest.raises(Lost, match="handovers-1 broke"):
            one.still()
