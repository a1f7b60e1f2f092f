"""huiyin calendar: questions answered a line each, days and due times, no database."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from api.cli.main import app
from tests.cli.conftest import Run, answer

WRITTEN: dict[str, Any] = {
    "tz": "Asia/Shanghai",
    "weekly": {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "holidays": ["2026-10-01"],
    "recurring_holidays": ["01-01"],
    "special_days": {"2026-10-10": [["09:00", "17:00"]]},
    "breaks": {"2026-10-12": [["12:00", "13:00"]]},
}
FRIDAY, FAR = "2026-10-09T16:00:00+08:00", "9000-01-01T00:00:00Z"


@pytest.fixture(autouse=True)
def no_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Whatever needs a database finds none."""
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/none")
    monkeypatch.setenv("HUIYIN_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def run(*words: str, asked: str | bytes = "") -> Result:
    return CliRunner().invoke(app, ["calendar", *words], input=asked)


def compute(*questions: object, calendar: object = WRITTEN) -> list[dict[str, Any]]:
    """The answers; a question that is bytes or text is sent as it is."""
    Path("calendar.json").write_text(json.dumps(calendar), "utf-8")
    raw = b"\n".join(
        q if isinstance(q, bytes) else json.dumps(q, ensure_ascii=False).encode()
        for q in questions
    )
    result = run("compute", "calendar.json", asked=raw)
    assert result.exit_code == 0, result.output
    assert not Path("home").exists()
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_every_question_gets_its_answer_in_order() -> None:
    rest = ["2026-10-12T10:00:00+08:00", "2026-10-12T12:30:00+08:00"]
    questions = [
        {"op": "add", "start": FRIDAY, "seconds": 3600},
        {"op": "add", "start": "2026-10-09T08:00:00Z", "seconds": 3601},
        {"op": "subtract", "start": FRIDAY, "seconds": 25200.5},
        {"op": "offset", "start": FRIDAY, "seconds": -3600},
        {"op": "add", "start": FRIDAY, "seconds": 7200, "pauses": []},
        {"op": "elapsed", "start": rest[0], "end": "2026-10-13T00:00:00+08:00"},
        {"op": "elapsed", "start": rest[0], "end": rest[1], "pauses": [rest]},
        {"op": "elapsed_sum", "intervals": [rest, rest]},
        {"op": "is_working", "at": "2026-10-12T12:00:00+08:00"},
        {"op": "add_working_days", "start": FRIDAY, "days": 1},
        {"op": "add_working_days", "start": FRIDAY, "days": -2, "end_of_day": True},
    ]
    assert [each["result"] for each in compute(*questions)] == [
        "2026-10-09T17:00:00+08:00",
        "2026-10-10T09:00:01+08:00",
        "2026-10-08T16:59:59.500000+08:00",
        "2026-10-09T15:00:00+08:00",
        "2026-10-10T10:00:00+08:00",
        6 * 3600,
        0,
        2 * 2 * 3600,
        False,
        "2026-10-10T16:00:00+08:00",
        "2026-10-07T17:00:00+08:00",
    ]


@pytest.mark.parametrize(
    "question",
    [
        b"not json",
        b"\xff\xfe",
        b"[" * 100_000,
        b"",
        [],
        "add",
        {},
        {"op": "multiply"},
        {"op": ["add"]},
        {"op": "add", "start": FRIDAY},
        {"op": "add", "start": FRIDAY, "seconds": "60"},
        {"op": "add", "start": FRIDAY, "seconds": True},
        {"op": "add", "start": FRIDAY, "seconds": None},
        {"op": "add", "start": FRIDAY, "seconds": -1},
        b'{"op": "add", "start": "2026-10-09T16:00:00+08:00", "seconds": NaN}',
        b'{"op": "add", "start": "2026-10-09T16:00:00+08:00", "seconds": 1e999}',
        {"op": "subtract", "start": FRIDAY, "seconds": -1},
        {"op": "add", "start": "2026-10-09T16:00:00", "seconds": 1},
        {"op": "add", "start": "2026-10-09", "seconds": 1},
        {"op": "add", "start": 7, "seconds": 1},
        {"op": "add", "start": FRIDAY, "seconds": 1, "pauses": [[FRIDAY]]},
        {"op": "add", "start": FRIDAY, "seconds": 1, "pauses": {}},
        {"op": "elapsed", "start": FRIDAY},
        {"op": "elapsed_sum", "intervals": [FRIDAY]},
        {"op": "add_working_days", "start": FRIDAY, "days": 1.5},
        {"op": "add_working_days", "start": FRIDAY, "days": 1, "end_of_day": 1},
    ],
)
def test_what_cannot_be_answered_is_refused_on_its_line_and_the_rest_goes_on(
    question: object,
) -> None:
    good = {"op": "is_working", "at": FRIDAY}
    first, refused, last = compute(good, question, good)
    assert first == last == {"result": True}
    assert list(refused) == ["refused"]
    assert refused["refused"]


@pytest.mark.parametrize(
    ("question", "says"),
    [
        (b'{"op": "is_working", "op": "add"}', '"op" is written twice'),
        ({}, "op is missing"),
        ({"op": None}, "unknown op null"),
        ({"op": "x" * 999}, "x" * 58 + "…;"),
        (b'{"op": "\\ud800"}', "ud800"),
        ({"op": "is_working", "at": FRIDAY, "pauses": []}, "is_working takes no pauses"),
        ({"op": "add_working_days", "pauses": []}, "add_working_days takes no pauses"),
        ({"op": "is_working", "at": "2026-13-01T00:00Z"}, "at: there is no such time"),
        (json.dumps({"op": "add"}).encode("utf-16"), "byte 1 is not UTF-8"),
        (b'{"op": "\xff"}', "byte 9 is not UTF-8"),
        (b"[" * 100_000, "brackets"),
        (b'{"op": ' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"op": "add"', "it ends at line 1, character 13"),
        (b'{"op": add}', 'from line 1, character 8: "add}"'),
        (
            {"op": "add", "start": FRIDAY, "seconds": 1, "pauses": [[FRIDAY, FAR]]},
            "the pauses leave no working time",
        ),
    ],
)  # fmt: skip
def test_a_refusal_says_in_plain_words_what_was_wrong(question: object, says: str) -> None:
    # Not the first line: a mark of the encoding is one of the first line only.
    _, refused = compute({"op": "is_working", "at": FRIDAY}, question)
    assert says in refused["refused"]
    assert len(refused["refused"]) < 200


def test_a_mark_of_utf_8_may_begin_the_questions_and_the_calendar() -> None:
    asked = json.dumps({"op": "is_working", "at": FRIDAY})
    Path("marked.json").write_text(json.dumps(WRITTEN), "utf-8-sig")
    result = run("compute", "marked.json", asked=asked.encode("utf-8-sig"))
    assert (result.exit_code, result.stdout) == (0, '{"result":true}\n')


def test_moments_may_end_in_a_small_z_and_say_24_00() -> None:
    small = {"op": "add", "start": "2026-10-09T08:00:00z", "seconds": 0}
    midnight = {"op": "add", "start": "2026-10-08T24:00:00+08:00", "seconds": 0}
    later = {"op": "add", "start": "2026-10-08T24:00:01+08:00", "seconds": 0}
    answers = compute(small, midnight, later)
    assert [each.get("result") for each in answers] == [
        "2026-10-09T16:00:00+08:00",
        "2026-10-09T09:00:00+08:00",
        None,
    ]


def test_blank_lines_at_the_end_are_no_questions() -> None:
    assert compute({"op": "is_working", "at": FRIDAY}, b"", b"", b"") == [{"result": True}]
    assert compute(b"") == []


def test_a_calendar_without_working_time_is_refused_a_question_at_a_time() -> None:
    answers = compute(
        {"op": "add", "start": FRIDAY, "seconds": 1},
        {"op": "is_working", "at": FRIDAY},
        calendar={"tz": "Asia/Shanghai", "weekly": {}},
    )
    assert "100 years" in answers[0]["refused"]
    assert answers[1] == {"result": False}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "[" * 100_000,
        "{}",
        '{"tz": "Nowhere/Such"}',
        '{"tz": "UTC", "weekly": {"x": []}}',
        '{"tz": "UTC", "tz": "UTC"}',
        '{"tz": "UTC", "weekly": {"mon": [], "mon": []}}',
        '{"tz": "UTC", "official_days": "CN", "makeup": [[]], "corrections": [1]}',
        '{"tz": "UTC", "official_days": "CN", "makeup": [[]], "holidays": 1}',
    ],
)
def test_a_calendar_that_cannot_be_read_ends_with_2(text: str) -> None:
    Path("bad.json").write_text(text, "utf-8")
    result = run("compute", "bad.json", asked='{"op": "is_working"}')
    assert (result.exit_code, result.stdout) == (2, "")
    assert "bad.json" in result.stderr
    assert run("compute", "missing.json").exit_code == 2


