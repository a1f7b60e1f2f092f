"""Whose eyes a view is for: rows of other units and of restricted types are not there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from api.http.door import Door
from domain.authority import Alerting, alerted, concerned, sees_all
from domain.fact import Actor
from domain.policy.policy import Policy
from projections.board_rows import BoardRow
from projections.boards import BOARDS
from projections.calls import CALLS
from projections.reading import Is, Source, Stored
from projections.table import Table


@dataclass(frozen=True, slots=True)
class Eyes:
    """What one actor may see now; the same rules as domain/authority.py has for a case.

    Of whatever moment rows are, these eyes are for who asks now: a case is seen as it
    stood then if it may be seen as it stands, in the rows of ``current``.
    """

    door: Door
    role: str
    mine: frozenset[str] | None
    current: Source

    @classmethod
    def of(cls, door: Door, actor: Actor) -> Eyes:
        """``mine`` are the units whose cases are open to the actor; None: of every unit."""
        setting = door.desk.setting(door.policy())
        current = Stored(door.store.pool)
        if sees_all(actor.role, setting):
            return cls(door, actor.role, None, current)
        reach = setting.organisation.reach(actor.person, actor.unit, door.now())
        return cls(door, actor.role, reach, current)

    @property
    def know_who(self) -> bool:
        """Whether they may read who the customer of a secret case is."""
        return self.mine is None

    def case(self, row: BoardRow) -> bool:
        """Whether a case is for these eyes."""
        return self.type(row.policy, row.business_type) and (
            self.mine is None
            or not self.mine.isdisjoint(
                concerned(row.units, row.offered_unit, row.told_units, row.ordered_units)
            )
        )

    def type(self, policy: str, business_type: str) -> bool:
        """Whether the role may read cases of this type (举报 has few readers, A1)."""
        return self._reads(self.door.desk.policy(policy), business_type)

    def type_now(self, business_type: str) -> bool:
        """The same by the policy in force, for what counts cases of several policies."""
        return self._reads(self.door.policy(), business_type)

    def _reads(self, policy: Policy, business_type: str) -> bool:
        rule = policy.types.get(business_type)
        return rule is None or not rule.readers or self.role in rule.readers

    def unit(self, unit: str) -> bool:
        """Whether what a unit has, besides cases, is for these eyes."""
        return self.mine is None or unit in self.mine

    def alert(self, alert: Alerting) -> bool:
        """Whether an alert is for these eyes."""
        return self.mine is None or not self.mine.isdisjoint(alerted(alert))

    def cases(self, rows: Iterable[Any]) -> list[Any]:
        """Those of the rows, each about a case, whose case is for these eyes."""
        rows = list(rows)
        boards = self._now(BOARDS.table, rows, "case_id")
        seen = {board.case_id for board in boards if self.case(board)}
        return [row for row in rows if row.case_id in seen]

    def calls(self, rows: Iterable[Any]) -> list[Any]:
        """Those of the rows, each about a call, whose call is for these eyes."""
        rows = list(rows)
        seen = {
            c.call_id for c in self._now(CALLS.table, rows, "call_id") if self.unit(c.unit)
        }
        return [row for row in rows if row.call_id in seen]

    def _now(self, table: Table, rows: list[Any], key: str) -> list[Any]:
        """The rows of today about the same cases or calls."""
        ids = {getattr(row, key) for row in rows}
        return self.current.select(table, Is(key, *ids)) if ids else []
