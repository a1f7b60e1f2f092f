"""huiyin report kpi: figures, the cases behind each, a workbook; of a day gone by too."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest

from api.instants import instant
from api.office import Office
from tests.cli.conftest import Run, answer, lines
from tests.projections.kpi_oracle import Oracle

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
PERIOD = ("--from", "2026-01-01", "--to", "2029-12-31")


def kpi(huiyin: Run, *words: str) -> Any:
    return answer(huiyin("report", "kpi", *PERIOD, *words, "--json"))


def named(report: Any) -> dict[str, Any]:
    return {figure["code"]: figure for figure in report["figures"]}


def test_the_figures_of_the_sample_day(huiyin: Run) -> None:
    report = kpi(huiyin)
    assert report["counting_basis"] == "on_receipt"
    assert (report["from"], report["to"]) == ("2026-01-01", "2029-12-31")
    figures = named(report)
    board = answer(huiyin("board", "--all", "--json"))
    held = [row for row in board["items"] if row["merged_into"] is None]
    assert figures["received"]["value"] == len(held) > 10
    complaints = [row for row in held if row["business_type"] == "complaint"]
    assert figures["complaints"]["value"] == len(complaints) > 3
    assert figures["per_million"]["value"] is None
    for figure in figures.values():
        if figure["unit"] == "share" and figure["denominator"]:
            share = figure["numerator"] / figure["denominator"]
            assert figure["value"] == pytest.approx(share)
            assert figure["text"] == f"{share:.2%}".replace("%", " %")


def test_the_sample_day_comes_to_what_its_facts_say(
    huiyin: Run, played: tuple[Office, str]
) -> None:
    """Facts as the desk decided them, clocks and all; see ``kpi_oracle``."""
    report = kpi(huiyin)
    facts = [entry.fact for entry in played[0].store.log.scan()]
    since, until, at = (instant(report[name]) for name in ("since", "until", "at"))
    figures = named(report)
    for code, expected in Oracle(facts, since, until, at).answers().items():
        found = [figures[code][name] for name in ("numerator", "denominator", "value")]
        assert found == [
            each if each is None else pytest.approx(each) for each in expected
        ], code


def test_customers_make_rates(huiyin: Run) -> None:
    figures = named(kpi(huiyin, "--customers", "100000"))
    complaints = figures["complaints"]["value"]
    assert figures["per_100k"]["value"] == pytest.approx(complaints)
    assert figures["per_million"]["value"] == pytest.approx(complaints * 10)


def test_a_figure_opens_into_its_cases(huiyin: Run) -> None:
    figures = named(kpi(huiyin))
    opened = kpi(huiyin, "--open", "callback_satisfied")
    figure = figures["callback_satisfied"]
    assert (opened["counted"], opened["count"]) == (
        figure["numerator"],
        figure["denominator"],
    )
    rows = lines(huiyin("report", "kpi", *PERIOD, "--open", "callback_satisfied"))
    assert rows == opened["items"]
    numbers = {row["number"] for row in answer(huiyin("board", "--all", "--json"))["items"]}
    assert {row["number"] for row in rows} <= numbers


def test_units_below_are_in_the_figure_of_the_unit_above(huiyin: Run) -> None:
    by_unit = [f for f in kpi(huiyin, "--by", "unit")["figures"] if f["code"] == "received"]
    whole = named(kpi(huiyin))["received"]["value"]
    assert sum(f["value"] for f in by_unit) == whole
    own = kpi(huiyin, "--unit", "donghu")
    assert {"donghu", "donghu-qiangxiu"} <= set(own["units"])
    below = sum(f["value"] for f in by_unit if f["group"] in own["units"])
    assert 0 < named(own)["received"]["value"] == below < whole


def test_what_was_known_before_anything_was_is_nothing(huiyin: Run) -> None:
    figures = named(kpi(huiyin, "--as-of", "2000-01-01T00:00:00Z"))
    assert figures["received"]["value"] == 0
    assert figures["returned"]["value"] is None


def test_as_of_now_is_what_the_tables_say(huiyin: Run, played: tuple[Office, str]) -> None:
    office, _ = played
    head = office.store.log.head()
    last = office.store.log.read(head - 1, 1)[0].recorded_at
    stored, replayed = kpi(huiyin), kpi(huiyin, "--as-of", last.isoformat())
    # What only falls due between the last fact and now is the clock's, not the log's.
    due = {"complaint_in_time", "overdue", "contacted_in_time"}
    for code, figure in named(stored).items():
        if code not in due:
            assert named(replayed)[code] == figure


def test_for_people_it_is_a_table(huiyin: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    told = huiyin("report", "kpi", *PERIOD)
    assert told.exit_code == 0
    assert "callback_satisfied" in told.stdout
    assert re.search(r"per_million .* — ", told.stdout)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--from", "2026-02-01", "--to", "2026-01-01"), "before the first"),
        (("--from", "soon", "--to", "2026-01-01"), "2026-03-31"),
        ((*PERIOD, "--unit", "atlantis"), "atlantis"),
        ((*PERIOD, "--by", "moon"), "unit, type, level"),
        ((*PERIOD, "--customers", "0"), "at least 1"),
        ((*PERIOD, "--open", "nonsense"), "nonsense"),
        ((*PERIOD, "--as-of", "2026-01-01"), "a time is written"),
    ],
)
def test_what_cannot_be_asked_is_said(
    huiyin: Run, words: tuple[str, ...], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "400")
    told = huiyin("report", "kpi", *words)
    assert told.exit_code == 2
    assert says in told.stderr


# The workbook -----------------------------------------------------------------------------


def sheets(file: Path) -> dict[str, list[list[Any]]]:
    """The cells of a workbook by sheet, read without the library that wrote it."""
    with ZipFile(file) as book:
        shared = [
            "".join(t.text or "" for t in item.iter(f"{MAIN}t"))
            for item in ET.fromstring(book.read("xl/sharedStrings.xml"))  # noqa: S314
        ]
        names = [
            sheet.attrib["name"]
            for sheet in ET.fromstring(book.read("xl/workbook.xml")).iter(f"{MAIN}sheet")  # noqa: S314
        ]
        return {
            name: cells(book.read(f"xl/worksheets/sheet{n}.xml"), shared)
            for n, name in enumerate(names, start=1)
        }


def cells(text: bytes, shared: list[str]) -> list[list[Any]]:
    found = []
    for line in ET.fromstring(text).iter(f"{MAIN}row"):  # noqa: S314
        row: list[Any] = []
        for cell in line:
            value = cell.find(f"{MAIN}v")
            told = value.text if value is not None else None
            kind = cell.attrib.get("t")
            row.append(shared[int(told or 0)] if kind == "s" else float(told or "nan"))
        found.append(row)
    return found


def test_the_workbook_has_the_figures_and_a_sheet_of_rows_for_each(
    huiyin: Run, tmp_path: Path
) -> None:
    file = tmp_path / "kpi.xlsx"
    told = huiyin("report", "kpi", *PERIOD, "--xlsx", str(file))
    assert told.exit_code == 0, told.stderr
    report = named(kpi(huiyin))
    book = sheets(file)
    assert list(book) == ["KPI", *report]
    [line] = [row for row in book["KPI"] if row and row[0] == "received"]
    assert report["received"]["value"] in line
    assert report["received"]["reads"] in line
    for code, figure in report.items():
        if figure["unit"] == "share":
            assert len(book[code]) - 1 == (figure["denominator"] or -1), code


def test_a_workbook_that_cannot_be_written_is_said(huiyin: Run, tmp_path: Path) -> None:
    told = huiyin("report", "kpi", *PERIOD, "--xlsx", str(tmp_path / "no" / "kpi.xlsx"))
    assert told.exit_code == 2
    assert "cannot be written" in told.stderr
