"""Who may do this, here, now: checked before every decision, from policy data."""

from __future__ import annotations

from domain.case.case import Case
from domain.command import Command
from domain.fact import Recorded
from domain.policy.policy import Move
from domain.refused import NotFound, NotPermitted
from domain.setting import Setting


def admit(aggregate: Recorded | None, command: Command, setting: Setting) -> str | None:
    """Let the command through, and say which stage a case is in after it (None: no case).

    Raises NotFound when the case is not for these eyes, NotPermitted when the role, the
    unit or a delegation does not give the authority, Refused when the workflow has no
    such move from the case's stage.
    """
    policy, role = setting.policy, command.actor.role
    if isinstance(aggregate, Case):
        return admit_to_case(aggregate, command, setting).to
    policy.permit(command.ACTION, role)
    return policy.start if command.ACTION == "receive" else None


def admit_to_case(case: Case, command: Command, setting: Setting) -> Move:
    """The move, by one's own role and unit, or else under a delegation (B33, B45)."""
    try:
        see(case, command, setting)
        move = setting.policy.move(case.stage, command.ACTION, command.actor.role)
        holds(case, command, setting)
    except (NotFound, NotPermitted):
        if lent := lent_move(case, command, setting):
            return lent
        raise
    return move


def lent_move(case: Case, command: Command, setting: Setting) -> Move | None:
    """The move that a running delegation gives to whoever asks; None when none was given.

    Raises NotPermitted when one was given and is over. A delegation lends what a post
    may do, not what it may read: a restricted case stays closed.
    """
    if restricted(case, command.actor.role, setting):
        return None
    organisation, person, action = (
        setting.organisation,
        command.actor.person,
        command.ACTION,
    )
    units = [unit for unit in (case.holder_unit, case.offered_to_unit) if unit]
    for unit in units:
        if found := organisation.may_under_delegation(person, action, unit, command.at):
            return setting.policy.move(case.stage, action, found.role)
    for unit in units:
        if over := organisation.lapsed_delegation(person, action, unit, command.at):
            raise NotPermitted("delegation_expired", delegation=over.id, action=action)
    return None


def restricted(case: Case, role: str, setting: Setting) -> bool:
    """Whether the case's type is kept from this role (举报 has few readers, A1)."""
    rule = setting.policy.types.get(case.business_type)
    return rule is not None and bool(rule.readers) and role not in rule.readers


def sees_all(role: str, setting: Setting) -> bool:
    """Whether a role's work is not bound to its own unit."""
    rule = setting.policy.roles.get(role)
    return rule is not None and rule.scope == "all"


def see(case: Case, command: Command, setting: Setting) -> None:
    """Another unit's case, and a restricted one, do not exist for who may not read them."""
    actor = command.actor
    if restricted(case, actor.role, setting):
        raise NotFound("no_such_case")
    if sees_all(actor.role, setting):
        return
    mine = setting.organisation.reach(actor.person, actor.unit, command.at)
    if mine.isdisjoint(case.units):
        raise NotFound("no_such_case")


def holds(case: Case, command: Command, setting: Setting) -> None:
    """A role bound to its own unit acts only on what that unit holds or is offered."""
    actor = command.actor
    if sees_all(actor.role, setting):
        return
    mine = setting.organisation.scope(actor.unit or "", command.at)
    if case.holder_unit not in mine and case.offered_to_unit not in mine:
        raise NotPermitted("not_the_holder", unit=actor.unit or "", holder=case.holder_unit)
