"""A profile may say only in what it differs; what is published is whole all the same."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from api.policies import read_profile, read_tables, shipped
from domain.policy.extend import extended
from domain.policy.parse import Malformed
from domain.policy.policy import Policy

BASE: dict[str, Any] = {
    "profile": {"name": "base", "counting_basis": {"value": "on_receipt", "source": "U"}},
    "limits": {
        "one": {"value": 1, "zh": "一", "en": "one", "source": "P1"},
        "two": {"value": 2, "zh": "二", "en": "two", "source": "P2"},
    },
    "reasons": {"return": {"wrong_area": {"zh": "区域", "en": "area", "source": "A4"}}},
    "orders": {"urge_gap": {"value": "2 h", "source": "U"}},
}
SGCC = shipped()["sgcc-2022"]
OWN = """
name = "mine"
extends = "sgcc-2022"
version = 1
effective_from = 2024-01-01T00:00:00+08:00
intake_unit = "95598"
calendar = "cn-office"
zh = "本地规则"
en = "local rules"
source = "U"
"""


def test_what_is_not_said_is_as_in_the_base() -> None:
    whole = extended(BASE, {"profile": {"name": "own"}})
    assert whole == BASE | {"profile": {"name": "own"}}, "the own profile row stands alone"


def test_a_row_is_added_or_takes_the_place_of_the_whole_row() -> None:
    two = {"value": 9, "zh": "九", "en": "nine", "source": "U"}
    whole = extended(BASE, {"limits": {"two": two | {"unit": "wd"}, "three": two}})
    assert list(whole["limits"]) == ["one", "two", "three"]
    assert whole["limits"]["one"] == BASE["limits"]["one"]
    assert whole["limits"]["two"] == two | {"unit": "wd"}
    assert whole["limits"]["three"] == two


def test_another_figure_never_keeps_the_source_of_the_old_one() -> None:
    whole = extended(BASE, {"limits": {"two": {"value": 9}}})
    assert whole["limits"]["two"] == {"value": 9}, "without a source it will not parse"


def test_words_alone_say_the_same_rule_otherwise() -> None:
    whole = extended(BASE, {"limits": {"two": {"zh": "贰"}}})
    assert whole["limits"]["two"] == BASE["limits"]["two"] | {"zh": "贰"}


def test_a_row_a_kind_of_rows_and_a_table_can_be_left_behind() -> None:
    own = {
        "limits": {"two": False},
        "reasons": {"return": False},
        "orders": {"extends": False, "blocks": {"value": [], "source": "U"}},
    }
    whole = extended(BASE, own)
    assert set(whole["limits"]) == {"one"}
    assert whole["reasons"] == {}
    assert whole["orders"] == {"blocks": {"value": [], "source": "U"}}


def test_rows_deeper_down_go_in_among_the_others() -> None:
    more = {"zh": "类型", "en": "type", "source": "A4"}
    whole = extended(BASE, {"reasons": {"return": {"wrong_type": more}}})
    assert set(whole["reasons"]["return"]) == {"wrong_area", "wrong_type"}


def test_the_base_stays_as_it_was() -> None:
    before = repr(BASE)
    extended(BASE, {"limits": {"one": False}, "reasons": {"return": {"x": {}}}})
    assert repr(BASE) == before


@pytest.mark.parametrize("own", [{"limits": {"six": False}}, {"new": {"row": False}}])
def test_what_is_not_there_cannot_be_dropped(own: dict[str, Any]) -> None:
    with pytest.raises(Malformed, match="none is there"):
        extended(BASE, own)


def folder(tmp_path: Path, profile: str, **tables: str) -> Path:
    for name, text in {"profile": profile, **tables}.items():
        (tmp_path / f"{name}.toml").write_text(text, "utf-8")
    return tmp_path


def test_a_folder_of_ones_own_extends_a_shipped_profile(tmp_path: Path) -> None:
    answer = """["answer.complaint"]
step = "answer"
value = 3
unit = "wd"
clock = "step"
types = ["complaint"]
zh = "3 个工作日"
en = "3 working days"
source = "U"
"""
    document = read_profile(folder(tmp_path, OWN, limits=answer))
    assert "extends" not in document["profile"]
    policy, base = Policy.from_document(document), Policy.from_document(SGCC)
    assert policy.label == "mine@1"
    assert policy.limits["answer.complaint"].value == 3
    others = set(base.limits) - {"answer.complaint"}
    assert {code: policy.limits[code] for code in others} == {
        code: base.limits[code] for code in others
    }
    same = set(SGCC) - {"profile", "limits"}
    assert {table: document[table] for table in same} == {t: SGCC[t] for t in same}


def test_what_is_not_shipped_cannot_be_extended(tmp_path: Path) -> None:
    unknown = folder(tmp_path, OWN.replace("sgcc-2022", "sgcc-1999"))
    with pytest.raises(Malformed, match="names sgcc-1999, which the table profiles lacks"):
        read_tables(unknown)


def test_every_shipped_document_is_whole_and_none_repeats_a_row_of_its_base() -> None:
    profiles = Path(__file__).parents[3] / "domain" / "policy" / "profiles"
    for name, document in shipped().items():
        assert "extends" not in document["profile"], name
        assert set(document) == set(SGCC), name
        own = {
            file.stem: tomllib.loads(file.read_text("utf-8"))
            for file in (profiles / name).glob("*.toml")
        }
        if "extends" in own["profile"]:
            again = [
                f"{name}/{table}.toml: {row}"
                for table, rows in own.items()
                for row, said in rows.items()
                if table != "profile"
                and rows.get("extends", True)
                and said == SGCC[table].get(row)
            ]
            assert again == []
