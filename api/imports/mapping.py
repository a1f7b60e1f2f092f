"""A mapping: which column of a foreign log means what. Read strictly from a TOML file.

docs/mapping.md explains the format to a user; each Struct here is one of its tables.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

import msgspec
from msgspec import Struct, field

from api.imports.source import Unusable

SHIPPED = Path(__file__).parent / "mappings"


class Told(Struct, frozen=True, forbid_unknown_fields=True):
    """A fixed text (``is``), or a column whose values are translated (``values``).

    A value that ``values`` lacks becomes ``default``; without one the row is rejected.
    """

    fixed: str | None = field(default=None, name="is")
    column: str | None = None
    values: dict[str, str] = {}
    default: str | None = None


Cell = str | list[str] | Told
"""Where a text comes from: a column, several columns joined, or a Told."""


class Condition(Struct, frozen=True, forbid_unknown_fields=True):
    """A step is taken when ``column`` is not empty and not one of ``none_of``."""

    column: str
    none_of: list[str] = []


class FileRule(Struct, frozen=True, forbid_unknown_fields=True):
    kind: Literal["csv", "xes"]
    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    delimiter: str = ","


class TimeRule(Struct, frozen=True, forbid_unknown_fields=True):
    """``format`` is ``iso``, ``epoch``, ``epoch-ms`` or a strptime pattern. ``zone`` (a
    name or an offset like ``+08:00``) is where a time without an offset was written."""

    format: str = "iso"
    zone: str = "UTC"


class CaseRule(Struct, frozen=True, forbid_unknown_fields=True):
    """What makes a case. ``seq`` is a column of whole numbers that orders its rows; without
    it ``order`` does: as in the file, or by time. ``content`` are the columns with what the
    customer wants, sealed with the case. ``customer`` is a column that tells people apart:
    sealed texts of one customer share one key; without it each case has its own."""

    id: str
    business_type: Cell
    channel: Cell
    seq: str | None = None
    order: Literal["file", "time"] = "file"
    customer: str | None = None
    content: list[str] = []


class StepRule(Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that happened. A long log has one of these, and each row is one of them;
    a wide log has several, and each row tells all of them.

    ``keep`` are columns kept as they are; ``seal`` are columns with words or names of
    customers, which only the vault may hold; ``note`` are fixed texts kept beside.
    """

    at: str | list[str]
    status: Cell
    unit: Cell
    person: Cell | None = None
    line: str | None = None
    when: str | Condition | None = None
    keep: list[str] = []
    seal: list[str] = []
    note: dict[str, str] = {}


class Meaning(Struct, frozen=True, forbid_unknown_fields=True):
    """What a status says in our workflow: the stage after it, and the action before it.
    Without an action, any move of the workflow that leads there will do."""

    stage: str
    action: str | None = None


class LineRule(Struct, frozen=True, forbid_unknown_fields=True):
    """The support line of a name that contains all of ``contains``. The first hit wins."""

    line: str
    contains: list[str] = []


class Mapping(Struct, frozen=True, forbid_unknown_fields=True):
    """One foreign log. ``source`` names its cases for ever: ``bpi2013:1-364285768``."""

    source: str
    file: FileRule
    case: CaseRule
    steps: list[StepRule]
    time: TimeRule = TimeRule()
    statuses: dict[str, str | Meaning] = {}
    otherwise: str | Meaning | None = None
    lines: list[LineRule] = []
    optional: list[str] = []
    about: str = ""

    def columns(self) -> set[str]:
        """Every column the mapping names."""
        case = self.case
        names = [case.id, case.seq, case.customer, *case.content]
        names += columns_of(case.business_type) + columns_of(case.channel)
        for step in self.steps:
            names += [step.line, *step.keep, *step.seal]
            for cell in (step.at, step.status, step.unit, step.person):
                names += columns_of(cell)
            if step.when:
                names.append(step.when if isinstance(step.when, str) else step.when.column)
        return {name for name in names if name}

    @property
    def sealed(self) -> frozenset[str]:
        """The columns that only the vault may hold."""
        return frozenset(self.case.content).union(*(step.seal for step in self.steps))

    def meaning(self, status: str) -> Meaning | None:
        """What a status of the source says; None when the mapping does not know it."""
        found = self.statuses.get(status, self.otherwise)
        return Meaning(stage=found) if isinstance(found, str) else found

    def meanings(self) -> Iterator[tuple[str, Meaning]]:
        """Every meaning of the mapping, with where it stands."""
        for status in self.statuses:
            if found := self.meaning(status):
                yield f"statuses.{status!r}", found
        if isinstance(self.otherwise, Meaning):
            yield "otherwise", self.otherwise
        elif self.otherwise:
            yield "otherwise", Meaning(stage=self.otherwise)

    def require(self, present: set[str]) -> None:
        """Raises Unusable when the file lacks a column that is not ``optional``."""
        missing = sorted(self.columns() - set(self.optional) - present)
        if missing:
            told = "; ".join(f"{name!r}{hint(name, present)}" for name in missing)
            raise Unusable(
                f"the mapping {self.source} names columns that the file lacks: {told}. "
                f"The file has: {', '.join(sorted(present))}"
            )


