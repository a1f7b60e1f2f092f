"""Rows become steps: translated, timed in UTC, cut into several, or rejected."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.imports.mapping import TimeRule, parse
from api.imports.ordering import ordered
from api.imports.source import Row, Unreadable, Unusable
from api.imports.steps import RowReader, SourceStep
from api.imports.times import reader_of
from tests.imports.history import keyed

TYPES = {"complaint", "enquiry", "opinion"}
CHANNELS = {"95598", "website"}
LONG = """
source = "desk"
[file]
kind = "csv"
[case]
id = "ticket"
seq = "n"
business_type = { column = "kind", values = { K = "complaint" }, default = "enquiry" }
channel = { column = "via", values = { tel = "95598", radio = "98.5" } }
[[steps]]
at = ["day", "hour"]
status = ["status", "sub"]
unit = "team"
person = "who"
line = "team"
keep = ["impact"]
seal = ["words"]
[[lines]]
line = "L2L3"
contains = ["2nd", "3rd"]
[[lines]]
line = "L3"
contains = ["3rd"]
[[lines]]
line = "L1"
"""
ROW = {
    "ticket": " 7 ",
    "n": "2",
    "kind": "K",
    "via": "tel",
    "day": "2026-03-02",
    "hour": "09:00",
    "status": "Queued",
    "sub": "Awaiting",
    "team": "V5 3rd",
    "who": "",
    "impact": "High",
    "words": "停电了",
}
WIDE = """
source = "mail"
[file]
kind = "csv"
[time]
zone = "+08:00"
[case]
id = "id"
business_type = { is = "opinion" }
channel = { is = "website" }
[[steps]]
at = "asked"
status = { is = "asked" }
unit = { is = "mailbox" }
seal = ["words"]
[[steps]]
at = "answered"
when = "answered"
status = { is = "answered" }
unit = { is = "mailbox" }
note = { by = "mail" }
[[steps]]
at = "answered"
when = { column = "rating", none_of = ["-"] }
status = "rating"
unit = { is = "mailbox" }
"""


def steps(text: str, **values: str) -> list[SourceStep]:
    found = RowReader(parse(text), TYPES, CHANNELS, keyed).read(Row(5, values))
    assert not isinstance(found, Unreadable), found
    return found


def reason(text: str, **values: str) -> str:
    found = RowReader(parse(text), TYPES, CHANNELS, keyed).read(Row(5, values))
    assert isinstance(found, Unreadable)
    assert found.line == 5
    return found.reason


def test_a_row_of_a_long_log_is_one_step() -> None:
    (step,) = steps(LONG, **ROW)
    assert (step.case, step.seq, step.at) == ("7", 2, datetime(2026, 3, 2, 9, tzinfo=UTC))
    assert (step.status, step.unit, step.person) == ("Queued/Awaiting", "V5 3rd", None)
    assert (step.support_line, step.business_type, step.channel) == (
        "L3",
        "complaint",
        "95598",
    )
    assert (step.told, step.words) == ({"impact": "High"}, {"words": "停电了"})


@pytest.mark.parametrize(
    ("team", "line"), [("V1 2nd 3rd", "L2L3"), ("V1 3rd 2nd", "L2L3"), ("V1", "L1")]
)
def test_the_first_line_rule_that_fits_wins(team: str, line: str) -> None:
    assert steps(LONG, **ROW | {"team": team})[0].support_line == line


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"ticket": " "}, "no case: ticket is empty"),
        ({"n": "two"}, "n is not a whole number: 'two'"),
        ({"n": "٣"}, "n is not a whole number"),
        ({"n": "9" * 30}, "n is not a whole number"),
        ({"day": "2026-02-30"}, "no time in '2026-02-30 09:00'"),
        ({"day": "", "hour": ""}, "no time in ' ': no time"),
        ({"via": "pigeon"}, "the mapping has no channel for 'pigeon' (via)"),
        ({"via": "radio"}, "the policy has no channel '98.5'"),
    ],
)
def test_a_row_that_cannot_be_read_is_rejected_with_its_reason(
    change: dict[str, str], why: str
) -> None:
    assert reason(LONG, **ROW | change).startswith(why)


def test_what_the_table_of_a_cell_lacks_becomes_its_default() -> None:
    assert steps(LONG, **ROW | {"kind": "?"})[0].business_type == "enquiry"


def test_a_row_of_a_wide_log_tells_all_its_steps() -> None:
    asked, answered, rated = steps(
        WIDE,
        id="1",
        asked="2026-03-02T09:00",
        answered="2026-03-03",
        rating="good",
        words="x",
    )
    assert asked.at == datetime(2026, 3, 2, 1, tzinfo=UTC)
    assert (asked.words, answered.words, answered.told) == (
        {"words": "x"},
        {},
        {"by": "mail"},
    )
    assert (rated.status, rated.key) == (
        "good",
        "step:2|2026-03-02T16:00:00+00:00|good|mailbox",
    )


def test_a_step_is_left_out_when_its_condition_fails() -> None:
    found = steps(WIDE, id="1", asked="2026-03-02", answered="", rating="-")
    assert [step.status for step in found] == ["asked"]


def test_nothing_of_a_row_is_taken_when_a_part_cannot_be_read() -> None:
    assert "no time in 'soon'" in reason(WIDE, id="1", asked="2026-03-02", answered="soon")


def test_a_row_that_tells_no_step_is_rejected() -> None:
    never = WIDE.replace('at = "asked"', 'at = "asked"\nwhen = "asked"')
    assert "no `when` of the mapping holds" in reason(
        never, id="1", asked="", answered="", rating=""
    )


def test_sealed_words_leave_no_trace_in_the_digest_of_a_row() -> None:
    digests = {steps(LONG, **ROW | {"words": w})[0].digest for w in ("a", "b")}
    others = {steps(LONG, **ROW | {"impact": i})[0].digest for i in ("a", "b")}
    assert (len(digests), len(others)) == (1, 2)


def test_nobody_without_the_key_can_guess_what_a_stored_digest_says() -> None:
    """Short rows (a customer's number) have few possible texts."""
    without = parse(LONG.replace('seq = "n"\n', ""))
    row = Row(5, ROW)

    def read(secret: bytes) -> tuple[str, bytes]:
        found = RowReader(without, TYPES, CHANNELS, partial(keyed, secret=secret)).read(row)
        assert isinstance(found, list)
        return found[0].key, found[0].digest

    ours, theirs = read(b"ours"), read(b"theirs")
    assert ours == read(b"ours")
    assert ours[0] != theirs[0]
    assert ours[1] != theirs[1]


def test_a_row_is_known_by_its_number_or_else_by_what_it_says() -> None:
    without = LONG.replace('seq = "n"\n', "")
    assert steps(LONG, **ROW)[0].key == "seq:2"
    keys = [
        steps(without, **ROW | change)[0].key
        for change in ({}, {"words": "sealed"}, {"": "running number"}, {"impact": "Low"})
    ]
    assert keys[0] == keys[1] == keys[2] != keys[3]


def test_a_wide_row_that_has_grown_tells_its_old_steps_under_their_old_keys() -> None:
    before = steps(WIDE, id="1", asked="2026-03-02", answered="", rating="-")
    after = steps(WIDE, id="1", asked="2026-03-02", answered="2026-03-03", rating="-")
    assert [s.key for s in before] == [s.key for s in after][:1]


@pytest.mark.parametrize(
    ("rule", "text", "moment"),
    [
        (TimeRule(), "2010-03-31 14:59:42+00:00", "2010-03-31T14:59:42+00:00"),
        (TimeRule(), "2010-12-30T14:32:00.000+01:00", "2010-12-30T13:32:00+00:00"),
        (TimeRule(zone="+08:00"), "2019-04-25 09:32:09", "2019-04-25T01:32:09+00:00"),
        (TimeRule(zone="-05:30"), "2019-04-25", "2019-04-25T05:30:00+00:00"),
        (TimeRule(format="%m/%d/%Y"), "3/9/2015", "2015-03-09T00:00:00+00:00"),
        (TimeRule(format="epoch"), "1700000000.5", "2023-11-14T22:13:20.500000+00:00"),
        (TimeRule(format="epoch-ms"), "1700000000500", "2023-11-14T22:13:20.500000+00:00"),
        (TimeRule(format="%Y%z", zone="+08:00"), "2020+0100", "2019-12-31T23:00:00+00:00"),
    ],
)
def test_times_are_read_as_utc(rule: TimeRule, text: str, moment: str) -> None:
    assert reader_of(rule)(text).isoformat() == moment


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (TimeRule(), "yesterday"),
        (TimeRule(zone="+08:00"), "0001-01-01"),
        (TimeRule(format="epoch"), "1e40"),
        (TimeRule(format="epoch"), "nan"),
        (TimeRule(format="%d"), ""),
    ],
)
def test_what_is_no_time_is_not_taken_for_one(rule: TimeRule, text: str) -> None:
    with pytest.raises(ValueError):
        reader_of(rule)(text)


