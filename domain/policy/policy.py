"""One version of one profile's rules, read-only; built from a published document."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import cached_property
from typing import Any, Self

from domain.policy import read, read_alerts, read_time
from domain.policy.alert_rows import AlertRule, Topic
from domain.policy.measures import Measure, read_measures
from domain.policy.row import Malformed, Row
from domain.policy.rows import (
    Callback,
    Category,
    Criterion,
    Level,
    Limit,
    Move,
    Named,
    Reason,
    RoleRule,
    Route,
    Satisfaction,
    State,
    TypeRule,
)
from domain.policy.time_rows import ClockRule, Ladder, Orders, SignalRule
from domain.policy.topics import Vocabulary
from domain.policy.workflow import read_moves, read_start, read_states, spread
from domain.refused import NotPermitted, Refused

__all__ = ["REQUIRED", "TABLES", "Move", "Policy", "RoleRule", "TypeRule"]

REQUIRED = ("profile", "workflow", "types", "channels", "roles")
TABLES = (
    *REQUIRED,
    "actions",
    "areas",
    "categories",
    "levels",
    "reasons",
    "callback",
    "routing",
    "limits",
    "clocks",
    "ladders",
    "signals",
    "orders",
    "measures",
    "alerts",
    "topics",
)
ABOUT = (
    *("name", "version", "effective_from", "counting_basis"),
    *("intake_unit", "fallback_unit", "calendar", "time_zone", "utc_offset"),
)
"""What a profile says of itself."""


UNTITLED = Named(zh="", en="")
A6 = Callback()


@dataclass(frozen=True, kw_only=True, eq=False)
class Policy:
    """Rules in force for a profile from ``effective_from`` (UTC) until a later version.

    ``calendar`` names the working days, ``fallback_unit`` whose leader is told when a line
    has nobody. ``document`` is what was published: tables of rows, JSON kinds only.
    """

    profile: str
    version: int
    effective_from: datetime
    start: str
    intake_unit: str
    moves: Mapping[tuple[str, str], Move]
    types: Mapping[str, TypeRule]
    channels: Mapping[str, Named]
    roles: Mapping[str, RoleRule]
    title: Named = UNTITLED
    time_zone: str = "Asia/Shanghai"
    utc_offset: timedelta = timedelta(hours=8)
    counting_basis: str = "on_receipt"
    states: Mapping[str, State] = field(default_factory=dict)
    actions: Mapping[str, Named] = field(default_factory=dict)
    areas: Mapping[str, Named] = field(default_factory=dict)
    categories: Mapping[str, Category] = field(default_factory=dict)
    levels: Mapping[str, Level] = field(default_factory=dict)
    criteria: tuple[Criterion, ...] = ()
    first_report: Mapping[str, Named] = field(default_factory=dict)
    reasons: Mapping[tuple[str, str], Reason] = field(default_factory=dict)
    callback: Callback = A6
    satisfaction: Mapping[str, Satisfaction] = field(default_factory=dict)
    limits: Mapping[str, Limit] = field(default_factory=dict)
    routing: tuple[Route, ...] = ()
    calendar: str = ""
    fallback_unit: str = ""
    clocks: Mapping[str, ClockRule] = field(default_factory=dict)
    ladders: Mapping[str, Ladder] = field(default_factory=dict)
    signals: Mapping[str, SignalRule] = field(default_factory=dict)
    orders: Orders = read_time.NO_ORDERS
    measures: Mapping[str, Measure] = field(default_factory=dict)
    alerts: Mapping[str, AlertRule] = field(default_factory=dict)
    topics: Mapping[str, Topic] = field(default_factory=dict)
    document: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Self:
        """Read a policy from its tables. Raises Malformed: table, row and remedy."""
        for table in REQUIRED:
            if table not in document:
                raise Malformed("policy_lacks_table", table=table)
        profile = Row("profile", "profile", document["profile"])
        profile.only(*ABOUT, *read.TEXTS)
        workflow = spread(Row("workflow", "workflow", document["workflow"]).values)
        return cls(
            profile=profile.text("name"),
            version=profile.whole("version"),
            effective_from=_moment(profile, "effective_from"),
            intake_unit=profile.text("intake_unit"),
            time_zone=profile.text("time_zone", "Asia/Shanghai"),
            utc_offset=read.read_utc_offset(profile),
            counting_basis=read.read_counting_basis(profile),
            title=Named(
                zh=profile.text("zh"), en=profile.text("en"), source=profile.source()
            ),
            start=read_start(workflow),
            states=read_states(workflow),
            moves=read_moves(workflow),
            types=read.read_types(document),
            channels=read.read_named(document, "channels"),
            roles=read.read_roles(document),
            actions=read.read_named(document, "actions"),
            areas=read.read_named(document, "areas"),
            categories=read.read_categories(document),
            levels=read.read_levels(document),
            criteria=read.read_criteria(document),
            first_report=read.read_named(document, "levels", "first_report"),
            reasons=read.read_reasons(document),
            callback=read.read_callback(document),
            satisfaction=read.read_satisfaction(document),
            limits=read.read_limits(document),
            routing=read.read_routing(document),
            calendar=profile.text("calendar", ""),
            fallback_unit=profile.text("fallback_unit", profile.text("intake_unit")),
            clocks=read_time.read_clocks(document),
            ladders=read_time.read_ladders(document),
            signals=read_time.read_signals(document),
            orders=read_time.read_orders(document),
            measures=read_measures(document),
            alerts=read_alerts.read_alerts(document),
            topics=read_alerts.read_topics(document),
            document=document,
        )

    @property
    def label(self) -> str:
        return f"{self.profile}@{self.version}"

    # Who may do what -------------------------------------------------------------------

    def move(self, stage: str, action: str, role: str) -> Move:
        """The move this role makes; 403 comes before 409 when the role never may."""
        if role not in self._roles_ever.get(action, ()):
            raise self._not_permitted(action, role)
        found = self.moves.get((stage, action))
        if found is None:
            raise Refused(
                "no_such_move",
                stage=stage,
                stage_zh=self.stage_text(stage).zh,
                action=action,
                action_zh=self.action_text(action).zh,
            )
        if role not in found.roles:
            raise self._not_permitted(action, role)
        return found

    def permit(self, action: str, role: str) -> None:
        """Let a role do what is not a move of the workflow (take a call, open a unit)."""
        if role not in self.roles or action not in self.roles[role].may:
            raise self._not_permitted(action, role)

    def may_view(self, view: str, role: str) -> None:
        """Let a role look at a view (board, chain, facts …)."""
        if role not in self.roles or view not in self.roles[role].views:
            raise self._not_permitted(view, role)

    def _not_permitted(self, action: str, role: str) -> NotPermitted:
        return NotPermitted(
            "not_permitted",
            role=role,
            role_zh=self.roles[role].zh if role in self.roles else role,
            action=action,
            action_zh=self.action_text(action).zh,
        )

    @cached_property
    def _roles_ever(self) -> dict[str, frozenset[str]]:
        """Who may take an action in some state, by action."""
        ever: dict[str, frozenset[str]] = {}
        for (_, action), move in self.moves.items():
            ever[action] = ever.get(action, frozenset()) | move.roles
        return ever

    # What words mean -------------------------------------------------------------------

    def terminal(self, stage: str) -> bool:
        """Whether a case in this state is done with, unless it is taken up again."""
        return stage in self.states and self.states[stage].terminal

    def stage_text(self, stage: str) -> Named:
        """A state in both languages; an unknown one speaks for itself."""
        return self.states.get(stage) or Named(zh=stage, en=stage)

    def action_text(self, action: str) -> Named:
        """An action in both languages; an unknown one speaks for itself."""
        return self.actions.get(action) or Named(zh=action, en=action)

    def category(self, code: str) -> Category:
        if code not in self.categories:
            raise Refused("unknown_category", code=code)
        return self.categories[code]

    def level(self, code: str) -> Level:
        if code not in self.levels:
            raise Refused("unknown_level", code=code)
        return self.levels[code]

    def reason(self, kind: str, code: str) -> Reason:
        if (kind, code) not in self.reasons:
            raise Refused("unknown_reason", kind=kind, code=code)
        return self.reasons[kind, code]

    def satisfied(self, code: str) -> Satisfaction:
        """A step of the satisfaction scale."""
        if code not in self.satisfaction:
            raise Refused("unknown_satisfaction", code=code)
        return self.satisfaction[code]

    @cached_property
    def topics_of(self) -> Vocabulary:
        """The codes of the topics that a text speaks of: call it with the text."""
        return Vocabulary(self.topics.values())

    def local(self, at: datetime) -> datetime:
        """A moment on the clocks of the place these rules are for (a fixed offset)."""
        return at.astimezone(timezone(self.utc_offset))


def _moment(row: Row, key: str) -> datetime:
    """A moment in UTC, from a text with its offset."""
    found = row.text(key)
    wants = "a time with its offset, like 2022-01-01T00:00:00+08:00"
    try:
        moment = datetime.fromisoformat(found)
        if moment.tzinfo is None:
            raise row.wrong(key, wants, found)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise row.wrong(key, wants, found) from None
