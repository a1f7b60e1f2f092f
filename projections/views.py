"""The views of Huiyin: a new one is a module and a line here."""

from __future__ import annotations

from typing import Any

from projections.alerts import ALERTS
from projections.boards import BOARDS
from projections.calls import CALLS
from projections.chains import CHAINS
from projections.clocks import TIME
from projections.deadlines import DEADLINES
from projections.handovers import HANDOVERS
from projections.matters import MATTERS
from projections.milestones import MILESTONES
from projections.repeat_callers import REPEAT_CALLERS
from projections.table import Table
from projections.units import UNITS
from projections.view import View

VIEWS: tuple[View[Any], ...] = (
    BOARDS.counted(REPEAT_CALLERS),
    HANDOVERS,  # with hops
    CHAINS,  # with rungs
    TIME,  # with clocks
    DEADLINES,
    MILESTONES,  # with rounds, dispatches, ratings
    MATTERS,  # with sightings
    CALLS,
    ALERTS,
    UNITS,
)

BY_NAME: dict[str, View[Any]] = {view.name: view for view in VIEWS}
# Any table by its name (``hops``, ``repeat_callers``), and the view that keeps it.
TABLES: dict[str, tuple[Table, View[Any]]] = {
    table.name: (table, view) for view in VIEWS for table in view.tables
}
