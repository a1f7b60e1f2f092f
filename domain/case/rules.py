"""What several decisions ask: is the reason coded, does the unit stand, who may judge."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.authority import see
from domain.case.case import Case
from domain.case.state import Request
from domain.command import Command
from domain.policy.rows import Reason
from domain.refused import NotFound, Refused
from domain.setting import Setting

A_DAY = timedelta(days=1)


def circumstances(case: Case) -> frozenset[str]:
    """What a coded reason may depend on besides the business type (A6).

    The words are those of ``flags`` in the policy's reasons.
    """
    holding = {
        "secret": case.secret,
        "anonymous": case.anonymous,
        "no_phone": not case.reachable,
        "withdrawn": case.withdrawn_for is not None,
        "referred": bool(case.referrals),
        "repeat": case.repeat_of is not None,
    }
    return frozenset(word for word, holds in holding.items() if holds)


def coded(case: Case, kind: str, code: str, setting: Setting) -> Reason:
    """The policy's reason of that kind, provided that it holds for this case.

    Raises Refused: ``unknown_reason`` (policy), ``reason_does_not_hold``.
    """
    reason = setting.policy.reason(kind, code)
    if not reason.holds(case.business_type, circumstances(case)):
        raise Refused("reason_does_not_hold", kind=kind, reason=code)
    return reason


def open_unit(unit: str, command: Command, setting: Setting) -> str:
    """The unit, provided that it stands when the command is voiced."""
    if setting.organisation.unit(unit, command.at) is None:
        raise Refused("unknown_unit", unit=unit)
    return unit


def layers(one: str, other: str, command: Command, setting: Setting) -> int | None:
    """Levels of the organisation that a hop between two units crosses (B38)."""
    return setting.organisation.layers_between(one, other, command.at)


def ahead(moment: datetime, command: Command) -> datetime:
    """A moment still to come, in UTC.

    Raises Refused: ``time_without_zone``, ``not_ahead``, ``time_out_of_range``.
    """
    if moment.tzinfo is None:
        raise Refused("time_without_zone", time=moment.isoformat())
    if moment <= command.at:
        raise Refused("not_ahead", time=moment.isoformat())
    try:
        in_time = moment.astimezone(UTC)
        _ = in_time + A_DAY  # so that it can be told on every clock of the world
    except OverflowError:
        raise Refused("time_out_of_range", time=moment.isoformat()) from None
    return in_time


def none_waits(request: Request | None) -> None:
    """One request at a time. Raises Refused: ``request_pending``."""
    if request is not None:
        raise Refused("request_pending", person=request.by)


def asked_for(request: Request | None) -> Request:
    """What somebody waits for. Raises Refused: ``no_request``."""
    if request is None:
        raise Refused("no_request")
    return request


def approvable(request: Request | None, command: Command) -> tuple[Request, datetime]:
    """A request of somebody else, and until when, which is still to come.

    Raises Refused: ``no_request``, ``own_request``, ``not_ahead`` (over by now).
    """
    request = asked_for(request)
    if command.actor.person == request.by:
        raise Refused("own_request")
    return request, ahead(request.until, command)


def own_unit(command: Command, setting: Setting) -> str:
    """The unit of whoever acts; the hotline's own when the token names none."""
    return command.actor.unit or setting.policy.intake_unit


def centre(command: Command, setting: Setting) -> str:
    """Where a case begins again: with whoever acts if they may dispatch, or the hotline."""
    move = setting.policy.moves.get((setting.policy.start, "dispatch"))
    if move is not None and command.actor.role in move.roles:
        return own_unit(command, setting)
    return setting.policy.intake_unit


def independent(case: Case, command: Command, setting: Setting) -> None:
    """Who had a hand in it judges neither the reply nor what the customer says (A6)."""
    if setting.policy.callback.independent and command.actor.person in case.handled_by:
        raise Refused("not_independent", person=command.actor.person)


def seen_through(
    case: Case, command: Command, setting: Setting, *, to_unit: str | None = None
) -> None:
    """A unit that was made to see it through gives it to no other, unless a role that the
    policy lets release it does so; None: wherever it would go.

    Raises Refused: ``owner_forced``.
    """
    forced = case.forced_unit
    if forced is None or to_unit == forced:
        return
    if command.actor.role not in setting.policy.orders.release:
        raise Refused("owner_forced", unit=forced)


def no_order_open(case: Case, setting: Setting) -> None:
    """A case does not end while an order 督办 is open, where the policy has it closed by
    somebody at all.

    Raises Refused: ``order_open``.
    """
    still = case.open_orders()
    if still and any(action == "close-supervision" for _, action in setting.policy.moves):
        raise Refused("order_open", n=still[0].n, unit=still[0].to_unit)


def another_case(case: Case, case_id: UUID, command: Command, setting: Setting) -> Case:
    """Another case that whoever acts may read.

    Raises Refused: ``same_case``, ``other_case_unknown`` (there is none, or it is hidden).
    """
    if case_id == case.id:
        raise Refused("same_case")
    found = setting.case(case_id)
    if found is None:
        raise Refused("other_case_unknown")
    try:
        see(found, command, setting)
    except NotFound:
        raise Refused("other_case_unknown") from None
    return found
