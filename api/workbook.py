"""The KPI report as a workbook: a sheet of figures, and one of the rows behind each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from domain.policy.policy import Policy

FIGURES = "KPI"
COLUMNS = (
    *("code", "zh", "en", "group", "value", "numerator", "denominator"),
    *("before", "change", "a_year_before", "year_change"),
    *("unit", "formula", "reads", "source"),
)
WIDTHS = {"zh": 26, "en": 34, "formula": 44, "reads": 60, "code": 22}
SHARES = ("change", "year_change")
BEHIND = ("number", "case_id", "call_id", "n", "at", "counted", "value", "unit", "group")
NAME_MOST = 31
"""A sheet's name is no longer in the format; codes are shorter."""


def write(
    file: Path,
    heading: Mapping[str, Any],
    figures: Iterable[Mapping[str, Any]],
    behind: Mapping[str, list[dict[str, Any]]],
    policy: Policy,
) -> None:
    """Write it; ``behind`` has the rows of each measure by its code. Times are local ones
    of the profile. A text is never taken for a formula. Raises OSError."""
    book = xlsxwriter.Workbook(
        str(file),
        {
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "default_date_format": "yyyy-mm-dd hh:mm",
        },
    )
    write_figures(book, book.add_worksheet(FIGURES), heading, figures, behind, policy)
    for code, rows in behind.items():
        write_behind(book, book.add_worksheet(code[:NAME_MOST]), rows, policy)
    try:
        book.close()
    except FileCreateError as trouble:
        raise OSError(str(trouble)) from None


def write_figures(
    book: Workbook,
    sheet: Worksheet,
    heading: Mapping[str, Any],
    figures: Iterable[Mapping[str, Any]],
    behind: Mapping[str, list[dict[str, Any]]],
    policy: Policy,
) -> None:
    """What was asked, a blank line, and a line a figure; its code leads to its rows."""
    bold, share = book.add_format({"bold": True}), book.add_format({"num_format": "0.00%"})
    line = 0
    for name, value in heading.items():
        put(sheet, line, 0, name, policy)
        put(sheet, line, 1, value, policy)
        line += 1
    line += 1
    sheet.freeze_panes(line + 1, 1)
    for place, name in enumerate(COLUMNS):
        sheet.write_string(line, place, name, bold)
        sheet.set_column(place, place, WIDTHS.get(name, 13))
    for figure in figures:
        line += 1
        of_share = figure["unit"] == "share"
        for place, name in enumerate(COLUMNS):
            told = name in SHARES or (
                of_share and name in {"value", "before", "a_year_before"}
            )
            put(sheet, line, place, figure[name], policy, share if told else None)
        if figure["code"] in behind:
            to = f"internal:'{figure['code'][:NAME_MOST]}'!A1"
            sheet.write_url(line, 0, to, string=figure["code"])


def write_behind(
    book: Workbook, sheet: Worksheet, rows: list[dict[str, Any]], policy: Policy
) -> None:
    """The rows behind one measure, with a filter over them."""
    bold = book.add_format({"bold": True})
    names = [name for name in BEHIND if any(name in row for row in rows)]
    for place, name in enumerate(names):
        sheet.write_string(0, place, name, bold)
        sheet.set_column(place, place, 38 if name.endswith("_id") else 18)
    for line, row in enumerate(rows, start=1):
        for place, name in enumerate(names):
            put(sheet, line, place, row.get(name), policy)
    if rows:
        sheet.autofilter(0, 0, len(rows), len(names) - 1)
    sheet.freeze_panes(1, 0)


def put(
    sheet: Worksheet, line: int, place: int, value: Any, policy: Policy, form: Any = None
) -> None:
    """One cell. No value is an empty cell, never a zero."""
    if value is None:
        return
    if isinstance(value, bool):
        sheet.write_boolean(line, place, value, form)
    elif isinstance(value, int | float):
        sheet.write_number(line, place, value, form)
    elif isinstance(value, datetime):
        sheet.write_datetime(line, place, policy.local(value).replace(tzinfo=None))
    elif isinstance(value, date):
        sheet.write_string(line, place, value.isoformat())
    elif isinstance(value, list):
        sheet.write_string(line, place, ", ".join(map(str, value)))
    else:
        sheet.write_string(line, place, str(value), form)
