"""Who may do this, here, now: checked before every decision, from policy data."""

from __future__ import annotations

from domain.case.case import Case
from domain.command import Command
from domain.fact import Recorded
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
        see(aggregate, command, setting)
        move = policy.move(aggregate.stage, command.ACTION, role)
        holds(aggregate, command, setting)
        return move.to
    policy.permit(command.ACTION, role)
    return policy.start if command.ACTION == "receive" else None


def see(case: Case, command: Command, setting: Setting) -> None:
    """Another unit's case, and a restricted one, do not exist for who may not read them."""
    policy, actor = setting.policy, command.actor
    readers = policy.types[case.business_type].readers
    if readers and actor.role not in readers:
        raise NotFound("no_such_case")
    if policy.roles[actor.role].scope == "all":
        return
    mine = setting.organisation.scope(actor.unit or "", command.at)
    if mine.isdisjoint(case.units):
        raise NotFound("no_such_case")


def holds(case: Case, command: Command, setting: Setting) -> None:
    """A role that sees only its own unit acts only on what that unit holds or is offered."""
    policy, actor = setting.policy, command.actor
    if policy.roles[actor.role].scope == "all":
        return
    mine = setting.organisation.scope(actor.unit or "", command.at)
    if case.holder_unit not in mine and case.offered_to_unit not in mine:
        raise NotPermitted("not_the_holder", unit=actor.unit or "", holder=case.holder_unit)
