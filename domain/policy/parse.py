"""From the files of a profile to the one document that is published into the log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time
from typing import Any

from domain.policy.policy import TABLES, Policy
from domain.policy.row import Malformed, Row, dangling
from domain.policy.rows import Limit, Route
from domain.policy.workflow import spread

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
        document["workflow"] = spread(
            Row("workflow", "workflow", document["workflow"]).values
        )
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
    for (state, action), move in policy.moves.items():
        _stand(policy, "workflow", f"{state}.{action}", roles=move.roles, actions=(action,))
    for code, role in policy.roles.items():
        _stand(policy, "roles", code, actions=role.may)
    for code, rule in policy.types.items():
        _stand(policy, "types", code, roles=rule.readers)
    for code, category in policy.categories.items():
        _stand(policy, "categories", code, types=category.types)
    for criterion in policy.criteria:
        _stand(policy, "levels", criterion.code, levels=(criterion.level,))
    for (kind, code), reason in policy.reasons.items():
        _stand(policy, "reasons", f"{kind}.{code}", types=reason.types)
    for limit in policy.limits.values():
        _stand(policy, "limits", limit.code, **_scope(limit))
        _stand(policy, "limits", limit.code, levels=limit.levels, channels=limit.channels)
    for route in policy.routing:
        _stand(policy, "routing", route.code, **_scope(route))


def _scope(row: Limit | Route) -> dict[str, Iterable[str]]:
    return {"types": row.types, "areas": row.areas, "categories": row.categories}


def _stand(policy: Policy, table: str, row: str, **named: Iterable[str]) -> None:
    """Raises Malformed for the first name that the table called like it lacks."""
    for target, values in named.items():
        for value in sorted(values):
            if value not in getattr(policy, target):
                raise dangling(Row(table, row, {}), target, value, target)
