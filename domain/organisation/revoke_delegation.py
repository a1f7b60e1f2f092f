"""收回授权 Revoke a delegation before it expires."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from domain.command import Command
from domain.fact import Fact
from domain.organisation.delegate import must_speak_for
from domain.organisation.organisation import Organisation, OrganisationFact, moment
from domain.organisation.records import Books
from domain.refused import Refused
from domain.setting import Setting


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeDelegation(Command):
    """Nobody acts under the delegation from ``effective_from`` (UTC, by default now)."""

    ACTION: ClassVar[str] = "revoke-delegation"

    delegation: str
    effective_from: datetime | None = None


class DelegationRevoked(OrganisationFact):
    """Acts of before stay good; later ones are refused."""

    TOPIC: ClassVar[str] = "delegation.revoked"

    delegation: str

    def enter(self, books: Books) -> Books:
        delegation = books.delegations[self.delegation]
        return books.with_delegation(replace(delegation, revoked_from=self.effective_from))


def revoke_delegation(
    organisation: Organisation, command: RevokeDelegation, setting: Setting
) -> list[Fact]:
    since = moment(command.effective_from, command)
    delegation = organisation.books.delegations.get(command.delegation)
    if delegation is None:
        raise Refused("unknown_delegation", delegation=command.delegation)
    # Whoever holds the post now may take back what an earlier holder gave.
    post, actor = delegation.from_post, command.actor
    if not organisation.holds_post(actor.person, post, command.at):
        must_speak_for(delegation.from_person, actor, setting.policy)
    if delegation.revoked_from is not None or delegation.expires_at <= since:
        raise Refused("delegation_over", delegation=delegation.id)
    return [DelegationRevoked(delegation=delegation.id, effective_from=since)]