def test_a_day_says_its_windows_and_the_rule() -> None:
    make_up = answer(run("day", "2026-10-10", "--json"))
    assert make_up == {
        "working": True,
        "windows": [["09:00", "12:00"], ["13:00", "17:00"]],
        "source": "special: 国庆节调休上班",
    }
    assert "国庆节" in run("day", "2026-10-01").stdout
    Path("own.json").write_text(json.dumps(WRITTEN), "utf-8")
    own = answer(run("day", "2026-10-12", "--json", "--calendar", "own.json"))
    assert own["windows"] == [["09:00", "12:00"], ["13:00", "17:00"]]
    for wrong in (["day", "2026-13-01"], ["day", "2026-10-01", "--calendar", "no-such"]):
        assert run(*wrong).exit_code == 2


def test_a_due_time_explains_itself() -> None:
    told = answer(run("due", FRIDAY, "--for", "9 h", "--explain", "--json"))
    assert told["due"] == "2026-10-12T10:00:00+08:00"
    assert told["provisional"] is False
    assert [(line["date"], line["opens"], line["total"]) for line in told["lines"]] == [
        ("2026-10-09", "16:00", 3600),
        ("2026-10-10", "09:00", 4 * 3600),
        ("2026-10-10", "13:00", 8 * 3600),
        ("2026-10-11", "", 8 * 3600),
        ("2026-10-12", "09:00", 9 * 3600),
    ]
    shown = run("due", FRIDAY, "--for", "9 h", "--explain").stdout
    assert "due 2026-10-12 10:00+08:00 Asia/Shanghai" in shown
    assert "32400" in shown


