"""Alerts over HTTP: who sees which, with which cases, and who answers and closes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from api.office import desk_over
from tests.http.asking import problem
from tests.support.alerting import ALERT_ID, noticed
from tests.support.hotline import MONDAY, Hotline

REPAIR = "outage_restore.repair.over_time"
PHONE = "13912340000"
ANSWER = {"answer": "已派两个班组。"}
CLOSE = {"outcome": "known_cause"}


class Scene:
    """Three cases of one customer at 白鹭东, one of them secret, one a report; and alerts
    about them, about other units, and about none."""

    def __init__(self, hotline: Hotline) -> None:
        self._hotline = hotline
        said = {"category": REPAIR, "content": "频繁停电", "phone": PHONE}
        self.plain = hotline.receive(**said)
        self.secret = hotline.receive(**said, secret=True)
        self.report = hotline.receive(**said, business_type="report")
        self.elsewhere = hotline.receive(**said)
        for case in (self.plain, self.secret, self.report):
            self.sent(case, "bailu-east")
        self.sent(self.elsewhere, "xishi-town")
        state = hotline.seen("supervisor", f"/cases/{self.plain}")["state"]
        self.customer = UUID(state["customer"])
        self.last = 0
        self.surge = self.alert("surge", unit="bailu-east", category=REPAIR)
        self.silence = self.alert("silence", unit="xishi-town")
        self.caller = self.alert("repeat_caller", customer=self.customer)
        self.topic = self.alert("topic_surge", topic="frequent_outage")
        self.pair = self.alert("ping_pong", unit="bailu-east", other_unit="xishi-town")
        hotline.token("leader", "bailu", "lan")
        hotline.token("leader", "wangchuan", "hai")
        hotline.token("leader", "xishi", "ou")
        hotline.token("leader", "95598", "cen")
        hotline.token("handler", "liuying-town", "stranger")

    def sent(self, case: str, unit: str) -> None:
        self._hotline.done("dispatcher", f"/cases/{case}/dispatch", {"unit": unit})

    def alert(self, kind: str, name: str = "", **about: Any) -> str:
        """One more alert; its id."""
        alert_id = uuid5(ALERT_ID, f"{kind} {name}")
        with desk_over(self._hotline.store) as desk:
            self.last = desk.handle(noticed(kind, alert_id, **about)).position
        return str(alert_id)

    def ids(self, who: str, **asked: Any) -> set[str]:
        found = self._hotline.seen(who, "/views/alerts", after=self.last, **asked)
        return {row["alert_id"] for row in found["items"]}

    def of(self, who: str, alert: str) -> dict[str, Any]:
        """The alert with its cases, once all views show them."""
        for view in ("board", "alerts"):
            self._hotline.seen(who, f"/views/{view}", after=self.last)
        return self._hotline.seen(who, f"/alerts/{alert}")


@pytest.fixture(scope="module")
def scene(hotline: Hotline) -> Scene:
    return Scene(hotline)


def cases(told: dict[str, Any]) -> set[str]:
    return {case["case_id"] for case in told["cases"]}


# Who sees what ---------------------------------------------------------------------------


def test_whose_work_is_bound_to_a_unit_sees_the_alerts_about_it(scene: Scene) -> None:
    everything = {scene.surge, scene.silence, scene.caller, scene.topic, scene.pair}
    assert scene.ids("supervisor") >= everything
    assert scene.ids("leader") & everything == {scene.surge, scene.pair}
    assert scene.ids("ou") & everything == {scene.silence, scene.pair}
    assert scene.ids("hai") & everything == {scene.surge, scene.silence, scene.pair}
    assert scene.ids("cen") & everything == {scene.caller, scene.topic}


def test_another_units_alert_looks_like_none(hotline: Hotline, scene: Scene) -> None:
    hidden = hotline.get("ou", f"/alerts/{scene.surge}")
    missing = hotline.get("ou", f"/alerts/{uuid5(ALERT_ID, 'none')}")
    assert problem(hidden) == problem(missing) == (404, "no_such_alert")
    assert hidden.json() == missing.json()
    assert problem(hotline.get("ou", f"/alerts/{scene.plain}")) == (404, "no_such_alert")
    assert problem(hotline.get("ou", "/alerts/260302-1")) == (404, "no_such_alert")
    for word, body in (("answer", ANSWER), ("close", CLOSE)):
        sent = hotline.post("ou", f"/alerts/{scene.surge}/{word}", body)
        assert problem(sent) == (404, "no_such_alert")


def test_a_role_without_the_view_sees_none(hotline: Hotline, scene: Scene) -> None:
    for who in ("handler", "stranger", "admin"):
        assert problem(hotline.get(who, "/views/alerts")) == (403, "not_permitted")
        told = hotline.get(who, f"/alerts/{scene.surge}")
        assert problem(told) == (403, "not_permitted")


def test_who_the_customer_is_stays_in_the_centre(hotline: Hotline, scene: Scene) -> None:
    told = scene.of("supervisor", scene.caller)
    assert told["state"]["customer"] == str(scene.customer)
    assert cases(told) >= {scene.plain, scene.secret, scene.elsewhere}
    seen = scene.of("cen", scene.caller)
    assert seen["state"]["customer"] is None
    assert cases(seen) == cases(told) - {scene.secret}
    (row,) = hotline.seen("cen", "/views/alerts", kind="repeat_caller")["items"]
    assert row["customer"] is None
    # Nor can they find out by asking for somebody they know.
    assert scene.ids("supervisor", customer=str(scene.customer)) == {scene.caller}
    assert scene.ids("cen", customer=str(scene.customer)) == set()


# What it shows ---------------------------------------------------------------------------


def test_an_alert_opens_into_the_cases_that_it_counts(scene: Scene) -> None:
    told = scene.of("supervisor", scene.surge)
    assert cases(told) == {scene.plain, scene.secret, scene.report}
    assert (told["more"], told["version"]) == (False, 1)
    state = told["state"]
    assert (state["action"], state["n"], state["usual"]) == ("check", 10, 2.5)
    assert (state["told_person"], state["told_unit"]) == ("lan", "bailu")
    assert cases(scene.of("supervisor", scene.topic)) >= {scene.plain, scene.elsewhere}
    assert cases(scene.of("supervisor", scene.silence)) == set()


def test_its_cases_keep_to_the_same_eyes_as_everywhere(scene: Scene) -> None:
    told = scene.of("leader", scene.surge)
    assert cases(told) == {scene.plain, scene.secret, scene.report}
    customers = {case["case_id"]: case["customer"] for case in told["cases"]}
    assert customers[scene.secret] is None
    assert cases(scene.of("cen", scene.topic)) >= {scene.plain}


def test_columns_can_be_asked_for_and_pages_hold_every_row_once(
    hotline: Hotline, scene: Scene
) -> None:
    mine = {scene.surge, scene.silence, scene.caller, scene.topic, scene.pair}
    for n in range(7):
        scene.alert("stall", str(n), unit="liuying-town")
    assert scene.ids("supervisor", open="false") & mine == {scene.caller}
    assert scene.ids("supervisor", action="check") & mine == {scene.surge, scene.topic}
    assert scene.ids("supervisor", told_person="cen") & mine == {scene.caller, scene.topic}
    whole = scene.ids("supervisor", kind="stall", unit="liuying-town")
    paged: list[str] = []
    asked: dict[str, Any] = {"kind": "stall", "unit": "liuying-town", "limit": 3}
    while True:
        page = hotline.seen("supervisor", "/views/alerts", **asked)
        paged += [row["alert_id"] for row in page["items"]]
        if page["next"] is None:
            break
        asked["cursor"] = page["next"]
    assert len(paged) == len(whole) == 7
    assert set(paged) == whole
    since = (MONDAY + timedelta(minutes=1)).isoformat()
    assert scene.ids("supervisor", since=since) & mine == set()


def test_the_view_as_it_was_known_before(hotline: Hotline, scene: Scene) -> None:
    entries = hotline.store.log.stream(UUID(scene.surge))
    before = (entries[0].recorded_at - timedelta(microseconds=1)).isoformat()
    assert scene.surge not in scene.ids("supervisor", as_of=before)
    known = entries[0].recorded_at.isoformat()
    assert scene.surge in scene.ids("leader", as_of=known)
    assert scene.silence not in scene.ids("leader", as_of=known)


# What is done about it -------------------------------------------------------------------


def test_a_check_is_answered_and_closed_by_who_was_told(
    hotline: Hotline, scene: Scene
) -> None:
    alert = scene.alert("surge", "answered", unit="bailu-east", category=REPAIR)
    path = f"/alerts/{alert}"
    answered = hotline.post("lan", f"{path}/answer", ANSWER, Idempotency_Key="one")
    assert (answered.status_code, answered.headers["location"]) == (201, path)
    again = hotline.post("lan", f"{path}/answer", ANSWER, Idempotency_Key="one")
    assert again.json() == answered.json()
    told = hotline.seen("lan", path)
    assert (told["masks"], told["version"]) == ({"answer": "[7]"}, 2)
    stale = hotline.post("lan", f"{path}/close", CLOSE, If_Match='"1"')
    assert problem(stale) == (412, "stale_version")
    hotline.done("lan", f"{path}/close", CLOSE, If_Match='"2"')
    state = hotline.seen("lan", path)["state"]
    assert (state["open"], state["outcome"], state["closed_by"]) == (
        False,
        "known_cause",
        "lan",
    )
    assert problem(hotline.post("hai", f"{path}/close", CLOSE)) == (409, "alert_not_open")


def test_who_sees_an_alert_but_does_not_answer_for_it_is_refused(
    hotline: Hotline, scene: Scene
) -> None:
    path = f"/alerts/{scene.pair}/answer"
    for who, code in (
        ("leader", "alert_told_another"),
        ("ou", "alert_told_another"),
        ("agent", "not_permitted"),
        ("auditor", "not_permitted"),
    ):
        assert problem(hotline.post(who, path, ANSWER)) == (403, code)
    counted = hotline.seen("supervisor", "/views/refusals")["items"]
    assert {"alert_told_another", "not_permitted"} <= {row["code"] for row in counted}
    hotline.done("hai", path, ANSWER)


@pytest.mark.parametrize(
    ("word", "body", "field"),
    [
        ("answer", {}, "answer"),
        ("answer", {"answer": ""}, "answer"),
        ("close", {}, "outcome"),
        ("close", {"outcome": "mended", "kind": "surge"}, "kind"),
    ],
)
def test_a_body_that_does_not_fit_is_refused_by_field(
    hotline: Hotline, scene: Scene, word: str, body: dict[str, Any], field: str
) -> None:
    sent = hotline.post("supervisor", f"/alerts/{scene.silence}/{word}", body)
    assert problem(sent) == (400, "invalid_body")
    assert [error["field"] for error in sent.json()["errors"]] == [field]


def test_nobody_raises_an_alert_over_http(hotline: Hotline, scene: Scene) -> None:
    body = {"kind": "surge"}
    for path in ("/alerts", f"/alerts/{scene.surge}/raise", "/alerts/raise-alert"):
        sent = hotline.post("system", path, body)
        assert sent.status_code in {404, 405}
    sent = hotline.post("system", f"/alerts/{scene.surge}/raise-alert", body)
    assert problem(sent) == (404, "no_such_command")
