"""How tests are spread over worker processes: a module goes to one of them, whole."""

from __future__ import annotations

import pytest
from xdist.scheduler import LoadGroupScheduling


class Spreading(LoadGroupScheduling):  # type: ignore[misc]  # it has no types
    """What shares an ``xdist_group`` shares a worker, and else what shares a module.

    So the fixtures of a module are set up once, and its tests run in their order.
    """

    def _split_scope(self, nodeid: str) -> str:
        group: str = super()._split_scope(nodeid)
        return group.partition("::")[0]


def share_brokers(item: pytest.Item) -> None:
    """Tests with a real broker share a worker, and so the brokers of its session. To be
    said when they are found: xdist reads the groups before anybody may change the order."""
    if item.get_closest_marker("kafka"):
        item.add_marker(pytest.mark.xdist_group("kafka"))


def brokers_first(items: list[pytest.Item]) -> None:
    """They mostly wait, and leave the processor to the others."""
    items.sort(key=lambda item: item.get_closest_marker("kafka") is None)