def test_working_days_are_due_by_the_clock_or_at_the_end_of_the_day() -> None:
    start = "2026-09-30T15:00:00+08:00"
    by_clock = answer(run("due", start, "--for", "4 wd", "--explain", "--json"))
    assert by_clock["due"] == "2026-10-12T15:00:00+08:00"
    assert [line["date"] for line in by_clock["lines"] if line["counted"]] == [
        "2026-10-08",
        "2026-10-09",
        "2026-10-10",
        "2026-10-12",
    ]
    late = answer(run("due", start, "--for", "4 wd", "--end-of-day", "--json"))
    assert late["due"] == "2026-10-12T17:00:00+08:00"


def test_a_pause_is_given_back() -> None:
    rest = "2026-10-09T16:30:00+08:00/2026-10-10T10:00:00+08:00"
    told = answer(run("due", FRIDAY, "--for", "1 h", "--pause", rest, "--json"))
    assert told["due"] == "2026-10-10T10:30:00+08:00"
    days = answer(
        run("due", FRIDAY, "--for", "1 wd", "--pause", rest, "--explain", "--json")
    )
    assert days["due"] == "2026-10-12T09:30:00+08:00"
    assert [(line["opens"], line["total"], line["unit"]) for line in days["lines"]] == [
        ("09:00", 1, "wd"),
        ("13:00", 1, "wd"),
        ("16:30", 1800, "s"),
        ("09:00", 5400, "s"),
        ("16:00", 3600, "s"),
        ("", 3600, "s"),
        ("09:00", 5400, "s"),
    ]
    shown = run("due", FRIDAY, "--for", "1 wd", "--pause", rest, "--explain").stdout
    assert "5400 s" in shown
    assert "given back" in shown
    assert run("due", FRIDAY, "--for", "1 h", "--pause", "yesterday").exit_code == 2


