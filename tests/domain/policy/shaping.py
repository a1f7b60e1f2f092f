"""Small policies to break, and a way to break them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

NAMED = {"zh": "名", "en": "name", "source": "U"}
RULE = {"complaint": "yes", "dispatch": "always", "callback": "all"}


def small() -> dict[str, Any]:
    """The smallest policy that holds: two states, two actions, two roles."""
    return {
        "profile": NAMED
        | {
            "name": "small",
            "version": 1,
            "effective_from": "2022-01-01T00:00:00+08:00",
            "intake_unit": "95598",
        },
        "workflow": {
            "states": {
                "received": NAMED
                | {
                    "start": True,
                    "actions": [
                        {
                            "action": "close",
                            "to": "closed",
                            "roles": ["agent", "dispatcher"],
                            "source": "A4",
                        }
                    ],
                },
                "closed": NAMED | {"terminal": True},
            }
        },
        "actions": {"close": NAMED, "receive": NAMED},
        "types": {"complaint": NAMED | RULE},
        "channels": {"95598": NAMED},
        "roles": {
            "agent": NAMED | {"scope": "all", "may": ["receive"], "views": ["board"]},
            "dispatcher": NAMED | {"scope": "own"},
        },
    }


def changed(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with the value at ``table/row/key`` replaced; None takes it out."""
    copy = deepcopy(document)
    *way, last = path.split("/")
    place: Any = copy
    for step in way:
        place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
    if value is None:
        del place[last]
    else:
        place[last] = value
    return copy
