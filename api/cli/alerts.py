"""huiyin alerts: what was noticed across cases, who was told, what is still owed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from api.cli.opening import office, refuse
from api.cli.output import moment, notes, say_json, say_table, zone
from api.office import Office
from domain.policy.policy import Policy
from projections.alerts import ALERTS, AlertRow, alerts_of, owed
from projections.reading import Condition, Is, Stored

COLUMNS = ("raised", "alert", "about", "n", "usual", "told", "owed", "id")


def alerts(
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="warnings, and what was answered or closed, too")
    ] = False,
    unit: Annotated[
        str | None, typer.Option(help="only of this unit and those below it")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="one object")] = False,
) -> None:
    """Alerts across cases 告警 that wait for an answer or for the end of a focus check."""
    with office() as opened:
        behind = opened.come_along()
        source = Stored(opened.store.pool)
        where: list[Condition] = [] if everything else [Is("open", True)]
        where += [alerts_of(*scope(opened, unit))] if unit is not None else []
        rows: list[AlertRow] = source.select(ALERTS.table, *where, order=("raised_at",))
        waiting, rules = owed(source), opened.desk.policy_in_force(datetime.now(UTC))
    if as_json:
        say_json({"items": rows, "count": len(rows), "open": waiting, "behind": behind})
        return
    title = f"alerts 告警, times in {zone()}: {waiting} open"
    say_table(title, COLUMNS, (cells(row, rules) for row in rows), whole=["id"])
    if not rows and not everything:
        notes.print("nothing is owed; --all shows warnings and what is over")


def scope(opened: Office, unit: str) -> frozenset[str]:
    """The unit and all below it; refuses one that there is not."""
    found = opened.desk.organisation().scope(unit, datetime.now(UTC))
    if not found:
        refuse(f"there is no unit {unit}")
    return found


def cells(row: AlertRow, rules: Policy) -> list[str | None]:
    """One line of the list."""
    return [
        moment(row.raised_at),
        row.kind,
        about(row, rules),
        str(row.n),
        None if row.usual is None else f"{row.usual:.1f}",
        " ".join(filter(None, (row.told_unit, row.told_person or "nobody"))),
        state(row),
        str(row.alert_id),
    ]


def about(row: AlertRow, rules: Policy) -> str:
    """What it counts for: units, a category, a topic, a customer."""
    topic = rules.topics.get(row.topic or "")
    units = " ↔ ".join(unit for unit in (row.unit, row.other_unit) if unit)
    customer = f"customer {str(row.customer)[:8]}…" if row.customer else None
    named = topic.zh if topic is not None else None
    parts = (units, row.category, row.topic, named, customer)
    return " ".join(part for part in parts if part)


def state(row: AlertRow) -> str:
    """What is still owed, or what came of it."""
    answered = f"answered {moment(row.answered_at)} by {row.answered_by}"
    if row.closed_at is not None:
        return f"closed {moment(row.closed_at)} by {row.closed_by}: {row.outcome}"
    if not row.open:
        return answered if row.answered_at is not None else "told"
    wants = "focus check 待检查" if row.action == "check" else "answer 待答复"
    return f"{wants}, {answered}" if row.answered_at is not None else wants
