"""Fixtures of the desk: an office in a memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.offices import Office


@pytest.fixture
def office() -> Iterator[Office]:
    opened = Office()
    with opened.desk, opened.rival:
        yield opened
