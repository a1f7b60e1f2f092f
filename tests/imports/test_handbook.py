"""The example of docs/mapping.md is imported as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

from api.imports.mapping import parse, shipped
from domain.case.witness import StepWitnessed
from tests.imports.history import Importing

HANDBOOK = (Path(__file__).parents[2] / "docs" / "mapping.md").read_text(encoding="utf-8")
TABLE, MAPPING = re.findall(r"```(?:toml)?\n(.*?)```", HANDBOOK, re.DOTALL)[:2]


def test_the_ten_minutes_example_works(importing: Importing, tmp_path: Path) -> None:
    file = tmp_path / "tickets.csv"
    file.write_text(TABLE, encoding="utf-8")
    summary = importing(parse(MAPPING), file)
    assert (summary.rows, summary.rejected, summary.facts) == (3, 0, 4)
    facts = [entry.fact for entry in importing.store.log.scan()]
    steps = [fact for fact in facts if isinstance(fact, StepWitnessed)]
    assert [step.stage for step in steps] == ["received", "handling", "closed"]
    assert [step.deviation for step in steps] == [
        None,
        "received --> handling",
        "handling --> closed",
    ]


def test_the_handbook_names_every_shipped_mapping() -> None:
    assert [name for name in shipped() if f"`{name}`" not in HANDBOOK] == []
