"""What the views show over HTTP: to whom, in which order, as of when, and page by page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from projections.views import VIEWS
from tests.http.preparing import Preparing
from tests.support.hotline import Hotline

CASES = 23


class Scene:
    """Cases in several units and of two types, all received in the same second."""

    def __init__(self, hotline: Hotline) -> None:
        preparing = Preparing(hotline)
        self.cases = [hotline.receive(phone=None) for _ in range(CASES)]
        self.bailu = preparing.case("handling")
        self.xishi = hotline.receive()
        self.last = hotline.done(
            "dispatcher", f"/cases/{self.xishi}/dispatch", {"unit": "xishi-town"}
        )
        self.report = hotline.receive(business_type="report")
        hotline.done("dispatcher", f"/cases/{self.report}/dispatch", {"unit": "bailu-east"})
        hotline.token("leader", "xishi", "ou")
        hotline.token("leader", "tingsong", "kang")
        hotline.token("leader", "wangchuan", "hai")
        hotline.token("leader", "changting", "pu")
        hotline.token("handler", "qinglan", "everywhere")
        answer = hotline.done("agent", f"/cases/{self.xishi}/urge")
        self.position = answer["position"]


@pytest.fixture(scope="module")
def scene(hotline: Hotline) -> Scene:
    return Scene(hotline)


def ids(hotline: Hotline, who: str, view: str = "board", **params: Any) -> list[str]:
    found = hotline.seen(who, f"/views/{view}", limit=500, **params)
    return [row["case_id"] for row in found["items"]]


def pages(hotline: Hotline, view: str, limit: int, **params: Any) -> Iterator[list[Any]]:
    cursor: dict[str, str] = {}
    while True:
        page = hotline.seen("supervisor", f"/views/{view}", limit=limit, **params, **cursor)
        yield page["items"]
        if page["next"] is None:
            return
        cursor = {"cursor": page["next"]}


@pytest.mark.parametrize("limit", [1, 2, 7, 500])
def test_pages_over_ties_hold_every_row_once(
    hotline: Hotline, scene: Scene, limit: int
) -> None:
    whole = ids(hotline, "supervisor", after=scene.position)
    paged = [row["case_id"] for page in pages(hotline, "board", limit) for row in page]
    assert paged == whole
    assert len(set(whole)) == len(whole) > CASES


def test_pages_of_a_moment_are_the_pages_of_the_stored_view(
    hotline: Hotline, scene: Scene
) -> None:
    hotline.seen("supervisor", "/views/board", after=scene.position)
    head = hotline.store.log.read(hotline.store.log.head() - 1, 1)[0]
    stored = [[r["case_id"] for r in page] for page in pages(hotline, "board", 5)]
    folded = [
        [r["case_id"] for r in page]
        for page in pages(hotline, "board", 5, as_of=head.recorded_at.isoformat())
    ]
    assert folded == stored


def test_a_page_stays_where_it_was_while_new_cases_come_in(
    hotline: Hotline, scene: Scene
) -> None:
    first = hotline.seen("supervisor", "/views/board", limit=5, after=scene.position)
    hotline.clock.forward(timedelta(seconds=1))
    late = hotline.done("agent", "/cases", {"business_type": "praise"})
    hotline.clock.forward(timedelta(seconds=-1))
    rest = hotline.seen(
        "supervisor",
        "/views/board",
        limit=500,
        cursor=first["next"],
        after=late["position"],
    )
    seen = [row["case_id"] for row in (*first["items"], *rest["items"])]
    assert len(seen) == len(set(seen))
    assert late["id"] in seen


def test_a_reader_who_names_a_position_sees_at_least_that(hotline: Hotline) -> None:
    for _ in range(10):
        answer = hotline.done("agent", "/cases", {"business_type": "complaint"})
        page = hotline.seen(
            "agent", "/views/board", case_id=answer["id"], after=answer["position"]
        )
        assert [row["version"] for row in page["items"]] == [answer["version"]]
        assert page["position"] >= answer["position"]


def test_a_position_beyond_the_log_is_refused_at_once(hotline: Hotline) -> None:
    beyond = hotline.store.log.head() + 1
    answer = hotline.get("agent", "/views/board", after=beyond)
    assert (answer.status_code, answer.json()["code"]) == (400, "beyond_the_log")
    assert str(beyond) in answer.json()["en"]


def test_a_unit_sees_its_own_cases_and_those_below(hotline: Hotline, scene: Scene) -> None:
    after = {"after": scene.position}
    assert set(ids(hotline, "leader", **after)) == {scene.bailu, scene.report}
    assert ids(hotline, "ou", **after) == [scene.xishi]
    assert ids(hotline, "hai", **after) != []
    assert ids(hotline, "pu", **after) == []
    assert scene.xishi in ids(hotline, "agent", **after)


def test_whoever_is_offered_a_case_sees_it_now_and_in_hindsight(
    hotline: Hotline, scene: Scene
) -> None:
    case = hotline.receive()
    for who, action, body in (
        ("dispatcher", "dispatch", {"unit": "bailu-east"}),
        ("handler", "accept", {}),
        ("handler", "offer-handover", {"unit": "liuying-town"}),
    ):
        last = hotline.done(who, f"/cases/{case}/{action}", body)
    recorded_at = hotline.store.log.read(last["position"] - 1, 1)[0].recorded_at
    assert ids(hotline, "kang", after=last["position"]) == [case]
    assert ids(hotline, "kang", as_of=recorded_at.isoformat()) == [case]
    assert hotline.get("kang", f"/cases/{case}").status_code == 200


@pytest.mark.parametrize("view", ["handovers", "hops", "chain"])
def test_every_view_of_cases_keeps_to_the_same_eyes(
    hotline: Hotline, scene: Scene, view: str
) -> None:
    assert set(ids(hotline, "ou", view, after=scene.position)) == {scene.xishi}


def test_a_restricted_type_is_kept_from_who_may_not_read_it(
    hotline: Hotline, scene: Scene
) -> None:
    after = {"after": scene.position}
    assert scene.report in ids(hotline, "supervisor", **after)
    assert scene.report not in ids(hotline, "everywhere", **after)
    assert scene.bailu in ids(hotline, "everywhere", **after)
    for door in ("", "/timeline", "/chain"):
        path = f"/cases/{scene.report}{door}"
        assert hotline.get("everywhere", path).json()["code"] == "no_such_case"
        assert hotline.get("supervisor", path).status_code == 200


def test_another_units_case_looks_like_none(hotline: Hotline, scene: Scene) -> None:
    hidden = hotline.get("ou", f"/cases/{scene.bailu}").json()
    missing = hotline.get("ou", f"/cases/{'0' * 8}-0000-4000-8000-{'0' * 12}").json()
    assert hidden == missing
    voiced = hotline.post("ou", f"/cases/{scene.bailu}/accept")
    assert (voiced.status_code, voiced.json()["code"]) == (404, "no_such_case")


def test_a_view_that_a_role_may_not_see_is_403(hotline: Hotline) -> None:
    for who, view in (("admin", "board"), ("handler", "hops"), ("agent", "handovers")):
        answer = hotline.get(who, f"/views/{view}")
        assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
    facts = hotline.get("agent", f"/cases/{hotline.receive()}/facts")
    assert facts.status_code == 403


def test_the_worklist_is_what_a_unit_must_do_next(hotline: Hotline, scene: Scene) -> None:
    asked = {"after": scene.position, "unit": "bailu-east"}
    assert set(ids(hotline, "leader", "worklist", **asked)) == {scene.bailu, scene.report}
    assert ids(hotline, "leader", "worklist", **asked, person="ran") == [scene.bailu]
    assert ids(hotline, "leader", "worklist", **asked, person="") == [scene.report]


def test_columns_can_be_asked_for_one_value_or_several(
    hotline: Hotline, scene: Scene
) -> None:
    asked = {"stage": ["dispatched", "handling"], "after": scene.position}
    items = hotline.seen("supervisor", "/views/board", **asked)["items"]
    assert {row["stage"] for row in items} == {"dispatched", "handling"}
    assert {scene.bailu, scene.xishi, scene.report} <= {row["case_id"] for row in items}


def test_repeat_callers_count_only_what_these_eyes_may_see(
    hotline: Hotline, scene: Scene
) -> None:
    phone = "13911112222"
    for unit in ("xishi-town", "xishi-town", "bailu-east"):
        case = hotline.receive(phone=phone)
        last = hotline.done("dispatcher", f"/cases/{case}/dispatch", {"unit": unit})
    customer = str(hotline.store.vault.person_by_phone(phone))
    asked = {"customer": customer, "after": last["position"]}

    def counted(who: str) -> list[int]:
        items = hotline.seen(who, "/views/repeat-callers", **asked)["items"]
        return [cell["n"] for cell in items]

    assert counted("supervisor") == [3]
    assert counted("ou") == [2]
    assert counted("pu") == []


def test_how_often_does_not_tell_of_cases_of_other_units(
    hotline: Hotline, scene: Scene
) -> None:
    phone = "13944445555"
    for unit in ("bailu-east", "xishi-town", "xishi-town", "xishi-town"):
        case = hotline.receive(phone=phone)
        last = hotline.done("dispatcher", f"/cases/{case}/dispatch", {"unit": unit})
    asked: dict[str, Any] = {
        "customer": str(hotline.store.vault.person_by_phone(phone)),
        "after": last["position"],
    }

    def counted(who: str, **n: Any) -> list[int]:
        items = hotline.seen(who, "/views/repeat-callers", **asked, **n)["items"]
        return [cell["n"] for cell in items]

    assert counted("leader") == counted("leader", least=2) == counted("leader", n=4) == []
    assert counted("leader", least=1) == counted("leader", n=1) == [1]
    assert counted("supervisor") == counted("supervisor", n=4) == [4]
    assert counted("ou", least=3) == [3]
    assert counted("ou", least=4) == []
    recorded_at = hotline.store.log.read(last["position"] - 1, 1)[0].recorded_at
    then = {"as_of": recorded_at.isoformat()}
    assert counted("leader", **then) == counted("leader", **then, n=4) == []
    assert counted("leader", **then, n=1) == [1]


HIDDEN_SINCE = {
    "category": "service_conduct",
    "reason": "better_understood",
    "business_type": "report",
}


def test_a_case_hidden_today_is_hidden_as_of_every_moment(
    hotline: Hotline, scene: Scene
) -> None:
    case = hotline.receive(phone="13966667777", content="声音")
    seen = hotline.done("dispatcher", f"/cases/{case}/dispatch", {"unit": "bailu-east"})
    then = hotline.store.log.read(seen["position"] - 1, 1)[0].recorded_at.isoformat()
    hotline.done("agent", f"/cases/{case}/escalate", {"reason": "no_answer"})
    assert case in ids(hotline, "everywhere", as_of=then, after=seen["position"])
    hidden = hotline.done("dispatcher", f"/cases/{case}/reclassify", HIDDEN_SINCE)
    now = hotline.clock.at.isoformat()
    after = {"after": hidden["position"]}
    for view in ("board", "worklist", "chain"):
        for moment in ({}, {"as_of": then}, {"happened_by": now}):
            path = f"/views/{view}"
            told = hotline.get("everywhere", path, case_id=case, **after, **moment)
            assert (view, moment, told.json()["items"]) == (view, moment, [])
            assert case in ids(hotline, "supervisor", view, case_id=case, **moment)


def test_times_bound_the_board(hotline: Hotline, scene: Scene) -> None:
    at = hotline.clock.at.isoformat()
    assert ids(hotline, "supervisor", before=at) == []
    assert scene.bailu in ids(hotline, "supervisor", since=at, after=scene.position)


def test_ages_are_told_for_the_moment_that_is_asked(hotline: Hotline, scene: Scene) -> None:
    hotline.clock.forward(timedelta(minutes=5))
    now = hotline.seen("supervisor", "/views/board", case_id=scene.bailu)["items"]
    hotline.clock.forward(timedelta(minutes=-5))
    assert [(row["age_seconds"], row["stage_seconds"]) for row in now] == [(300, 300)]
    later = (hotline.clock.at + timedelta(hours=2)).isoformat()
    then = hotline.seen(
        "supervisor", "/views/board", case_id=scene.bailu, happened_by=later
    )["items"]
    assert [row["age_seconds"] for row in then] == [7200]


def test_the_oldest_case_comes_first(hotline: Hotline, scene: Scene) -> None:
    page = hotline.seen("supervisor", "/views/board", limit=500, after=scene.position)
    received = [row["received_at"] for row in page["items"]]
    assert all(a <= b for a, b in pairwise(received))


def test_the_organisation_is_shown_with_its_history(hotline: Hotline) -> None:
    units = hotline.seen("admin", "/views/units", after=hotline.store.log.head())["items"]
    found = {row["unit"]: row for row in units}
    assert found["bailu-east"]["placings"][0]["parent"] == "bailu"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"as_of": "2026-03-02T09:00:00"}, "bad_time"),
        ({"as_of": "2026-03-02"}, "bad_time"),
        ({"as_of": "yesterday"}, "bad_time"),
        ({"happened_by": "0001-01-01T00:00:00+14:00"}, "bad_time"),
        ({"since": "9999-12-31T23:59:59-14:00"}, "bad_time"),
        (
            {"as_of": "2026-03-02T09:00:00Z", "happened_by": "2026-03-02T09:00:00Z"},
            "bad_parameter",
        ),
        ({"limit": 0}, "bad_parameter"),
        ({"limit": 501}, "bad_parameter"),
        ({"limit": "many"}, "bad_parameter"),
        ({"after": -1}, "bad_parameter"),
        ({"after": "soon"}, "bad_parameter"),
        ({"open": "perhaps"}, "bad_parameter"),
        ({"case_id": "261122-7F3K"}, "bad_parameter"),
        ({"rung": "1e3"}, "bad_parameter"),
        ({"rung": str(2**63)}, "bad_parameter"),
        ({"stage": "a\x00b"}, "bad_parameter"),
        ({"colour": "red"}, "bad_parameter"),
        ({"units": "bailu"}, "bad_parameter"),
    ],
)
def test_a_parameter_that_cannot_be_read_is_refused(
    hotline: Hotline, params: dict[str, Any], code: str
) -> None:
    answer = hotline.get("supervisor", "/views/board", **params)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_a_time_with_a_plus_that_became_a_blank_is_understood(hotline: Hotline) -> None:
    url = "/views/board?as_of=2026-03-02T09:00:00+08:00"
    answer = hotline.client.get(url, headers=hotline.headers("supervisor"))
    assert answer.status_code == 200


def test_before_the_log_began_there_is_nothing(hotline: Hotline) -> None:
    page = hotline.seen("supervisor", "/views/board", as_of="2000-01-01T00:00:00Z")
    assert page == {"items": [], "next": None, "position": 0}


def test_there_is_no_such_view(hotline: Hotline) -> None:
    answer = hotline.get("supervisor", "/views/boards;drop")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_view")
    assert "boards" in answer.json()["detail"]


def test_what_was_refused_is_shown_to_who_supervises(hotline: Hotline) -> None:
    case = hotline.receive()
    hotline.post("agent", f"/cases/{case}/close")
    shown = hotline.seen("supervisor", "/views/refusals")
    assert {"code": "no_such_move", "n": 1} in shown["items"]
    assert hotline.get("agent", "/views/refusals").status_code == 403


def test_health_tells_a_probe_how_things_are(hotline: Hotline, scene: Scene) -> None:
    head = hotline.store.log.head()
    hotline.seen("supervisor", "/views/board", after=head)
    found = hotline.client.get("/health").json()
    assert (found["store"], found["worker"]) == ("reachable", "running")
    assert found["position"] == head
    assert set(found["parked"].values()) == {0}
    assert set(found["lag"]) == {view.name for view in VIEWS}
