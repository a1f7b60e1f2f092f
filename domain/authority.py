"""Who may do this, here, now: checked before every decision, from policy data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple, Protocol

from domain.alert.alert import Alert
from domain.alert.wish import RaiseAlert
from domain.case.case import Case
from domain.command import Command
from domain.fact import TIMEKEEPER, Actor, Recorded
from domain.promise.keep_time import KeepTime
from domain.refused import NotFound, NotPermitted, Refused, Stale
from domain.setting import Setting


class Admission(NamedTuple):
    """A command let through: the stage its case is in afterwards, and who acts as whom.

    ``stage`` is None when no case is spoken to. ``actor`` is the command's own, or the
    same person in the post that was delegated to them.
    """

    stage: str | None
    actor: Actor


def admit(aggregate: Recorded | None, command: Command, setting: Setting) -> Admission:
    """Let the command through, by one's own role and unit or else under a delegation.

    Raises NotFound when the case is not for these eyes, NotPermitted when the role, the
    unit or a delegation does not give the authority, Refused when the workflow has no
    such move from the case's stage.
    """
    policy, actor = setting.policy, command.actor
    if isinstance(aggregate, Case) and isinstance(command, KeepTime):
        only_the_system(command)
        return Admission(aggregate.stage, actor)
    if isinstance(aggregate, Case):
        return admit_to_case(aggregate, command, setting)
    if isinstance(command, RaiseAlert):
        only_the_system(command)
        return Admission(None, actor)
    if isinstance(aggregate, Alert):
        return admit_to_alert(aggregate, command, setting)
    policy.permit(command.ACTION, actor.role)
    return Admission(policy.start if command.ACTION == "receive" else None, actor)


def only_the_system(command: Command) -> None:
    """What the house itself notices, no rule grants or denies: time passes in every state,
    and all cases together show what they show. Raises NotPermitted for anybody else."""
    role = command.actor.role
    if role != TIMEKEEPER.role:
        action = command.ACTION
        raise NotPermitted(
            "not_permitted", role=role, role_zh=role, action=action, action_zh=action
        )


def admit_to_case(case: Case, command: Command, setting: Setting) -> Admission:
    """By one's own role and unit, or else under a delegation (B33, B45)."""
    try:
        return Admission(stage_after(case, command, setting), command.actor)
    except (NotFound, NotPermitted):
        stand_in = lent(case, command, setting)
        if stand_in is None:
            raise
    return Admission(stage_after(case, stand_in, setting), stand_in.actor)


def stage_after(case: Case, command: Command, setting: Setting) -> str:
    """The stage the case moves to, when this actor may see it, move it, and acts for it."""
    see(case, command, setting)
    move = setting.policy.move(case.stage, command.ACTION, command.actor.role)
    speaks_for(case, command, setting)
    return move.to


def see(case: Case, command: Command, setting: Setting) -> None:
    """Another unit's case, and a restricted one, do not exist for who may not read them.

    Whoever was offered the case, told of it or ordered to see to it may look at it too.
    Raises NotFound.
    """
    actor = command.actor
    if restricted(case, actor.role, setting):
        raise NotFound("no_such_case")
    if sees_all(actor.role, setting):
        return
    mine = setting.organisation.reach(actor.person, actor.unit, command.at)
    told = (told.unit for told in case.told)
    ordered = (order.to_unit for order in case.open_orders())
    if mine.isdisjoint(concerned(case.units, case.offered_to_unit, told, ordered)):
        raise NotFound("no_such_case")


def concerned(
    held: Iterable[str],
    offered: str | None,
    told: Iterable[str],
    ordered: Iterable[str] = (),
) -> frozenset[str]:
    """The units that a case is for: all that ever held it, the one that it is offered to,
    those whose leaders were told of it in this round, and those under an open order.

    The one rule, for the case itself and for every row about it.
    """
    return frozenset({*held, *told, *ordered} | ({offered} if offered else set()))


def speaks_for(case: Case, command: Command, setting: Setting) -> None:
    """A role bound to its own unit acts only on what that unit holds.

    But whoever was offered the case answers the offer, whoever was told of it answers for
    their rung, and whoever was ordered answers the order. Raises NotPermitted.
    """
    actor = command.actor
    if sees_all(actor.role, setting):
        return
    mine = setting.organisation.scope(actor.unit or "", command.at)
    if mine.isdisjoint(spoken_for(case, command.ACTION)):
        raise NotPermitted(
            "not_the_holder", unit=actor.unit or "-", holder=case.holder_unit
        )


def spoken_for(case: Case, action: str) -> list[str]:
    """The units that an action can be taken for, the holder first."""
    units = [case.holder_unit]
    if action in {"accept-handover", "refuse-handover"} and case.offered_to_unit:
        units.append(case.offered_to_unit)
    if action == "answer-escalation":
        units += [told.unit for told in case.told]
    if action == "answer-supervision":
        units += [order.to_unit for order in case.open_orders()]
    return units


