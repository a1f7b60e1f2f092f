"""huiyin kafka asyncapi: the document that tells other systems what travels on Kafka."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.cli.opening import refuse
from api.cli.output import FOUND, notes, say_json
from consumers.asyncapi.document import as_yaml, document


def asyncapi(
    check: Annotated[
        Path | None,
        typer.Option(help="compare with this file and print nothing; status 1: it differs"),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="JSON in place of YAML")] = False,
) -> None:
    """Print the AsyncAPI 3.0 document of this program. No broker is asked.

    `huiyin kafka asyncapi > docs/asyncapi.yaml` writes it anew.
    """
    if as_json and check is None:
        return say_json(document())
    try:
        told = as_yaml()
        there = check.read_text(encoding="utf-8") if check else None
    except ImportError as missing:
        refuse(f"{missing.name} is not installed: pip install -e '.[kafka]', or use --json")
    except (OSError, UnicodeDecodeError) as unread:
        refuse(f"{check} cannot be read: {unread}")
    if check is None:
        return typer.echo(told, nl=False)
    if there != told:
        refuse(
            f"{check} is not what this program says: run `make asyncapi`, look at what"
            " changed, and commit it (a field that other systems read must not go)",
            FOUND,
        )
    notes.print(f"{check} says what this program says", highlight=False)
    return None
