"""A calendar that is written wrongly is told what is wrong, in few and plain words."""

from __future__ import annotations

from typing import Any

import pytest

from domain.promise.calendar import Calendar
from domain.refused import Refused
from tests.domain.promise.test_calendar import DAY, calendar


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("tz", "Mars/Olympus", "tz"),
        ("tz", "Asia", "tz"),
        ("tz", None, "not null"),
        ("tz", "x" * 99, "x" * 58 + "…"),
        ("tz", "\ud800", "ud800"),
        ("weekly", {"x" * 99: []}, "x" * 58 + "…"),
        ("special_days", {"x" * 99: []}, "…"),
        ("weekly", {"monday": [DAY]}, "weekday"),
        ("weekly", {"mon": [["17:00", "09:00"]]}, "24:00"),
        ("weekly", {"mon": [["09:00", "12:00"], ["11:00", "17:00"]]}, "as one"),
        ("weekly", {"mon": [["9:00", "12:00"]]}, "time of day"),
        ("weekly", {"mon": [["09:00", "24:01"]]}, "time of day"),
        ("weekly", {"mon": [["09:00"]]}, "window"),
        ("weekly", {"mon": "09:00-12:00"}, "list"),
        ("weekly", [], "object"),
        ("holidays", ["2026-13-01"], "no date"),
        ("holidays", ["2026-10-01T00:00"], "no date"),
        ("holidays", [20261001], "no date"),
        (
            "recurring_holidays",
            ["02-30"],
            '"02-30" is no day of the year; write one like 01-01',
        ),
        ("recurring_holidays", ["02-30T"], "no day"),
        ("recurring_holidays", [101], "no day"),
        ("special_days", {"10-10": [DAY]}, "no date"),
        ("breaks", {"2026-10-12": [["13:00", "12:00"]]}, "closes after"),
        ("names", {"2026-10-01": ""}, "not empty"),
        ("noticed_years", ["2026"], "no year"),
        ("hollidays", [], "nobody reads it"),
    ],
)
def test_what_is_wrong_in_a_calendar_is_named(field: str, value: Any, says: str) -> None:
    with pytest.raises(Refused) as no:
        calendar(**{field: value})
    assert no.value.code == "calendar_malformed"
    assert str(no.value.because["field"]).partition(".")[0] == field
    assert says in no.value.en
    assert len(no.value.en) < 250


def test_a_calendar_without_a_zone_is_told_so() -> None:
    with pytest.raises(Refused, match="tz is wrong: it is missing"):
        Calendar.from_document({"weekly": {}})
