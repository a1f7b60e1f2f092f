"""下一步 Next step: who must do what with a case, by its stage and what is asked of it."""

from __future__ import annotations

from typing import Protocol

# The usual word that takes a case on from a stage (domain.md A4). Which stages there are,
# and which of them are the end, is the policy's to say: one that is not here has no word.
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
    def open(self) -> bool: ...
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
    def callback_due(self) -> bool | None: ...
    @property
    def callback_outcome(self) -> str | None: ...
    @property
    def rehandle(self) -> bool: ...


def next_step(case: Situation) -> tuple[str | None, str | None, str | None]:
    """The action word, the unit that must act, and the person if one is known.

    All None for a case that is done. A stage without a usual word (of rules of one's own,
    or from the history of another system) has none here, but its holder still has it.
    """
    if not case.open:
        return None, None, None
    if case.offered_unit is not None:
        return "accept-handover", case.offered_unit, case.offered_person
    if case.suspension_asked or case.extension_asked:
        # Somebody else than who asked must decide: not a person that we could name.
        asked = "approve-suspension" if case.suspension_asked else "approve-extension"
        return asked, case.holder_unit, None
    word = _word(case)
    if case.stage in AT_THE_CENTRE:
        return word, case.units[0], None
    return word, case.holder_unit, case.holder_person


def _word(case: Situation) -> str | None:
    if case.stage == "reviewed":
        if not case.answered:
            return "give-final-answer"
        # Undecided: the customer was answered before anybody decided who is called back.
        due = case.callback_possible if case.callback_due is None else case.callback_due
        return "plan-callback" if due else "close"
    if case.stage == "callback" and case.callback_outcome is not None:
        return "reopen" if case.rehandle else "close"
    return USUAL.get(case.stage)
