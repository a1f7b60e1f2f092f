"""The rejects file: which rows were not taken, by line, and why."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TextIO

from api.imports.source import Unreadable, Unusable

HEADER = ["line", "case", "reason"]


class Rejects:
    """Made when a row is rejected; that of an earlier run is replaced, or removed."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._file: TextIO | None = None

    def add(self, row: Unreadable) -> None:
        """Raises Unusable when the file cannot be written."""
        if self._file is None:
            self._file = self._begin()
        self.count += 1
        csv.writer(self._file).writerow([row.line, row.case, row.reason])

    def _begin(self) -> TextIO:
        self._spare_what_is_not_ours()
        try:
            file = self.path.open("w", encoding="utf-8", newline="")
        except OSError as error:
            raise Unusable(
                f"cannot write the rejects to {self.path} ({error.strerror}): "
                "say where with --rejects PATH"
            ) from None
        csv.writer(file).writerow(HEADER)
        return file

    def _spare_what_is_not_ours(self) -> None:
        if self.path.exists() and not self._is_ours():
            raise Unusable(
                f"{self.path} is no rejects file; say another with --rejects PATH"
            )

    def _is_ours(self) -> bool:
        with self.path.open("rb") as file:
            return file.readline().strip() == ",".join(HEADER).encode()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
        elif self.path.is_file() and self._is_ours():
            self.path.unlink()
