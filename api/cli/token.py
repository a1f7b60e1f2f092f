"""huiyin token: who may knock at the door, and under which role."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from api.cli.opening import office, refuse
from api.cli.output import notes, say
from api.office import Office

app = typer.Typer(help="Bearer tokens for the HTTP interface.", no_args_is_help=True)


@app.command("create")
def create(
    role: Annotated[str, typer.Option(help="agent, dispatcher, handler, leader, …")],
    unit: Annotated[str, typer.Option(help="the unit the holder acts for")],
    person: Annotated[str | None, typer.Option(help="who; default ROLE@UNIT")] = None,
    post: Annotated[str | None, typer.Option(help="in which post")] = None,
) -> None:
    """Make a token and print it. It is shown this once; only its hash is kept."""
    with office() as opened:
        roles = opened.desk.policy_in_force(datetime.now(UTC)).roles
        if role not in roles:
            refuse(f"no role {role}; the policy has {', '.join(sorted(roles))}")
        known(opened, unit, post)
        say(opened.store.tokens.create(role=role, unit=unit, person=person, post=post))


def known(opened: Office, unit: str, post: str | None) -> None:
    """Refuses a unit or a post that nobody opened, once the organisation has units."""
    now = datetime.now(UTC)
    organisation = opened.desk.organisation()
    units = [each.id for each in organisation.units(now)]
    if units and unit not in units:
        refuse(f"no open unit {unit}; there are {', '.join(units[:20])}")
    if post is not None and organisation.post(post) is None:
        refuse(f"no post {post} was ever defined")


@app.command("revoke")
def revoke(
    token: Annotated[str, typer.Argument(help="the token as it was printed")],
) -> None:
    """End a token. Whoever holds it is a stranger from now on."""
    with office() as opened:
        if not opened.store.tokens.revoke(token):
            refuse("no such token")
        notes.print("revoked")
