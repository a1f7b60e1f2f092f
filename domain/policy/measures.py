"""指标 Measures (A7): which rows a figure counts, by which time, under which conditions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from domain.policy.row import Malformed, Row, dangling
from domain.policy.rows import Named

TABLE = "measures"
UNITS = ("share", "count", "hours", "seconds", "times", "rate", "points")
STATS = ("mean", "median", "p90", "sum")
# How a column's word says more than "is": hops_min = 2, level_present = true.
ENDINGS = {"_min": "min", "_max": "max", "_present": "present"}
SCALES = range(10)

# What every row that belongs to a case can say of it. `complaint` and `counted` follow from
# the business type's rule.
OF_CASE = {
    "business_type": "text",
    "complaint": "flag",
    "counted": "text",
    "channel": "text",
    "category": "text",
    "level": "text",
    "area": "text",
    "secret": "flag",
    "anonymous": "flag",
    "merged": "flag",
    "witnessed": "flag",
    "on_receipt": "flag",
    "unit": "text",
}

# The rows that can be counted, and their columns: `moment` and `deadline` place a row in a
# window (a deadline only once it has come), the others are asked and reckoned with.
SOURCES: Mapping[str, Mapping[str, str]] = {
    "cases": OF_CASE
    | {
        "received_at": "moment",
        "answered_at": "moment",
        "closed_at": "moment",
        "withdrawn": "flag",
        "repeat": "flag",
        "reopened": "number",
        "answer_hours": "number",
        "handling_hours": "number",
        "idle_hours": "number",
        "hops": "number",
        "pingpong": "number",
        "layers": "number",
    },
    "rounds": OF_CASE
    | {
        "round": "number",
        "begun_at": "moment",
        "dispatched_at": "moment",
        "contacted_at": "moment",
        "contacted": "flag",
        "replied_at": "moment",
        "reviewed_at": "moment",
        "passed": "flag",
        "answered_at": "moment",
        "decided_at": "moment",
        "callable": "flag",
        "called_at": "moment",
        "called": "flag",
        "reached_at": "moment",
        "reached": "flag",
        "satisfaction": "text",
        "satisfied": "flag",
        "solved": "flag",
        "closed_at": "moment",
    },
    "dispatches": OF_CASE
    | {
        "at": "moment",
        "from_unit": "text",
        "reason": "text",
        "layers": "number",
        "returned": "flag",
        "returned_at": "moment",
        "return_reason": "text",
        "taken_back": "flag",
    },
    "clocks": OF_CASE
    | {
        "step": "text",
        "kind": "text",
        "rule": "text",
        "state": "text",
        "started_at": "moment",
        "due": "deadline",
        "stopped_at": "moment",
        "breached_at": "moment",
        "breached": "flag",
        "explained": "text",
        "moved": "number",
    },
    "rungs": OF_CASE
    | {
        "told_at": "moment",
        "rung": "number",
        "rule": "text",
        "reason": "text",
        "fallback": "text",
        "answered": "flag",
        "answer_hours": "number",
    },
    "hops": OF_CASE
    | {"at": "moment", "from_unit": "text", "pingpong": "flag", "layers": "number"},
    "ratings": OF_CASE
    | {
        "at": "moment",
        "rater": "text",
        "satisfaction": "text",
        "satisfied": "flag",
        "solved": "flag",
        "counted_in": "flag",
        "incentive": "text",
    },
    "calls": {
        "unit": "text",
        "channel": "text",
        "line": "text",
        "offered_at": "moment",
        "answered_at": "moment",
        "ended_at": "moment",
        "answered": "flag",
        "abandoned": "flag",
        "waited": "number",
        "talked": "number",
        "handed_on": "number",
        "rating": "text",
        "satisfied": "flag",
    },
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One condition on a column. ``how``: ``is`` (one of ``values``), ``min`` (≥), ``max``
    (≤), or ``present`` (true: it has a value)."""

    column: str
    how: str
    values: tuple[Any, ...]

    def holds(self, row: Mapping[str, Any]) -> bool:
        found, wanted = row[self.column], self.values[0]
        if self.how == "is":
            return found in self.values
        if self.how == "present":
            return (found is not None) is wanted
        if found is None:
            return False
        return bool(found >= wanted if self.how == "min" else found <= wanted)

    def __str__(self) -> str:
        said = "|".join(str(value).lower() for value in self.values)
        if self.how == "present":
            return f"{self.column} {'present' if self.values[0] else 'absent'}"
        sign = {"is": "=", "min": "≥", "max": "≤"}[self.how]
        return f"{self.column} {sign} {said}"


