"""Tests that start the same brokers share a worker."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.spreading import WITH_THREE

KAFKA = Path(__file__).parents[1] / "kafka"


def test_modules_that_want_three_brokers_are_known() -> None:
    found = {
        module.stem
        for module in KAFKA.glob("test_*.py")
        if re.search(r"\b(cluster|guarded): |THREE|brokers=3", module.read_text("utf-8"))
    }
    assert found - {"test_fire"} == WITH_THREE
