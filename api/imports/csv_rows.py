"""Rows of a CSV file, one at a time: a bad row is named and the next one is read."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from api.imports.source import Row, Unreadable, Unusable

LINE_BYTES_MAX = 4 << 20
BOM = "\ufeff"


class CsvRows:
    """Reads strictly by RFC 4180: quoted fields may hold delimiters, quotes and line ends.

    A quote that is opened and never closed would swallow the rest of the file. So when
    the parser gives up after several lines, only the first of them is rejected and the
    others are read again: one stray quote costs one row.

    Raises Unusable when there is no header, or a name stands in it twice.
    """

    def __init__(
        self, stream: BinaryIO, *, encoding: str = "utf-8", delimiter: str = ","
    ) -> None:
        self._lines = _Lines(stream, encoding)
        self._parser = csv.reader(self._lines, delimiter=delimiter, strict=True)
        self._names = self._header()
        self.columns = {name for name in self._names if name}

    def _header(self) -> list[str]:
        try:
            names = next(self._parser)
        except StopIteration:
            raise Unusable("the file is empty: there is no header line") from None
        except csv.Error as error:
            raise Unusable(f"the header line cannot be read: {error}") from None
        if flaw := self._lines.flaw():
            raise Unusable(f"the header line cannot be read: {flaw}")
        twice = {name for name in names if name and names.count(name) > 1}
        if twice:
            raise Unusable(f"the header names a column twice: {', '.join(sorted(twice))}")
        return names

    def __iter__(self) -> Iterator[Row | Unreadable]:
        lines, names = self._lines, self._names
        while True:
            line = lines.begin_row()
            try:
                fields = next(self._parser)
            except StopIteration:
                return
            except csv.Error as error:
                lines.give_back_all_but_first()
                yield Unreadable(line, f"not CSV: {error}")
                continue
            if not fields:
                continue
            if flaw := lines.flaw():
                yield Unreadable(line, flaw)
            elif len(fields) != len(names):
                yield Unreadable(
                    line, f"{len(fields)} columns where the header has {len(names)}"
                )
            else:
                yield Row(line, dict(zip(names, fields, strict=True)))


class _Lines:
    """Lines, decoded one by one: a bad byte spoils one row. They can be given back."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream = stream
        self._encoding = encoding
        self._number = 0
        self._returned: deque[tuple[str, str | None]] = deque()
        self._row: list[tuple[str, str | None]] = []

    def begin_row(self) -> int:
        """Forget the last row's lines; the number of the line that comes next."""
        self._row.clear()
        return self._number + 1

    def flaw(self) -> str | None:
        """What is wrong with the bytes of the row just read, if anything."""
        return next((flaw for _, flaw in self._row if flaw), None)

    def give_back_all_but_first(self) -> None:
        self._returned.extendleft(reversed(self._row[1:]))
        self._number -= len(self._row) - 1

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else self._read()
        self._row.append(line)
        self._number += 1
        return line[0]

    def _read(self) -> tuple[str, str | None]:
        raw = self._stream.readline(LINE_BYTES_MAX)
        if not raw:
            raise StopIteration
        flaw = None
        if len(raw) == LINE_BYTES_MAX and not raw.endswith(b"\n"):
            flaw = f"the line is longer than {LINE_BYTES_MAX >> 20} MiB"
            while (more := self._stream.readline(LINE_BYTES_MAX)) and more[-1:] != b"\n":
                pass
        try:
            text = raw.decode(self._encoding)
        except UnicodeDecodeError as error:
            text = raw.decode(self._encoding, "replace")
            flaw = flaw or f"not {self._encoding}: {error.reason} at byte {error.start + 1}"
        if "\0" in text:
            flaw = flaw or "a NUL character"
        if self._number == 0 and text.startswith(BOM):
            text = text[1:]
        return text, flaw
