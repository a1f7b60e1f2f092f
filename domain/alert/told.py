"""告警告知谁 Told: whose line an alert is told in, in the organisation as of the alert."""

from __future__ import annotations

from datetime import datetime

from domain.alert.wish import RaiseAlert
from domain.organisation.organisation import Organisation
from domain.policy.alert_rows import LEADER
from domain.promise.ladder import ABOVE_THE_TOP, Hearer, in_line, named_fallback
from domain.setting import Setting


def told(command: RaiseAlert, setting: Setting) -> Hearer:
    """Whom the rule names, found as the rungs of ladders are; what is about no unit is told
    in the hotline's own line. Of two units the nearest above both is the first above."""
    unit, up = command.unit or setting.policy.intake_unit, command.up
    if command.other_unit is not None and command.tells == LEADER:
        above = above_both(unit, command.other_unit, setting.organisation, command.at)
        if above is None:
            return named_fallback(unit, setting, command.at, ABOVE_THE_TOP)
        unit, up = above, max(up - 1, 0)
    return in_line(command.tells, up, unit, setting, command.at)


def above_both(
    one: str, other: str, organisation: Organisation, at: datetime
) -> str | None:
    """The nearest unit that stands above two and is neither; None: there is none."""
    lines = organisation.line(one, at), organisation.line(other, at)
    parties = {line[0] for line in lines if line}
    common = (unit for unit in lines[0] if unit in lines[1] and unit not in parties)
    return next(common, None)
