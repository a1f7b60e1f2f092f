"""Kafka is opt-in, and Faust a shell that remembers nothing."""

from __future__ import annotations

import ast
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import consumers
from api.office import desk_over
from consumers.brokers.clients import KafkaUnusable
from consumers.feed import fold_worker, stream_worker
from consumers.intake import intake
from consumers.relay import relay
from store import Store
from store.settings import Settings

SOURCES = sorted(Path(consumers.__path__[0]).rglob("*.py"))
# Each measured to be wrong after kill -9 (docs/decisions/0006).
UNSOUND = {
    "Table",
    "GlobalTable",
    "SetTable",
    "SetGlobalTable",
    "processing_guarantee",
    "on_window_close",
    "tumbling",
    "hopping",
}
Run = Callable[[Store, Settings, threading.Event], None]


def stream(store: Store, settings: Settings, stop: threading.Event) -> None:
    stream_worker.run(store, settings, stop, desk_over(store))


def take_in(store: Store, settings: Settings, stop: threading.Event) -> None:
    intake.run(store, settings, stop, desk_over(store))


RUNS = pytest.mark.parametrize(
    "run",
    [relay.run, fold_worker.run, stream, take_in],
    ids=["relay", "fold", "stream", "intake"],
)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.name)
def test_no_consumer_uses_what_faust_does_unsoundly(source: Path) -> None:
    tree = ast.parse(source.read_text(encoding="utf-8"))
    used = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    used |= {node.arg or "" for node in ast.walk(tree) if isinstance(node, ast.keyword)}
    used |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not used & UNSOUND


def test_nothing_imports_a_kafka_client_until_it_is_switched_on() -> None:
    look = (
        "import sys, api.cli.main, consumers.crew, consumers.status.wrong\n"
        "sys.exit(bool({'kafka', 'faust', 'aiokafka', 'mode'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", look], check=False).returncode == 0  # noqa: S603


@RUNS
def test_without_an_address_it_says_what_to_set(
    run: Run, store: Store, settings: Settings
) -> None:
    with pytest.raises(KafkaUnusable, match="HUIYIN_KAFKA"):
        run(store, replace(settings, kafka=None), threading.Event())


@RUNS
def test_without_the_clients_it_says_how_to_install_them(
    run: Run, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "kafka", None)
    with pytest.raises(KafkaUnusable, match=r"pip install -e '\.\[kafka\]'"):
        run(store, replace(settings, kafka="127.0.0.1:1"), threading.Event())
