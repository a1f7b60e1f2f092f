"""Taste that a machine can check: sizes, names, sentences, rooms."""

from __future__ import annotations

import ast
import re
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import domain
from domain.fact import Birth, Fact
from tests.golden.making import fact_types

ROOT = Path(domain.__file__).parents[1]
ROOMS = ("domain", "store", "projections", "consumers", "api")
SOURCES = sorted(
    path
    for room in (*ROOMS, "tests", "bench")
    for path in (ROOT / room).rglob("*.py")
    if path.stat().st_size
)
LINES_PER_FILE_MAX = 400
LINES_PER_FUNCTION_MAX = 50
# Names of domain.md A9 that no rule of grammar would pass.
PARTICIPLES = ("ed", "sent", "given", "met", "made", "taken", "told", "withdrawn", "begun")


@pytest.mark.parametrize("source", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_fits_on_a_few_screens_and_says_what_it_is(source: Path) -> None:
    text = source.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "say in one sentence what this module is for"
    assert text.count("\n") <= LINES_PER_FILE_MAX
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert (node.end_lineno or 0) - node.lineno < LINES_PER_FUNCTION_MAX, node.name


def test_there_are_fact_types() -> None:
    assert len(fact_types()) > 50


@pytest.mark.parametrize("fact", fact_types(), ids=lambda kind: kind.__name__)
def test_a_fact_is_stored_under_its_own_name_in_the_past(fact: type[Fact]) -> None:
    said = re.sub(r"(?<!^)(?=[A-Z])", "_", fact.__name__).lower()
    stream, _, rest = fact.TOPIC.partition(".")
    assert said in (rest, f"{stream}_{rest}"), fact.TOPIC
    assert any(word.endswith(PARTICIPLES) for word in said.split("_"))
    assert not said.endswith(("updated", "changed", "status_set"))


@pytest.mark.parametrize("fact", fact_types(), ids=lambda kind: kind.__name__)
def test_a_fact_says_what_it_means(fact: type[Fact]) -> None:
    assert fact.__doc__
    assert not fact.__doc__.startswith(f"{fact.__name__}("), "a docstring of its own"


def test_every_first_fact_names_its_aggregate() -> None:
    births = [kind for kind in fact_types() if issubclass(kind, Birth)]
    assert births
    assert all(kind.originator_topic for kind in births)


@pytest.mark.parametrize("room", [*ROOMS, "tests", "bench"])
def test_every_room_says_its_law(room: str) -> None:
    text = (ROOT / room / "README.md").read_text(encoding="utf-8")
    assert 5 <= text.count("\n") <= 40


def test_no_other_package_claims_a_room() -> None:
    owners = packages_distributions()
    assert all(set(owners.get(room, ["huiyin"])) == {"huiyin"} for room in ROOMS)


@pytest.mark.parametrize(
    "document", ["README.md", "docs/architecture.md", "docs/adding-a-capability.md"]
)
def test_every_file_that_a_document_names_exists(document: str) -> None:
    file = ROOT / document
    text = file.read_text(encoding="utf-8")
    named = re.findall(r"[`(]([a-z_]+/[\w./-]+\.(?:py|toml|md|sql))[`)]", text)
    assert named
    places = (ROOT, file.parent)
    assert [name for name in named if not any((p / name).exists() for p in places)] == []
