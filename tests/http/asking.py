"""Sending what should not be sent, and reading the problem document that comes back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from tests.support.hotline import Hotline

PROBLEM = {"type", "title", "status", "detail", "code", "zh", "en"}
JSON = {"Content-Type": "application/json"}


def problem(answer: httpx.Response) -> tuple[int, str]:
    """Status and code of a problem document, after a look at its shape."""
    assert answer.headers["content-type"] == "application/problem+json"
    told = answer.json()
    assert told.keys() >= PROBLEM
    assert told["status"] == answer.status_code
    assert told["zh"] != told["en"]
    return answer.status_code, told["code"]


@contextmanager
def nothing_written(hotline: Hotline) -> Iterator[None]:
    before = hotline.store.log.head()
    yield
    assert hotline.store.log.head() == before


def send(
    hotline: Hotline, path: str, raw: bytes, who: str = "agent", **headers: str
) -> httpx.Response:
    named = hotline.headers(who) | JSON | headers
    return hotline.client.post(path, content=raw, headers=named)