class Alerting(Protocol):
    """Whom an alert is for: an Alert, or a row about one."""

    @property
    def unit(self) -> str | None: ...
    @property
    def other_unit(self) -> str | None: ...
    @property
    def told_unit(self) -> str: ...
    @property
    def told_post_unit(self) -> str | None: ...
    @property
    def told_person(self) -> str | None: ...


def alerted(alert: Alerting) -> frozenset[str]:
    """The units that an alert is for: those it is about, and those of who was told.

    The one rule, for the alert itself and for every row about it.
    """
    units = (alert.unit, alert.other_unit, alert.told_unit, alert.told_post_unit)
    return frozenset(unit for unit in units if unit)


def admit_to_alert(alert: Alert, command: Command, setting: Setting) -> Admission:
    """By whoever was told, or has power over the units it is about."""
    see_alert(alert, command, setting)
    setting.policy.permit(command.ACTION, command.actor.role)
    speaks_for_alert(alert, command, setting)
    return Admission(None, command.actor)


def see_alert(alert: Alerting, command: Command, setting: Setting) -> None:
    """An alert of other units does not exist for who is bound to their own. Raises
    NotFound."""
    actor = command.actor
    if sees_all(actor.role, setting):
        return
    mine = setting.organisation.reach(actor.person, actor.unit, command.at)
    if mine.isdisjoint(alerted(alert)):
        raise NotFound("no_such_alert")


def speaks_for_alert(alert: Alert, command: Command, setting: Setting) -> None:
    """Who was told, in person or in the post; a unit at or above that of who was told; or
    one that stands above all that it is about. Nobody answers for their own unit unless
    they were told. Raises NotPermitted."""
    organisation, actor, at = setting.organisation, command.actor, command.at
    if sees_all(actor.role, setting) or actor.person == alert.told_person:
        return
    post = alert.told_post
    if post is not None and organisation.holds_post(actor.person, post, at):
        return
    mine = organisation.scope(actor.unit or "", at)
    about = {unit for unit in (alert.unit, alert.other_unit) if unit is not None}
    own = organisation.successor(actor.unit or "", at)
    over = about and about <= mine and own not in about
    if not over and alert.told_unit not in mine and alert.told_post_unit not in mine:
        raise NotPermitted("alert_told_another", person=alert.told_person or "-")


def restricted(case: Case, role: str, setting: Setting) -> bool:
    """Whether the case's type is kept from this role (举报 has few readers, A1)."""
    rule = setting.policy.types.get(case.business_type)
    return rule is not None and bool(rule.readers) and role not in rule.readers


def sees_all(role: str, setting: Setting) -> bool:
    """Whether a role's work is not bound to its own unit. An unknown role's is."""
    rule = setting.policy.roles.get(role)
    return rule is not None and rule.scope == "all"


def knows_who(role: str, setting: Setting, *, secret: bool) -> bool:
    """Whether a role may know who the customer of a case it sees is.

    Of a secret case (保密) nobody outside the centre may (A4); whose work is bound to
    their own unit is outside.
    """
    return not secret or sees_all(role, setting)


def lent(case: Case, command: Command, setting: Setting) -> Command | None:
    """The command as voiced in a post that was delegated; None when none was.

    A delegation lends what a post may do, not what it may read: a restricted case stays
    closed. Raises NotPermitted when there was a delegation and it is over.
    """
    actor, action, at = command.actor, command.ACTION, command.at
    if restricted(case, actor.role, setting):
        return None
    organisation = setting.organisation
    units = spoken_for(case, action)
    for unit in units:
        if found := organisation.may_under_delegation(actor.person, action, unit, at):
            deputed = replace(actor, role=found.role, post=found.from_post, unit=found.unit)
            return replace(command, actor=deputed)
    for unit in units:
        if over := organisation.lapsed_delegation(actor.person, action, unit, at):
            raise NotPermitted("delegation_expired", delegation=over.id, action=action)
    return None


def let_through(
    aggregate: Recorded | None,
    command: Command,
    setting: Setting,
    version: int | None,
    seen: tuple[int, int],
) -> Admission:
    """Authority first: what is hidden or not permitted has no version either.

    Then the version, before what the workflow and the decision say of a later state.
    ``seen`` are those at which the caller may have looked.
    """
    try:
        admission = admit(aggregate, command, setting)
    except (NotFound, NotPermitted):
        raise
    except Refused:
        fresh(seen, version)
        raise
    fresh(seen, version)
    return admission


def versions(aggregate: Recorded | None) -> tuple[int, int]:
    """The first and the last version that show the latest state: what time alone did to a
    case since somebody was heard is no other state to whoever decides on it."""
    if isinstance(aggregate, Case):
        return aggregate.heard, aggregate.version
    return (aggregate.version, aggregate.version) if aggregate is not None else (0, 0)


def fresh(seen: tuple[int, int], version: int | None) -> None:
    """The caller decided on the latest version, or did not say on which."""
    first, last = seen
    if last and version is not None and not first <= version <= last:
        raise Stale("stale_version", version=last)
