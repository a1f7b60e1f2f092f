"""Rows of an IEEE XES log (IEEE 1849), one event at a time, in flat memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

# Used directly, because it is the one parser of the standard library whose every
# declaration can be refused before it is acted on. See _refuse_doctype.
from xml.parsers import expat

from api.imports.source import Row, Unreadable, Unusable

CHUNK_BYTES = 1 << 16
DEPTH_MAX = 64
ATTRIBUTES = frozenset(
    {"string", "date", "int", "float", "boolean", "id", "list", "container"}
)


class XesRows:
    """An event is a row; its columns are the attributes' keys.

    Attributes of the trace are ``case:KEY`` (``case:concept:name`` is the case id), a
    nested attribute is ``OUTER/INNER``. Of several with one key the first is kept.
    Defaults (``global``), extensions and classifiers are not rows and are passed over.

    Raises Unusable when the file is not well-formed XML, is no XES log, nests deeper
    than 64, or has a document type: XES needs none, and entities are how small XML files
    become large ones.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self.columns: set[str] = set()
        self._stream = stream
        self._rows: deque[Row | Unreadable] = deque()
        self._open: list[str] = []
        self._path: list[str] = []
        self._case: dict[str, str] = {}
        self._event: dict[str, str] | None = None
        self._line = 0
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype

    def __iter__(self) -> Iterator[Row | Unreadable]:
        try:
            while chunk := self._stream.read(CHUNK_BYTES):
                self._parser.Parse(chunk)
                while self._rows:
                    yield self._rows.popleft()
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise Unusable(f"not well-formed XML: {error}") from None
        except (LookupError, ValueError) as error:
            # expat knows few encodings by itself, and Python may not know this one either.
            raise Unusable(
                f"its encoding cannot be read, save it as UTF-8: {error}"
            ) from None

    def _refuse_doctype(self, *_: object) -> None:
        raise Unusable("the file has a document type (DOCTYPE); XES has none: not read")

    def _start(self, name: str, given: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if not self._open and tag != "log":
            raise Unusable(f"not an XES log: it begins with <{name}>, not <log>")
        if len(self._open) >= DEPTH_MAX:
            raise Unusable(f"nested deeper than {DEPTH_MAX}; not an XES log")
        self._open.append(tag)
        if tag == "trace":
            self._case = {}
        elif tag == "event":
            self._event = dict(self._case)
            self._line = self._parser.CurrentLineNumber
        elif tag in ATTRIBUTES:
            self._path.append(given.get("key", ""))
            self._keep(given.get("value"))

    def _keep(self, value: str | None) -> None:
        """Take an attribute of a trace or an event; those of the log itself are no rows."""
        if value is None or self._open[1] not in {"trace", "event"}:
            return
        key = "/".join(self._path)
        row = self._event
        if row is None:
            row, key = self._case, f"case:{key}"
        row.setdefault(key, value)
        self.columns.add(key)

    def _end(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        self._open.pop()
        if tag in ATTRIBUTES:
            self._path.pop()
        elif tag == "event" and self._event is not None:
            self._rows.append(Row(self._line, self._event))
            self._event = None
        elif tag == "trace":
            self._case = {}
