"""Hops 流转: when did a case go from which unit to which, and was it sent back?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from domain.case.case import CaseFact
from domain.case.witness import StepWitnessed
from projections.table import Row, Table
from projections.view import Occurrences

if TYPE_CHECKING:
    from projections.handovers import HandoverRow


class HopRow(Row, frozen=True, kw_only=True):
    """The ``n``-th hop of a case (from 1).

    ``seq`` is where it came to light: the source's row number of the later row, or the
    version of the case. ``pingpong``: it went back to the unit it had come from (A>B>A).
    ``layers`` 中间层级: levels of the organisation that it went through, as the
    organisation stood then (B38); None when they are not known, as of history.
    """

    case_id: UUID
    n: int
    seq: int
    from_unit: str
    to_unit: str
    at: datetime
    pingpong: bool
    layers: int | None = None
    source: str | None = None
    source_id: str | None = None


def hop(
    before: HandoverRow | None, after: HandoverRow | None, fact: CaseFact
) -> Iterator[HopRow]:
    """The hop that a step of the hand-overs of a case is, if it is one."""
    if before is None or after is None or after.hops == before.hops:
        return
    yield HopRow(
        case_id=after.case_id,
        n=after.hops,
        seq=fact.row if isinstance(fact, StepWitnessed) else fact.originator_version,
        from_unit=before.unit,
        to_unit=after.unit,
        at=fact.occurred_at,
        pingpong=after.pingpong > before.pingpong,
        layers=getattr(fact, "layers", None),
        source=after.source,
        source_id=after.source_id,
    )


HOPS: Occurrences[HandoverRow] = Occurrences(
    Table(
        "hops",
        HopRow,
        key=("case_id", "n"),
        indexes=(("from_unit", "to_unit"), ("to_unit",), ("pingpong",)),
    ),
    hop,
)
