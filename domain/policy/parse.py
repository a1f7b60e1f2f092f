"""From the files of a profile to the one document that is published into the log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, time
from itertools import chain
from typing import Any

from domain.policy.policy import TABLES, Policy
from domain.policy.row import Malformed, Row, dangling
from domain.policy.rows import Limit, Route
from domain.policy.time_checks import check_time
from domain.policy.workflow import spread

__all__ = ["Malformed", "parse"]

DEEPEST = 8
"""No table nests further; a document that does is not one of ours."""

Document = dict[str, Any]
Names = tuple[str, str, Mapping[str, Iterable[str]]]


def parse(
    documents: Mapping[str, Mapping[str, Any]], words: frozenset[str] | None = None
) -> Document:
    """One document from the tables of a profile (the content of each file by its stem).

    The result holds only what JSON can say (times as ISO 8601 texts), stands for
    itself (``staying`` is written out), and parses to itself.
    ``words`` are those that clocks can listen for (time_checks.vocabulary); None: what
    the rules of time say of one another is not checked.
    Raises Malformed, which names the table, the row and the remedy.
    """
    for table in documents:
        if table not in TABLES:
            raise Malformed("policy_unknown_table", table=table, known=", ".join(TABLES))
    document: Document = {table: _plain(rows, table) for table, rows in documents.items()}
    if "workflow" in document:
        workflow = Row("workflow", "workflow", document["workflow"])
        workflow.only("states", "staying")
        document["workflow"] = spread(workflow.values)
    policy = Policy.from_document(document)
    _references(policy)
    if words is not None:
        check_time(policy, words)
    return document


def _plain(value: Any, table: str, deep: int = 0) -> Any:
    """The same value in the kinds that JSON has."""
    if deep > DEEPEST:
        raise Malformed("policy_too_deep", table=table, deepest=DEEPEST)
    if isinstance(value, Mapping):
        return {str(key): _plain(each, table, deep + 1) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each, table, deep + 1) for each in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value


def _references(policy: Policy) -> None:
    """Raises Malformed for the first name that the table it belongs to lacks."""
    named = chain(
        _names_of_people(policy), _names_of_matters(policy), _names_of_time(policy)
    )
    for table, row, names in named:
        for target, values in names.items():
            for value in sorted(values):
                if value not in getattr(policy, target):
                    raise dangling(Row(table, row, {}), target, value, target)


def _names_of_people(policy: Policy) -> Iterator[Names]:
    """What the rows say about who does what: table, row, and names by their table."""
    for (state, action), move in policy.moves.items():
        yield "workflow", f"{state}.{action}", {"roles": move.roles, "actions": [action]}
    for code, role in policy.roles.items():
        yield "roles", code, {"actions": role.may}
    for code, rule in policy.types.items():
        yield "types", code, {"roles": rule.readers}


def _names_of_matters(policy: Policy) -> Iterator[Names]:
    """What the rows say about which matters they are for."""
    for code, category in policy.categories.items():
        yield "categories", code, {"types": category.types}
    for criterion in policy.criteria:
        yield "levels", criterion.code, {"levels": [criterion.level]}
    for (kind, code), reason in policy.reasons.items():
        yield "reasons", f"{kind}.{code}", {"types": reason.types}
    for limit in policy.limits.values():
        own = {"levels": limit.levels, "channels": limit.channels}
        yield "limits", limit.code, _scope(limit) | own
    for route in policy.routing:
        yield "routing", route.code, _scope(route)


def _names_of_time(policy: Policy) -> Iterator[Names]:
    """What the rules of time say about who is told, where and for which cases."""
    for step, clock in policy.clocks.items():
        if clock.ladder is not None:
            yield "clocks", step, {"ladders": [clock.ladder]}
    for code, signal in policy.signals.items():
        yield (
            "signals",
            code,
            {
                "ladders": [signal.ladder],
                "states": signal.stages,
                "levels": signal.levels,
            },
        )
    yield "orders", "release", {"roles": policy.orders.release}
    yield "callback", "levels_always", {"levels": policy.callback.levels_always}


def _scope(row: Limit | Route) -> dict[str, Iterable[str]]:
    return {"types": row.types, "areas": row.areas, "categories": row.categories}