def test_a_year_whose_notice_is_not_out_gives_a_provisional_time() -> None:
    told = answer(run("due", "2098-10-09T16:00:00+08:00", "--for", "1 h", "--json"))
    assert told["provisional"] is True
    assert "暂定" in run("due", "2098-10-09T16:00:00+08:00", "--for", "1 h").stderr


def test_a_day_of_the_wall_is_elapsed_time_as_the_rules_have_it() -> None:
    told = answer(run("due", FRIDAY, "--for", "1 d", "--explain", "--json"))
    assert told["due"] == "2026-10-10T16:00:00+08:00"
    assert told["lines"][-1]["total"] == 86_400
    Path("york.json").write_text('{"tz": "America/New_York"}', "utf-8")
    start = "2026-03-07T12:00:00-05:00"
    york = answer(run("due", start, "--for", "1 d", "--calendar", "york.json", "--json"))
    assert york["due"] == "2026-03-08T13:00:00-04:00"
    assert "86,400" in run("due", "--help").stdout


def test_a_day_of_a_year_without_notice_says_so() -> None:
    told = answer(run("day", "2098-10-09", "--json"))
    assert told["source"] == "weekly; the official notice for 2098 is not out"


def test_a_day_is_written_in_one_way_only() -> None:
    for wrong in ("20261001", "2026-W40-4", "2026-10-1", "2026-02-30", "x" * 300):
        told = run("day", wrong)
        assert (told.exit_code, "x" * 70 in told.stderr) == (2, False)


def test_a_span_that_is_none_is_refused() -> None:
    assert run("due", FRIDAY, "--for", "4 fortnights").exit_code == 2


def test_a_calendar_of_ones_own_is_published_and_shown(huiyin: Run, tmp_path: Path) -> None:
    titled = {"name": "line", "version": 1, "effective_from": "2026-01-01T00:00:00+08:00"}
    own = tmp_path / "line.json"
    own.write_text(json.dumps(titled | WRITTEN), "utf-8")
    assert huiyin("calendar", "publish", str(own)).stdout == "line@1\n"
    assert huiyin("calendar", "publish", str(own)).stdout == "line@1\n"
    assert answer(huiyin("calendar", "show", "line"))["holidays"] == ["2026-10-01"]
    changed = titled | WRITTEN | {"holidays": []}
    own.write_text(json.dumps(changed), "utf-8")
    refused = huiyin("calendar", "publish", str(own))
    assert (refused.exit_code, "raise `version`" in refused.stderr) == (2, True)
    own.write_text(json.dumps(changed | {"version": 2}), "utf-8")
    before = datetime.now(UTC).isoformat()
    assert huiyin("calendar", "publish", str(own)).stdout == "line@2\n"
    assert answer(huiyin("calendar", "show", "line"))["version"] == 2
    assert answer(huiyin("calendar", "show", "line", "--as-of", before))["version"] == 1
    assert huiyin("calendar", "publish").stdout == ""
    assert huiyin("calendar", "show", "no-such").exit_code == 2
