"""CSV: what can be read is read, what cannot is named by its line, and nothing is lost."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.imports.csv_rows import CsvRows
from api.imports.source import Row, Unreadable, Unusable, opened


def read(data: bytes, **options: str) -> list[Row | Unreadable]:
    return list(CsvRows(io.BytesIO(data), **options))


def good(data: bytes, **options: str) -> list[dict[str, str]]:
    rows = read(data, **options)
    assert all(isinstance(row, Row) for row in rows), rows
    return [row.values for row in rows if isinstance(row, Row)]


def test_quoted_fields_may_hold_delimiters_quotes_and_line_ends() -> None:
    found = good(b'a,b\r\n"1,2","say ""no""\r\nor yes"\r\n3,4\r\n')
    assert found == [{"a": "1,2", "b": 'say "no"\r\nor yes'}, {"a": "3", "b": "4"}]


def test_a_byte_order_mark_and_blank_lines_are_passed_over() -> None:
    assert good(b"\xef\xbb\xbfa,b\n\n1,2\n\n") == [{"a": "1", "b": "2"}]


def test_another_delimiter_and_the_chinese_national_encoding_are_read() -> None:
    data = "编号;内容\n1;停电\n".encode("gb18030")
    found = good(data, encoding="gb18030", delimiter=";")
    assert found == [{"编号": "1", "内容": "停电"}]


def test_a_row_is_named_by_the_line_it_begins_on() -> None:
    rows = read(b'a,b\n"x\ny",2\n3,4\n')
    assert [row.line for row in rows] == [2, 4]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (b"1,2,3\n", "3 columns where the header has 2"),
        (b"1\n", "1 columns where the header has 2"),
        (b"\xff,2\n", "not utf-8: invalid start byte at byte 1"),
        (b"1,\x00\n", "a NUL character"),
        (b"1,\xed\xa0\x80\n", "not utf-8"),
        (b'"1"x,2\n', "not CSV"),
        (b"1," + b"x" * 200_000 + b"\n", "not CSV: field larger than field limit"),
        (b"1," + b"x," * 3_000_000 + b"\n", "the line is longer than 4 MiB"),
    ],
)
def test_an_unreadable_row_is_named_and_the_next_one_is_read(
    row: bytes, reason: str
) -> None:
    before, bad, after = read(b"a,b\n1,2\n" + row + b"5,6\n")
    assert before == Row(2, {"a": "1", "b": "2"})
    assert isinstance(bad, Unreadable)
    assert bad.line == 3
    assert bad.reason.startswith(reason)
    assert after == Row(4, {"a": "5", "b": "6"})


def test_one_stray_quote_costs_one_row_and_not_the_rest_of_the_file() -> None:
    rows = read(b'a,b\n1,"oops\n3,4\n5,"6"\n7,8\n')
    assert [type(row) for row in rows] == [Unreadable, Row, Row, Row]
    assert [row.line for row in rows] == [2, 3, 4, 5]


def test_a_stray_quote_in_the_last_row_is_found_too() -> None:
    rows = read(b'a,b\n1,2\n3,"4')
    assert [type(row) for row in rows] == [Row, Unreadable]


@pytest.mark.parametrize("data", [b"", b"a,b,a\n1,2,3\n", b"\xff,b\n1,2\n", b'"a\n'])
def test_a_file_without_a_usable_header_cannot_be_imported(data: bytes) -> None:
    with pytest.raises(Unusable):
        CsvRows(io.BytesIO(data))


def test_columns_without_a_name_are_allowed_and_have_no_name() -> None:
    assert CsvRows(io.BytesIO(b",id,\n0,1,2\n")).columns == {"id"}


printable = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"))


@given(st.lists(st.tuples(printable, printable), max_size=8))
def test_what_the_standard_library_writes_is_read_back(rows: list[tuple[str, str]]) -> None:
    written = io.StringIO()
    writer = csv.writer(written, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([("a", "b"), *rows])
    found = good(written.getvalue().encode())
    assert [(row["a"], row["b"]) for row in found] == rows


def test_gzip_is_known_by_its_bytes_not_by_its_name(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(gzip.compress(b"a\n1\n"))
    with opened(path) as (stream, counted):
        assert [row.line for row in CsvRows(stream)] == [2]
        assert counted.bytes_read == counted.bytes_total == path.stat().st_size


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (gzip.compress(b"a,b\n" + b"1,2\n" * 100)[:-20], "damaged gzip"),
        (gzip.compress(b"a,b\n1,2\n")[:-1] + b"\xff", "damaged gzip"),
        ("a,b\n1,2\n".encode("utf-16"), "UTF-16"),
    ],
    ids=["cut short", "another sum", "UTF-16"],  # a time is packed in with the data
)
def test_a_damaged_file_is_told_as_one_clear_error(
    tmp_path: Path, data: bytes, why: str
) -> None:
    path = tmp_path / "log.csv.gz"
    path.write_bytes(data)
    with pytest.raises(Unusable, match=why), opened(path) as (stream, _):
        list(CsvRows(stream))


def test_a_missing_file_is_told_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"nowhere\.csv"), opened(tmp_path / "nowhere.csv"):
        pass
