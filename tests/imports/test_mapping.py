"""Mappings: read strictly, and every mistake is told with its place and a remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from api.imports.mapping import Mapping, Meaning, load, parse, shipped
from api.imports.source import Unusable

PLAIN = """
source = "desk"
[file]
kind = "csv"
[case]
id = "ticket"
business_type = { is = "complaint" }
channel = { is = "other" }
[[steps]]
at = "time"
status = "status"
unit = "team"
[statuses]
open = { stage = "handling", action = "accept" }
done = "replied"
"""


def wrong(text: str) -> str:
    with pytest.raises(Unusable) as told:
        parse(text)
    return str(told.value)


def test_a_plain_mapping_is_read() -> None:
    mapping = parse(PLAIN)
    assert mapping.columns() == {"ticket", "time", "status", "team"}
    assert mapping.meaning("open") == Meaning(stage="handling", action="accept")
    assert mapping.meaning("done") == Meaning(stage="replied")
    assert mapping.meaning("lost") is None


def test_a_status_that_the_table_lacks_may_have_a_meaning_too() -> None:
    mapping = parse('otherwise = "handling"' + PLAIN)
    assert mapping.meaning("lost") == Meaning(stage="handling")
    assert [where for where, _ in mapping.meanings()] == [
        "statuses.'open'",
        "statuses.'done'",
        "otherwise",
    ]


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("source =", "sorce =", "unknown key 'sorce' (did you mean 'source'?)"),
        ("kind =", "knd =", "unknown key 'file.knd' (did you mean 'kind'?)"),
        ("unit =", "unt =", "unknown key 'steps[0].unt' (did you mean 'unit'?)"),
        ("stage =", "stag =", "unknown key 'statuses.open.stag' (did you mean 'stage'?)"),
        ("{ is =", "{ iss =", "unknown key 'case.business_type.iss' (did you mean 'is'?)"),
        ('"csv"', '"xlsx"', "Invalid enum value 'xlsx'"),
        ('at = "time"\n', "", "missing required field `at`"),
        ('"desk"', '"desk:1"', "source must be a name without a colon"),
        (
            '{ is = "complaint" }',
            '{ default = "x" }',
            "case.business_type: say either `is`",
        ),
        ('id = "ticket"', 'id = "ticket', "not TOML"),
        ('unit = "team"', 'unit = "team"\nseal = ["team"]', "sealed in one place and open"),
        ('unit = "team"', 'unit = "team"\nseal = ["ticket"]', "sealed in one place and"),
        (
            "[file]",
            'optional = ["tme"]\n[file]',
            "optional names columns that nothing uses",
        ),
        ('kind = "csv"', 'kind = "csv"\ndelimiter = "||"', "one character"),
        ("[statuses]", '[[steps]]\nat="a"\nstatus="b"\nunit="c"\n[statuses]', None),
    ],
)
def test_a_mistake_is_told_with_its_place(
    before: str, after: str, told: str | None
) -> None:
    text = PLAIN.replace(before, after, 1)
    assert text != PLAIN
    if told is None:
        assert len(parse(text).steps) == 2
    else:
        assert told in wrong(text)


def test_a_number_for_rows_does_not_fit_rows_with_several_steps() -> None:
    text = PLAIN.replace("[[steps]]", 'seq = "n"\n[[steps]]\nat="a"\nstatus="b"\nunit="c"\n[[steps]]', 1)  # fmt: skip  # noqa: E501
    assert "case.seq orders rows" in wrong(text)


def test_no_steps_is_no_mapping() -> None:
    head, _, tail = PLAIN.partition("[[steps]]")
    text = "steps = []\n" + head + tail[tail.index("[statuses]") :]
    assert "at least one" in wrong(text)


def test_a_missing_column_is_told_with_the_one_that_may_be_meant() -> None:
    with pytest.raises(Unusable) as told:
        parse(PLAIN).require({"ticket", "Time", "status", "team"})
    assert "'time' (did you mean 'Time'?)" in str(told.value)
    assert "The file has: Time, status, team, ticket" in str(told.value)


def test_an_optional_column_may_be_missing() -> None:
    mapping = parse(PLAIN.replace("[file]", 'optional = ["team"]\n[file]', 1))
    mapping.require({"ticket", "time", "status"})


def test_an_unknown_mapping_is_told_with_those_that_are_there() -> None:
    with pytest.raises(Unusable, match=r"did you mean 'bpi2013'\?.*cfpb"):
        load("bpi2031")


def test_a_mapping_of_ones_own_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("\ufeff" + PLAIN, encoding="utf-8")
    assert load(str(path)) == parse(PLAIN)
    path.write_text(PLAIN.replace("source", "sourc", 1), encoding="utf-8")
    with pytest.raises(Unusable, match=r"mine\.toml: unknown key 'sourc'"):
        load(str(path))
    path.write_bytes(b"\xff")
    with pytest.raises(Unusable, match="cannot read the mapping"):
        load(str(path))


def test_the_shipped_mappings_are_those_that_the_handbook_names() -> None:
    assert {"bpi2013", "cfpb", "cn-messages", "xes-plain"} <= set(shipped())


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_mapping_is_sound_and_named_like_its_source(name: str) -> None:
    mapping: Mapping = load(name)
    assert mapping.source == name
    assert mapping.about
