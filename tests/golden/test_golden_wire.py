"""Every message that was ever published can be read today, and says what it said.

A topic is kept for good: whoever reads it from its beginning meets them all.
"""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import pytest

from consumers import wire
from domain.fact import Fact
from store.mapper import decode_fact
from tests.golden.making import ENVELOPE, FOLDER, WIRE, entry, path_of, travelling

FILES = sorted(WIRE.glob("*.json"))
TODAY = {path_of(kind, WIRE): kind for kind in travelling()}


@pytest.mark.parametrize("kind", travelling(), ids=lambda kind: kind.TOPIC)
def test_every_fact_that_travels_has_its_golden_message(kind: type[Fact]) -> None:
    assert path_of(kind, WIRE).exists(), "run: python -m tests.golden"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_message_of_any_time_is_read_as_the_log_reads_its_fact(file: Path) -> None:
    read = wire.entry(file.read_bytes())

    stored = decode_fact(
        type(read.fact),
        ENVELOPE["originator_id"],
        ENVELOPE["originator_version"],
        (FOLDER / file.name).read_bytes(),
    )
    fresh = {each.name: each.default for each in fields(cast("Any", stored))}
    for name, told in vars(read.fact).items():
        # A field that came later, with a default, is missing in the older of the two.
        assert told == vars(stored)[name] or fresh[name] in (told, vars(stored)[name])


@pytest.mark.parametrize("file", sorted(TODAY), ids=lambda file: file.stem)
def test_a_message_of_today_says_all_that_the_golden_one_says(file: Path) -> None:
    golden = json.loads(file.read_bytes())
    today = json.loads(wire.payload(entry(TODAY[file])))
    again = json.loads(wire.payload(wire.entry(file.read_bytes())))

    # A field that came later, with a default, is not in a message from before.
    assert golden.keys() <= today.keys()
    for said in (today, again):
        assert said["body"] | golden["body"] == said["body"]
        assert said | golden | {"body": None} == said | {"body": None}


def test_golden_messages_are_of_fact_types_that_are_still_there() -> None:
    topics = {kind.TOPIC for kind in travelling()}
    assert {file.stem.rsplit(".", 1)[0] for file in FILES} == topics
