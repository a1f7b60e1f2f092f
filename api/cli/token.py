"""huiyin token: who may knock at the door, and under which role."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from api.cli.opening import office, refuse
from api.cli.output import notes, say

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
        say(opened.store.tokens.create(role=role, unit=unit, person=person, post=post))


@app.command("revoke")
def revoke(
    token: Annotated[str, typer.Argument(help="the token as it was printed")],
) -> None:
    """End a token. Whoever holds it is a stranger from now on."""
    with office() as opened:
        if not opened.store.tokens.revoke(token):
            refuse("no such token")
        notes.print("revoked")
