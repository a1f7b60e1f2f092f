"""How tests are spread over worker processes: a module goes to one of them, whole."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest
from xdist.scheduler import LoadScopeScheduling


class Spreading(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """What shares a module shares a worker, and all tests with a real broker share one.

    So the fixtures of a module are set up once, its tests run in their order, and the
    brokers of a session are started once: an idle one takes a tenth of a processor.
    """

    def _split_scope(self, nodeid: str) -> str:
        module = PurePosixPath(nodeid.partition("::")[0])
        return "brokers" if module.parent.name == "kafka" else str(module)


def brokers_first(items: list[pytest.Item]) -> None:
    """They mostly wait, and leave the processor to the others."""
    items.sort(key=lambda item: item.get_closest_marker("kafka") is None)
