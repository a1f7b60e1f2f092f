"""One running hotline for the tests of a module."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from store import Store
from tests.support.hotline import Hotline, hotline_on


@pytest.fixture(scope="module")
def hotline(module_store: Store) -> Iterator[Hotline]:
    """The app over an empty log, with the shipped policy and a small organisation."""
    with hotline_on(module_store) as running:
        yield running
