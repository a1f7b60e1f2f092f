"""发出告警 Raise: the watch over all cases has noticed something, and somebody is told."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from domain.alert.alert import Alert, AlertFact
from domain.alert.told import told
from domain.alert.wish import RaiseAlert
from domain.fact import Birth, Fact
from domain.policy.alert_rows import WARN
from domain.setting import Setting


class AlertRaised(AlertFact, Birth):
    """``told_person`` was told, in ``told_post`` (a post of ``told_post_unit``), on behalf
    of ``told_unit``, as the organisation stood then.

    ``fallback``: why it is somebody else than the rule names, as in Rung, or ``named``,
    ``above_the_top``; ``nobody``: post and person are None. The rest is as in RaiseAlert.
    """

    TOPIC: ClassVar[str] = "alert.raised"
    originator_topic = "alert"

    kind: str
    action: str
    n: int
    since: datetime
    until: datetime
    tells: str
    up: int
    told_unit: str
    told_post: str | None
    told_post_unit: str | None
    told_person: str | None
    fallback: str | None
    usual: float | None = None
    unit: str | None = None
    other_unit: str | None = None
    category: str | None = None
    topic: str | None = None
    customer: UUID | None = None

    def apply(self, aggregate: Alert) -> None:
        aggregate.kind, aggregate.action = self.kind, self.action
        aggregate.unit, aggregate.other_unit = self.unit, self.other_unit
        aggregate.customer = self.customer
        aggregate.told_unit, aggregate.told_post = self.told_unit, self.told_post
        aggregate.told_post_unit = self.told_post_unit
        aggregate.told_person = self.told_person
        aggregate.open = self.action != WARN


def raise_alert(command: RaiseAlert, setting: Setting) -> list[Fact]:
    """One fact. Somebody is always told, or it says that nobody is left to be (B73)."""
    who = told(command, setting)
    post = setting.organisation.post(who.post) if who.post is not None else None
    return [
        AlertRaised(
            kind=command.kind,
            action=command.action,
            n=command.n,
            usual=command.usual,
            since=command.since,
            until=command.until,
            tells=command.tells,
            up=command.up,
            unit=command.unit,
            other_unit=command.other_unit,
            category=command.category,
            topic=command.topic,
            customer=command.customer,
            told_unit=who.unit,
            told_post=who.post,
            told_post_unit=post.unit if post is not None else None,
            told_person=who.person,
            fallback=who.fallback,
        )
    ]
