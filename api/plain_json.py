"""JSON that people write: what is wrong with it is said in plain words."""

from __future__ import annotations

import json
from typing import Any

from domain.promise.calendar_spec import shown

BOM = b"\xef\xbb\xbf"


def read_json(raw: bytes) -> Any:
    """What a text in UTF-8 says; no key may be written twice in an object. Raises
    ValueError, which says what is wrong and where."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise ValueError(
            f"byte {wrong.start + 1} is not UTF-8; write it in UTF-8"
        ) from None
    try:
        return json.loads(text, object_pairs_hook=_once, parse_int=_whole)
    except json.JSONDecodeError as wrong:
        where = f"line {wrong.lineno}, character {wrong.colno}"
        rest = text[wrong.pos : wrong.pos + 61].strip()
        raise ValueError(
            f"not JSON from {where}: {shown(rest)}"
            if rest
            else f"not JSON: it ends at {where}"
        ) from None
    except RecursionError:
        raise ValueError("not readable: too many brackets within brackets") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in found if keys.count(key) > 1)
        raise ValueError(f"the key {shown(twice)} is written twice")
    return found


def _whole(digits: str) -> int:
    try:
        return int(digits)
    except ValueError:
        raise ValueError(f"a number has too many digits: {shown(digits)[1:]}") from None
