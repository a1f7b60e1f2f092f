"""From the files of a profile to the one document that is published into the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from domain.policy.policy import TABLES, Policy
from domain.policy.row import Malformed, Row
from domain.policy.workflow import dangling, spread

__all__ = ["Malformed", "parse"]

Document = dict[str, Any]


def parse(documents: Mapping[str, Mapping[str, Any]]) -> Document:
    """One document from the tables of a profile (the content of each file by its stem).

    The result holds only what JSON can say (times as ISO 8601 texts), stands for
    itself (``staying`` is written out), and parses to itself.
    Raises Malformed, which names the table, the row and the remedy.
    """
    for table in documents:
        if table not in TABLES:
            raise Malformed("policy_unknown_table", table=table, known=", ".join(TABLES))
    document: Document = {table: _plain(rows) for table, rows in documents.items()}
    if "workflow" in document:
        document["workflow"] = spread(Row("workflow", "workflow", document["workflow"]).values)
    policy = Policy.from_document(document)
    _references(policy)
    return document


def _plain(value: Any) -> Any:
    """The same value in the kinds that JSON has."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value


def _references(policy: Policy) -> None:
    """Every name that a row uses stands in the table it belongs to."""
    known = {
        "roles": policy.roles,
        "types": policy.types,
        "areas": policy.areas,
        "levels": policy.levels,
        "categories": policy.categories,
        "channels": policy.channels,
        "actions": policy.actions,
    }

    def check(table: str, row: str, key: str, values: Iterable[str], target: str) -> None:
        for value in sorted(values):
            if value not in known[target]:
                raise dangling(Row(table, row, {}), key, value, target)

    for (state, action), move in policy.moves.items():
        check("workflow", f"{state}.{action}", "roles", move.roles, "roles")
        if policy.actions:
            check("workflow", f"{state}.{action}", "action", [action], "actions")
    for code, rule in policy.types.items():
        check("types", code, "readers", rule.readers, "roles")
    for code, category in policy.categories.items():
        check("categories", code, "types", category.types, "types")
        if category.parent:
            check("categories", code, "code", [category.parent], "categories")
    for criterion in policy.criteria:
        check("levels", criterion.code, "level", [criterion.level], "levels")
    for (kind, code), reason in policy.reasons.items():
        check("reasons", f"{kind}.{code}", "types", reason.types, "types")
    for row in (*policy.limits.values(), *policy.routing):
        table = "routing" if row in policy.routing else "limits"
        for key in ("types", "areas", "categories", "levels", "channels"):
            check(table, row.code, key, getattr(row, key, ()), key)
