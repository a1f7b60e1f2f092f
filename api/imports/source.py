"""What every reader hands on: rows that can be read, rows that cannot, and the file."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

GZIP_MAGIC = b"\x1f\x8b"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


class Unusable(Exception):
    """The import cannot run: the file, the mapping or the policy does not fit, and nothing
    has been written. (Or it cannot go on, because others never let it write.) The text
    says what is wrong and what would mend it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the source. ``line`` is where it begins in the file, counted from 1."""

    line: int
    values: dict[str, str]


@dataclass(frozen=True, slots=True)
class Unreadable:
    """One row that cannot be read, and why. It goes into the rejects file."""

    line: int
    reason: str
    case: str = ""


class Rows(Protocol):
    """A reader. ``columns`` is known from the start (CSV) or grows while reading (XES)."""

    @property
    def columns(self) -> set[str]: ...

    def __iter__(self) -> Iterator[Row | Unreadable]: ...


class Counted(io.RawIOBase):
    """A binary file that knows how much of it has been read, for the progress bar."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = path.open("rb")
        self.bytes_read = 0
        self.bytes_total = path.stat().st_size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        n = self._file.readinto(buffer)
        self.bytes_read += n
        return int(n)

    def close(self) -> None:
        self._file.close()
        super().close()


@contextmanager
def opened(path: Path) -> Iterator[tuple[BinaryIO, Counted]]:
    """The file's bytes, unpacked when it is gzip, and the counter behind them.

    Raises Unusable when the file is missing, is UTF-16, or its packed data are damaged:
    a damaged copy is found in the first pass, before anything is written.
    """
    try:
        counted = Counted(path)
    except OSError as error:
        raise Unusable(f"cannot read {path}: {error.strerror}") from None
    with counted:
        plain = io.BufferedReader(counted, 1 << 16)
        head = plain.peek(2)[:2]
        if head in UTF16_MARKS:
            raise Unusable(f"{path} is UTF-16; save it as UTF-8 and import that")
        unpacked: BinaryIO = plain
        if head == GZIP_MAGIC:
            unpacked = io.BufferedReader(gzip.GzipFile(fileobj=plain), 1 << 16)
        try:
            yield unpacked, counted
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise Unusable(f"{path} is damaged gzip: {error}") from None
