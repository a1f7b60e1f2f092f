"""Fixtures of the store's own tests: a home whose server may be killed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store.settings import Settings
from tests.support.database import fresh_home


@pytest.fixture(scope="session")
def own_home() -> Iterator[Settings]:
    """A home with no server running; its data folder is made by whoever comes first."""
    with fresh_home() as home:
        yield Settings(home=home)
