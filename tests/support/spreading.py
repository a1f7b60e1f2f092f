"""How tests are spread over worker processes: a module goes to one of them, whole."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from xdist.scheduler import LoadScopeScheduling

# Modules of tests/kafka with a test that wants the cluster.
WITH_THREE = {
    "test_intake",
    "test_relay_in_trouble",
    "test_script",
    "test_secured",
    "test_status",
    "test_topics",
}


class Spreading(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """What shares a module shares a worker, and so do all modules with the same brokers.

    So the fixtures of a module are set up once, its tests run in their order, and few
    brokers stand idle: each takes a tenth of a processor.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = PurePosixPath(nodeid.partition("::")[0])
        if module.parent.name != "kafka":
            return str(module)
        return "three brokers" if module.stem in WITH_THREE else "one broker"


def brokers_first(items: list[pytest.Item]) -> None:
    """They mostly wait, and leave the processor to the others."""
    items.sort(key=lambda item: item.get_closest_marker("kafka") is None)