# Any of these holds, each when all of its terms do; nothing said: always.
Terms = tuple[tuple[Term, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure(Named):
    """One figure. Its base: rows ``of`` a source whose ``window`` column lies in the period
    and for which ``where`` holds.

    ``counts`` given: the share of the base for which it holds. ``value`` given: ``stat`` of
    that column over the base. ``scaled`` given: the base per 10^scaled customers.
    ``weights`` given: the weighted sum of other measures' values, in points of 100. None of
    these: how many the base has. ``formula`` says it in the words of the business.
    """

    code: str
    unit: str
    formula: str
    of: str = ""
    window: str = ""
    where: Terms = ()
    counts: Terms = ()
    value: str | None = None
    stat: str = ""
    scaled: int | None = None
    weights: Mapping[str, float] = field(default_factory=dict)

    def in_base(self, row: Mapping[str, Any]) -> bool:
        return holds(self.where, row)

    def is_counted(self, row: Mapping[str, Any]) -> bool:
        """Whether a row of the base is in the numerator too."""
        return holds(self.counts, row)

    @property
    def reads(self) -> str:
        """What is computed, word by word, so that it can be done again by hand."""
        if self.weights:
            return " + ".join(f"{weight} × {code}" for code, weight in self.weights.items())
        base = f"{self.of} by {self.window}"
        if self.where:
            base += f" where {spoken(self.where)}"
        if self.counts:
            return f"{spoken(self.counts)} / {base}"
        if self.value is not None:
            return f"{self.stat} of {self.value} over {base}"
        if self.scaled is not None:
            return f"{base} / customers × 10^{self.scaled}"
        return f"number of {base}"


def holds(terms: Terms, row: Mapping[str, Any]) -> bool:
    return not terms or any(all(term.holds(row) for term in group) for group in terms)


def spoken(terms: Terms) -> str:
    groups = [" and ".join(map(str, group)) for group in terms]
    return groups[0] if len(groups) == 1 else " or ".join(f"({g})" for g in groups)


def read_measures(document: Mapping[str, Any]) -> dict[str, Measure]:
    """A7: the measures by code, in the order of the file; none without such a table.

    Raises Malformed: a row of a source, column or kind that there is not, a measure that
    says two things at once, a weight for a measure that there is not.
    """
    top = Row(TABLE, TABLE, document.get(TABLE, {}))
    found = {
        name: read_measure(Row(TABLE, name, values)) for name, values in top.values.items()
    }
    for measure in found.values():
        for code in measure.weights:
            if code not in found or found[code].weights:
                row = Row(TABLE, measure.code, {})
                raise dangling(row, "weights", code, TABLE)
    return found


def read_measure(row: Row) -> Measure:
    row.only(
        *("zh", "en", "source", "unit", "formula", "of", "window", "where", "counts"),
        *("value", "stat", "scaled", "weights"),
    )
    said: dict[str, Any] = {
        "zh": row.text("zh"),
        "en": row.text("en"),
        "source": row.source(),
        "code": row.name,
        "unit": row.one_of("unit", UNITS),
        "formula": row.text("formula"),
    }
    kinds = [k for k in ("counts", "value", "scaled", "weights") if row.has(k)]
    if len(kinds) > 1:
        raise row.wrong(kinds[1], f"nothing beside {kinds[0]}", row.values[kinds[1]])
    if kinds == ["weights"]:
        return Measure(**said, weights=read_weights(row))
    of = row.one_of("of", tuple(SOURCES))
    window = row.one_of("window", columns(of, "moment", "deadline"))
    where = tuple(read_terms(row, "where", of))
    stat = row.one_of("stat", STATS) if row.has("value") else ""
    value = row.one_of("value", columns(of, "number")) if row.has("value") else None
    scaled = row.whole("scaled") if row.has("scaled") else None
    if scaled is not None and scaled not in SCALES:
        raise row.wrong("scaled", f"a power of ten up to {SCALES[-1]}", scaled)
    return Measure(
        **said,
        of=of,
        window=window,
        where=where,
        counts=tuple(read_terms(row, "counts", of)),
        value=value,
        stat=stat,
        scaled=scaled,
    )


def read_weights(row: Row) -> dict[str, float]:
    weights = Row(TABLE, f"{row.name}.weights", row.values["weights"])
    if not weights.values:
        raise row.wrong("weights", "a weight for each of some measures", {})
    return {code: weights.number(code) for code in weights.values}


def columns(of: str, *kinds: str) -> tuple[str, ...]:
    """The columns of a source that are of one of these kinds."""
    return tuple(name for name, kind in SOURCES[of].items() if kind in kinds)


def read_terms(row: Row, key: str, of: str) -> Iterator[tuple[Term, ...]]:
    """A table of conditions, all of which must hold; or a list of such, any of which."""
    if not row.has(key):
        return
    said = row.values[key]
    groups = said if isinstance(said, list | tuple) else [said]
    for n, group in enumerate(groups):
        terms = Row(TABLE, f"{row.name}.{key}[{n}]", group)
        if not terms.values:
            raise row.wrong(key, "at least one condition", said)
        yield tuple(read_term(terms, word, of) for word in terms.values)


def read_term(terms: Row, word: str, of: str) -> Term:
    known = SOURCES[of]
    if word in known:
        return Term(column=word, how="is", values=wanted(terms, word, known[word]))
    for ending, how in ENDINGS.items():
        column = word.removesuffix(ending)
        if column == word or column not in known:
            continue
        if how == "present":
            return Term(column=column, how=how, values=(terms.flag(word),))
        if known[column] == "number":
            return Term(column=column, how=how, values=(terms.number(word),))
    raise Malformed(
        "policy_row_unknown_key",
        table=terms.table,
        row=terms.name,
        key=word,
        known=", ".join(known),
    )


def wanted(terms: Row, word: str, kind: str) -> tuple[Any, ...]:
    """The value, or any of the values, that a column is to have."""
    if kind == "flag":
        return (terms.flag(word),)
    if kind == "number":
        return (terms.number(word),)
    if kind != "text":
        raise terms.wrong(word, "a period, not a condition, for a time", terms.values[word])
    if isinstance(terms.values[word], str):
        return (terms.text(word),)
    found = terms.texts(word)
    if not found:
        raise terms.wrong(word, "a text, or some texts", found)
    return found
