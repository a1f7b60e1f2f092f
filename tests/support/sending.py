"""Another system at work: messages for the intake, as they should be or with a flaw."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from consumers.intake.wire import Message

BODY: dict[str, Any] = {"business_type": "complaint", "channel": "12345"}
HEADERS = {
    "ce_specversion": "1.0",
    "ce_type": "huiyin.intake.case.v1",
    "ce_source": "12345",
    "ce_id": "GD-1",
    "ce_time": "2026-03-02T01:59:00Z",
    "content-type": "application/json",
}


def headers(**other: str | bytes | None) -> list[tuple[str, bytes]]:
    """The headers of a good message, but for those that are said; None: left out."""
    said: dict[str, str | bytes | None] = {**HEADERS}
    for name, value in other.items():
        spelled = "content-type" if name == "content_type" else f"ce_{name}"
        said[spelled] = value
    return [
        (name, value.encode() if isinstance(value, str) else value)
        for name, value in said.items()
        if value is not None
    ]


def body(**said: Any) -> bytes:
    """A good body, and what is said besides; None: left out."""
    told: Mapping[str, Any] = {**BODY, **said}
    given = {name: value for name, value in told.items() if value is not None}
    return json.dumps(given, ensure_ascii=False).encode()


def message(
    value: bytes | None = None, *, offset: int = 0, **other: str | bytes | None
) -> Message:
    """A good message, but for what is said of it."""
    return Message(3, offset, headers(**other), body() if value is None else value)


def just_now() -> str:
    """A ``ce_time`` of this moment."""
    return datetime.now(UTC).isoformat()
