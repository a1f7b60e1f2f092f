"""Figures of hand-overs as the terminal prints them, and what each of them counts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from projections.handovers import COUNTED, Handovers
from projections.hops import HopRow

OCCURRENCES = ("handovers", "pingpong")
# The numbers in the order people ask for them.
NUMBERS = (
    "cases",
    "source_rows",
    "cases_with_handover",
    "handovers",
    "pingpong_cases",
    "pingpong",
    "reopened",
    "reopened_times",
    "push_to_front",
)


class NoList(Exception):
    """The number counts nothing that could be listed."""


def figures(view: Handovers, source: str | None = None) -> dict[str, Any]:
    """The numbers of one imported source, or of all cases.

    ``cases_with_handover``, ``pingpong_cases``, ``reopened`` and ``push_to_front`` count
    cases; ``handovers`` and ``pingpong`` count occurrences (ABAB is two ping-pongs);
    ``handovers_per_case`` is None when there is no case. ``layers``: levels of the
    organisation that all hand-overs went through (of history they are not known and
    count none), ``layers_max`` the most in one; ``dwell``: seconds that cases lay with
    each unit, the most first.
    """
    found = view.stats(source)
    numbers: dict[str, Any] = {name: found[name] for name in NUMBERS}
    per_case = found["handovers"] / found["cases"] if found["cases"] else None
    numbers["handovers_per_case"] = per_case if per_case is None else round(per_case, 3)
    numbers["layers"], numbers["layers_max"] = view.layers(source)
    numbers["dwell"] = view.dwell(source)
    return numbers


def listed(view: Handovers, number: str, source: str | None = None) -> Iterator[Any]:
    """Exactly what a number counts: case ids, or ``{case, seq, from, to}`` an occurrence.

    A case of an imported log is named by its id there, one of our own by its UUID.
    Raises NoList for a number that counts neither.
    """
    if number not in listable():
        raise NoList(f"{number} cannot be listed; these can: {', '.join(listable())}")
    for row in view.listed(number, source):
        case = row.source_id or str(row.case_id)
        if isinstance(row, HopRow):
            yield {"case": case, "seq": row.seq, "from": row.from_unit, "to": row.to_unit}
        else:
            yield case


def listable() -> list[str]:
    return [name for name in NUMBERS if name in COUNTED or name in OCCURRENCES]