def columns_of(cell: Cell | None) -> list[str | None]:
    if isinstance(cell, Told):
        return [cell.column]
    return [cell] if isinstance(cell, str) else [*(cell or ())]


def texts_of(cell: Cell) -> list[str | None]:
    """The texts that a cell is known to give before any row is read."""
    return (
        [cell.fixed, cell.default, *cell.values.values()] if isinstance(cell, Told) else []
    )


def shipped() -> list[str]:
    """The names of the mappings that come with Huiyin."""
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))


def load(name_or_file: str) -> Mapping:
    """A shipped mapping by its name, or one's own by its path.

    Raises Unusable with the place, what is wrong there, and what may have been meant.
    """
    path = Path(name_or_file)
    if name_or_file in shipped():
        path = SHIPPED / f"{name_or_file}.toml"
    elif not path.is_file():
        known = shipped()
        raise Unusable(
            f"no mapping {name_or_file!r}{hint(name_or_file, known)}. Shipped: "
            f"{', '.join(known)}; or give the path of a .toml file"
        )
    try:
        return parse(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(f"cannot read the mapping {path}: {error}") from None
    except Unusable as error:
        raise Unusable(f"{path.name}: {error}") from None


def parse(text: str) -> Mapping:
    """The mapping a TOML text describes; unknown keys and wrong kinds are refused."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise Unusable(f"not TOML: {error}") from None
    for unknown in _unknown_keys(document, Mapping, ""):
        raise Unusable(unknown)
    try:
        mapping = msgspec.convert(document, Mapping)
    except msgspec.ValidationError as error:
        raise Unusable(str(error)) from None
    for flaw in _flaws(mapping):
        raise Unusable(flaw)
    return mapping


def _flaws(mapping: Mapping) -> Iterator[str]:
    """What the types alone do not say."""
    if not mapping.source or ":" in mapping.source:
        yield "source must be a name without a colon (cases are SOURCE:ID)"
    if not mapping.steps:
        yield "say at least one [[steps]]"
    if len(mapping.file.delimiter) != 1:
        yield "file.delimiter must be one character"
    if mapping.case.seq and len(mapping.steps) > 1:
        yield "case.seq orders rows; a row with several steps has none (use case.order)"
    unused = set(mapping.optional) - mapping.columns()
    if unused:
        yield f"optional names columns that nothing uses: {', '.join(sorted(unused))}"
    for where, cell in _cells(mapping):
        if isinstance(cell, Told) and (cell.fixed is None) == (cell.column is None):
            yield f"{where}: say either `is` (a fixed text) or `column`"
    yield from _sealed_and_open(mapping)


def _cells(mapping: Mapping) -> Iterator[tuple[str, Cell | None]]:
    yield "case.business_type", mapping.case.business_type
    yield "case.channel", mapping.case.channel
    for n, step in enumerate(mapping.steps):
        yield f"steps[{n}].at", step.at
        yield f"steps[{n}].status", step.status
        yield f"steps[{n}].unit", step.unit
        yield f"steps[{n}].person", step.person


def _sealed_and_open(mapping: Mapping) -> Iterator[str]:
    """A column that is sealed in one place must not be kept in clear in another."""
    named = [name for _, cell in _cells(mapping) for name in columns_of(cell)]
    named += [name for step in mapping.steps for name in (step.line, *step.keep)]
    both = mapping.sealed & {mapping.case.id, *named}
    if both:
        names = ", ".join(sorted(map(str, both)))
        yield f"sealed in one place and open in another: {names}"


def _unknown_keys(value: Any, kind: Any, where: str) -> Iterator[str]:
    """Keys that a table does not have, with the one that may have been meant."""
    for part in get_args(kind) if get_origin(kind) in {Union, UnionType} else [kind]:
        if isinstance(value, list) and get_origin(part) is list:
            for n, inner in enumerate(value):
                yield from _unknown_keys(inner, get_args(part)[0], f"{where}[{n}]")
        elif isinstance(value, dict):
            yield from _unknown_in_table(value, part, where)


def _unknown_in_table(table: dict[str, Any], kind: Any, where: str) -> Iterator[str]:
    fields: dict[str, Any]
    if get_origin(kind) is dict:
        fields = dict.fromkeys(table, get_args(kind)[1])
    elif isinstance(kind, type) and issubclass(kind, Struct):
        fields = {f.encode_name: f.type for f in msgspec.structs.fields(kind)}
    else:
        return
    for key, inner in table.items():
        place = f"{where}.{key}" if where else key
        if key in fields:
            yield from _unknown_keys(inner, fields[key], place)
        else:
            yield f"unknown key {place!r}{hint(key, fields)}"


def hint(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f" (did you mean {close[0]!r}?)" if close else ""
