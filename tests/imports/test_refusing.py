"""What cannot be imported is told before anything is written; the rejects file is ours."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from api import policies
from api.imports.importer import fit
from api.imports.mapping import Mapping, load, parse, shipped
from api.imports.source import Unusable
from domain.policy.policy import Policy
from tests.imports.history import DESK, DESK_CSV, Importing, without

POLICY = Policy.from_document(policies.shipped()["sgcc-2022"])
DESK_TEXT = Path(DESK).read_text(encoding="utf-8")


def refused(importing: Importing, mapping: Mapping | str, file: Path, why: str) -> None:
    head = importing.store.log.head()
    with pytest.raises(Unusable, match=why):
        importing(mapping, file)
    assert importing.store.log.head() == head


def test_what_cannot_be_imported_at_all_writes_nothing(
    importing: Importing, tmp_path: Path
) -> None:
    desk = Path(DESK).read_text(encoding="utf-8")
    refused(
        importing, parse(desk.replace('"team"', '"tean"')), DESK_CSV, "did you mean 'team'"
    )
    refused(importing, parse(desk.replace('"closed"', '"close"')), DESK_CSV, "'closed'")
    refused(importing, DESK, tmp_path / "none.csv", "cannot read")
    damaged = tmp_path / "damaged.csv.gz"
    damaged.write_bytes(gzip.compress(DESK_CSV.read_bytes())[:-9])
    refused(importing, DESK, damaged, "damaged gzip")
    xes = tmp_path / "log.xes"
    xes.write_text("<log><trace><event/></trace></log>", encoding="utf-8")
    refused(importing, "xes-plain", xes, "'time:timestamp'")


def test_a_rejects_file_that_is_not_ours_is_left_alone(importing: Importing) -> None:
    importing.rejects.write_text("my notes\n", encoding="utf-8")
    refused(importing, DESK, DESK_CSV, "is no rejects file")
    assert importing.rejects.read_text(encoding="utf-8") == "my notes\n"


def test_a_rejects_file_of_an_earlier_run_goes_when_nothing_is_rejected(
    importing: Importing, tmp_path: Path
) -> None:
    importing(DESK, DESK_CSV)
    assert importing.rejects.exists()
    importing(DESK, without(4, DESK_CSV, tmp_path / "sound.csv"))
    assert not importing.rejects.exists()


def test_a_rejects_file_that_cannot_be_written_is_told_before_anything_is(
    importing: Importing, tmp_path: Path
) -> None:
    importing.rejects = tmp_path / "nowhere" / "rejects.csv"
    refused(importing, DESK, DESK_CSV, "--rejects PATH")


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_mapping_speaks_of_what_the_shipped_policy_knows(name: str) -> None:
    fit(load(name), POLICY)


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (
            '"Completed/Closed" = "closed"',
            '"Completed/Closed" = "close"',
            "statuses.'Completed/Closed': the policy sgcc-2022@3 has no 'close'",
        ),
        (
            '"Completed/Closed" = "closed"',
            '"Completed/Closed" = { stage = "closed", action = "clos" }',
            "has no 'clos' (did you mean 'close'?)",
        ),
        ('source = "desk"', 'source = "desk"\notherwise = "lost"', "otherwise: the policy"),
        ('"fault_repair"', '"repair"', "case.business_type: the policy sgcc-2022@3 has no"),
        ('{ is = "other" }', '{ column = "who", default = "telex" }', "case.channel: the"),
        (
            '{ is = "other" }',
            '{ column = "who", values = { a = "95598", b = "9559" } }',
            "has no '9559' (did you mean '95598'?)",
        ),
    ],
)
def test_what_the_policy_does_not_know_is_told(before: str, after: str, told: str) -> None:
    assert before in DESK_TEXT
    with pytest.raises(Unusable) as why:
        fit(parse(DESK_TEXT.replace(before, after, 1)), POLICY)
    assert told in str(why.value)
