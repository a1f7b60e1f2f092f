"""回访判定 Who is called back: all of a type or level, a sample, or nobody (A6, B96)."""

from __future__ import annotations

from hashlib import sha256
from typing import ClassVar
from uuid import UUID

from domain.case.case import Case, CaseFact
from domain.case.rules import circumstances
from domain.setting import Setting

ALL, LEVEL, DRAWN, NOT_DRAWN, NONE = "all", "level", "drawn", "not_drawn", "none"
# Nobody can be asked, or nothing is left to ask: the first that holds.
UNASKED = ("withdrawn", "secret", "anonymous", "no_phone")
WHYS = (ALL, LEVEL, DRAWN, NOT_DRAWN, NONE, *UNASKED)
PARTS = 1_000_000


class CallbackDecided(CaseFact):
    """Whether a callback is ``due``, decided when the customer was answered or withdrew.

    ``why``: ``all`` of its type are called, its ``level`` always is, it was ``drawn`` or
    ``not_drawn`` in a sample, ``none`` of its type are; or what hides the customer:
    ``secret``, ``anonymous``, ``no_phone``, ``withdrawn``. Of a sample: drawn when ``draw``
    is less than the ``rate`` (both from 0 to 1).
    """

    TOPIC: ClassVar[str] = "case.callback_decided"
    OWNER_ACT: ClassVar[bool] = False

    due: bool
    why: str
    rate: float | None = None
    draw: float | None = None

    def fold(self, case: Case) -> None:
        case.callback_due = self.due


def choose(case: Case, setting: Setting, *, withdrawn: bool = False) -> CallbackDecided:
    """Who is called back, as the case and its policy stand. The same case always gets the
    same answer: the sample is drawn by its id.

    ``withdrawn``: the customer takes it back with this command.
    """
    holding = circumstances(case) | ({"withdrawn"} if withdrawn else frozenset())
    for why in UNASKED:
        if why in holding:
            return CallbackDecided(due=False, why=why)
    rule = setting.policy.types.get(case.business_type)
    if rule is None or rule.callback == "all":
        return CallbackDecided(due=True, why=ALL)
    if case.level in setting.policy.callback.levels_always:
        return CallbackDecided(due=True, why=LEVEL)
    if rule.callback == "none":
        return CallbackDecided(due=False, why=NONE)
    number = draw(case.id, case.policy)
    return CallbackDecided(
        due=number < rule.callback_rate,
        why=DRAWN if number < rule.callback_rate else NOT_DRAWN,
        rate=rule.callback_rate,
        draw=number,
    )


def draw(case_id: UUID, seed: str) -> float:
    """The number from 0 to below 1 of a case, evenly spread over cases; anybody who knows
    the ``seed`` (the label of the policy) can check it. Six decimals."""
    digest = sha256(f"{seed} {case_id}".encode()).digest()
    return int.from_bytes(digest[:8]) % PARTS / PARTS


def is_due(case: Case, setting: Setting) -> bool:
    """Whether a callback is due before the case ends: once decided so, it stays so; and
    what has come to light since (a level, a phone number) can still make it so."""
    return bool(case.callback_due) or choose(case, setting).due