@pytest.mark.parametrize("zone", ["Middle/Earth", "+25:00", "/etc/passwd", ""])
def test_an_unknown_zone_is_told(zone: str) -> None:
    with pytest.raises(Unusable, match="give its offset"):
        reader_of(TimeRule(zone=zone))


def by_number(case: str, seq: int | None, hour: int = 0) -> SourceStep:
    (step,) = steps(LONG, **ROW | {"ticket": case, "hour": f"{hour:02}:00"})
    return msgspec.structs.replace(step, seq=seq)


def test_steps_come_out_case_by_case_in_the_order_of_their_numbers() -> None:
    for shuffled in permutations([("a", 1), ("b", 1), ("a", 2), ("a", 10)]):
        with ordered("file") as steps_:
            steps_.add(by_number(case, n) for case, n in shuffled)
            assert [(s.case, s.seq) for s in steps_] == [
                ("a", 1),
                ("a", 2),
                ("a", 10),
                ("b", 1),
            ]


def test_without_numbers_the_order_is_that_of_the_file_or_of_time() -> None:
    hours = [9, 7, 8]
    for order, expected in (("file", [9, 7, 8]), ("time", [7, 8, 9])):
        with ordered(order) as steps_:  # type: ignore[arg-type]
            steps_.add(by_number("a", None, hour) for hour in hours)
            assert [s.at.hour for s in steps_] == expected


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), max_size=40))
def test_no_step_is_lost_on_the_way(told: list[tuple[str, int]]) -> None:
    with ordered("file") as steps_:
        for case, n in told:
            steps_.add([by_number(case, n)])
        found = [(s.case, s.seq) for s in steps_]
    assert found == sorted(told)
    assert steps_.count == len(told)
