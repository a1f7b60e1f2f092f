"""Fixtures of the imports."""

from __future__ import annotations

from pathlib import Path

import pytest

from store import Store
from tests.imports.history import Importing


@pytest.fixture
def importing(store: Store, tmp_path: Path) -> Importing:
    """Imports into a fresh database; rejected rows go to ``rejects.csv``."""
    return Importing(store, tmp_path / "rejects.csv")
