"""Every fact that was ever stored can be read today, and says what it said."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from domain.fact import Fact
from store.mapper import decode_fact, encode_fact, fact_class
from tests.golden.making import ENVELOPE, FOLDER, example, fact_types, path_of

FILES = sorted(FOLDER.glob("*.json"))


@pytest.mark.parametrize("kind", fact_types(), ids=lambda kind: kind.TOPIC)
def test_every_fact_type_has_its_golden_file(kind: type[Fact]) -> None:
    assert path_of(kind).exists(), "run: python -m tests.golden"


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_stored_fact_reads_for_ever(file: Path) -> None:
    topic = file.stem.rsplit(".", 1)[0]
    kind = fact_class(topic)

    read = decode_fact(
        kind, ENVELOPE["originator_id"], ENVELOPE["originator_version"], file.read_bytes()
    )

    assert read.actor == ENVELOPE["actor"]
    assert read.occurred_at == ENVELOPE["occurred_at"]
    if file == path_of(kind):
        said = json.loads(file.read_bytes())
        assert json.loads(encode_fact(read)) == said
        # A field that came later, with a default, is not in a file from before.
        today = json.loads(encode_fact(example(kind)))
        assert said == {name: value for name, value in today.items() if name in said}


def test_golden_files_are_of_fact_types_that_are_still_there() -> None:
    topics = {kind.TOPIC for kind in fact_types()}
    assert {file.stem.rsplit(".", 1)[0] for file in FILES} <= topics
