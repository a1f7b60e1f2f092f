"""Streamed: which views Kafka feeds when it is switched on, and which the log always."""

from __future__ import annotations

from typing import Any

from projections.feeds import by_case
from projections.view import View
from projections.views import VIEWS

WATCHED: tuple[View[Any], ...] = tuple(view for view in VIEWS if view.name == "matters")
"""What the watch looks at, brought by the stream workers."""

STREAMED: tuple[View[Any], ...] = tuple(
    view for view in VIEWS if by_case(view) and view not in WATCHED
)
"""Brought by the fold workers."""

LOGGED: tuple[View[Any], ...] = tuple(view for view in VIEWS if not by_case(view))
"""Of calls, the organisation and what mixes cases: followed from the log everywhere."""
