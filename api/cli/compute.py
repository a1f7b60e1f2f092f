"""Questions about working time, one JSON object a line, and their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from itertools import chain, islice
from typing import Any

from api.instants import instant
from api.plain_json import BOM, read_json
from domain.promise.calendar import Calendar
from domain.promise.calendar_spec import shown
from domain.refused import Refused

Question = Mapping[str, Any]


class Unclear(Exception):
    """A question that cannot be read, and why."""


def answers(calendar: Calendar, lines: Iterable[bytes]) -> Iterator[dict[str, Any]]:
    """One answer a line, in order: ``{"result": …}`` or ``{"refused": "why"}``.

    Blank lines at the end are no questions. A mark of UTF-8 (BOM) may begin the first.
    """
    blank, rest = 0, iter(lines)
    first = (line.removeprefix(BOM) for line in islice(rest, 1))
    for line in chain(first, rest):
        if not line.strip():
            blank += 1
            continue
        for _ in range(blank):
            yield {"refused": "a blank line is no question"}
        blank = 0
        yield answer(calendar, line)


def answer(calendar: Calendar, line: bytes) -> dict[str, Any]:
    """The answer to one question; never raises for what the line says."""
    try:
        result = _asked(calendar, _read(line))
    except Unclear as why:
        return {"refused": str(why)}
    except Refused as no:
        return {"refused": no.en}
    return {"result": result.isoformat() if isinstance(result, datetime) else result}


def _read(line: bytes) -> object:
    try:
        return read_json(line)
    except ValueError as wrong:
        raise Unclear(str(wrong)) from None


def _asked(calendar: Calendar, question: object) -> Any:
    if not isinstance(question, dict):
        raise Unclear("a question is a JSON object with the key “op”")
    known = f"write one of {', '.join(OPERATIONS)}"
    if "op" not in question:
        raise Unclear(f"op is missing; {known}")
    op = question["op"]
    if not isinstance(op, str) or op not in OPERATIONS:
        raise Unclear(f"unknown op {shown(op)}; {known}")
    if "pauses" in question and op not in PAUSABLE:
        raise Unclear(f"{op} takes no pauses; {', '.join(PAUSABLE)} do")
    return OPERATIONS[op](calendar, question)


def _moment(question: Question, key: str) -> datetime:
    return _instant(_given(question, key), key)


def _instant(text: object, key: str) -> datetime:
    if not isinstance(text, str):
        raise Unclear(f"{key} must be a moment like 2026-10-01T09:00:00+08:00")
    try:
        return instant(text)
    except ValueError as wrong:
        raise Unclear(f"{key}: {wrong}") from None


def _given(question: Question, key: str) -> Any:
    if key not in question:
        raise Unclear(f"{key} is missing")
    return question[key]


def _seconds(question: Question) -> int | float:
    found = _given(question, "seconds")
    if isinstance(found, bool) or not isinstance(found, int | float):
        raise Unclear("seconds must be a number")
    return found


def _days(question: Question) -> int:
    found = _given(question, "days")
    if isinstance(found, bool) or not isinstance(found, int):
        raise Unclear("days must be a whole number")
    return found


def _flag(question: Question, key: str) -> bool:
    found = question.get(key, False)
    if not isinstance(found, bool):
        raise Unclear(f"{key} must be true or false")
    return found


def _spans(found: object, key: str) -> list[tuple[datetime, datetime]]:
    if not isinstance(found, list):
        raise Unclear(f"{key} must be a list of [from, to]")
    spans = []
    for each in found:
        if not isinstance(each, list) or len(each) != 2:  # noqa: PLR2004
            raise Unclear(f"{key} must be a list of [from, to]")
        spans.append((_instant(each[0], key), _instant(each[1], key)))
    return spans


def _pauses(question: Question) -> list[tuple[datetime, datetime]]:
    return _spans(question.get("pauses", []), "pauses")


def _add(calendar: Calendar, q: Question) -> datetime:
    return calendar.add(_moment(q, "start"), _seconds(q), _pauses(q))


def _subtract(calendar: Calendar, q: Question) -> datetime:
    return calendar.subtract(_moment(q, "start"), _seconds(q), _pauses(q))


def _offset(calendar: Calendar, q: Question) -> datetime:
    return calendar.offset(_moment(q, "start"), _seconds(q), _pauses(q))


def _elapsed(calendar: Calendar, q: Question) -> int | float:
    return calendar.elapsed(_moment(q, "start"), _moment(q, "end"), _pauses(q))


def _elapsed_sum(calendar: Calendar, q: Question) -> int | float:
    return calendar.elapsed_sum(_spans(_given(q, "intervals"), "intervals"))


def _is_working(calendar: Calendar, q: Question) -> bool:
    return calendar.is_working(_moment(q, "at"))


def _add_working_days(calendar: Calendar, q: Question) -> datetime:
    start, days = _moment(q, "start"), _days(q)
    return calendar.add_working_days(start, days, _flag(q, "end_of_day"))


PAUSABLE = ("add", "subtract", "offset", "elapsed")
OPERATIONS: dict[str, Callable[[Calendar, Question], Any]] = {
    "add": _add,
    "subtract": _subtract,
    "offset": _offset,
    "elapsed": _elapsed,
    "elapsed_sum": _elapsed_sum,
    "is_working": _is_working,
    "add_working_days": _add_working_days,
}
