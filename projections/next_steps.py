"""下一步 Next step: who must do what with a case, by its stage and what is asked of it."""

from __future__ import annotations

from typing import Protocol

# Stages in which nobody has to do anything any more (已归档, 已移送, 已合并).
DONE = frozenset({"closed", "referred", "merged"})

# The action word that takes a case on from each stage (domain.md A4).
USUAL = {
    "received": "dispatch",
    "dispatched": "accept",
    "handling": "reply",
    "returned": "approve-return",
    "suspended": "end-suspension",
    "replied": "approve-reply",
    "reviewed": "plan-callback",
    "callback": "complete-callback",
    "withdrawn": "close",
}
# Where the centre that took the case decides, whoever holds it meanwhile.
AT_THE_CENTRE = frozenset({"returned", "replied", "reviewed", "withdrawn"})


class Situation(Protocol):
    """What of a case tells the next step."""

    @property
    def stage(self) -> str: ...
    @property
    def units(self) -> tuple[str, ...]: ...
    @property
    def holder_unit(self) -> str: ...
    @property
    def holder_person(self) -> str | None: ...
    @property
    def offered_unit(self) -> str | None: ...
    @property
    def offered_person(self) -> str | None: ...
    @property
    def suspension_asked(self) -> bool: ...
    @property
    def extension_asked(self) -> bool: ...
    @property
    def answered(self) -> bool: ...
    @property
    def callback_possible(self) -> bool: ...
    @property
    def callback_outcome(self) -> str | None: ...


def next_step(case: Situation) -> tuple[str | None, str | None, str | None]:
    """The action word, the unit that must act, and the person if one is known.

    All None for a case that is done. A stage that the vocabulary lacks (from history of
    another system) has no word, but its holder still has it.
    """
    if case.stage in DONE:
        return None, None, None
    if case.offered_unit is not None:
        return "accept-handover", case.offered_unit, case.offered_person
    if case.suspension_asked or case.extension_asked:
        # Somebody else than who asked must decide: not a person that we could name.
        word = "approve-suspension" if case.suspension_asked else "approve-extension"
        return word, case.holder_unit, None
    word = _word(case)
    if case.stage in AT_THE_CENTRE:
        return word, case.units[0], None
    return word, case.holder_unit, case.holder_person


def _word(case: Situation) -> str:
    if case.stage == "reviewed":
        if not case.answered:
            return "give-final-answer"
        return "plan-callback" if case.callback_possible else "close"
    if case.stage == "callback" and case.callback_outcome is not None:
        return "close"
    return USUAL.get(case.stage, "")
