"""Reads the time of a row, however the source writes it, as a moment in UTC."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from api.imports.mapping import TimeRule
from api.imports.source import Unusable

OFFSET = re.compile(r"([+-])(\d\d):(\d\d)")
ReadTime = Callable[[str], datetime]


def reader_of(rule: TimeRule) -> ReadTime:
    """A function from the source's text to UTC. It raises ValueError for what is no time.

    Raises Unusable when the rule names no zone that is known here.
    """
    zone = _zone(rule.zone)
    if rule.format in {"epoch", "epoch-ms"}:
        return _epoch(1000 if rule.format == "epoch-ms" else 1)
    pattern = rule.format

    def read(text: str) -> datetime:
        if not text.strip():
            raise ValueError("no time")
        if pattern == "iso":
            moment = datetime.fromisoformat(text.strip())
        else:
            # A pattern without %z is a local time: the zone is given in the next line.
            moment = datetime.strptime(text.strip(), pattern)  # noqa: DTZ007
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=zone)
        try:
            return moment.astimezone(UTC)
        except OverflowError:
            raise ValueError("beyond the calendar") from None

    return read


def _epoch(units_per_second: int) -> ReadTime:
    def read(text: str) -> datetime:
        try:
            return datetime.fromtimestamp(float(text) / units_per_second, UTC)
        except (OverflowError, OSError):
            raise ValueError("beyond the calendar") from None

    return read


def _zone(name: str) -> tzinfo:
    if name.upper() in {"UTC", "Z"}:
        return UTC
    if parts := OFFSET.fullmatch(name):
        sign, hours, minutes = parts.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        if offset < timedelta(days=1):
            return timezone(-offset if sign == "-" else offset)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Unusable(
            f"time.zone: no zone {name!r} is known here; give its offset, like '+08:00'"
        ) from None
