"""A small province for tests, as commands. Every place and every person in it is invented.

青岚省: two cities, four counties, their stations, the 95598 centre, and departments of all
four blocks. On purpose the county of 柳营 has a deputy and no leader, and neither the
county of 长亭 nor its station has anybody at all.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import pytest

from domain.catalogue import ORGANISATION as SUBJECT
from domain.command import Command
from domain.fact import Actor, Fact
from domain.organisation.appoint import Appoint
from domain.organisation.define_post import DefinePost
from domain.organisation.open_unit import OpenUnit
from domain.organisation.organisation import ORGANISATION_ID, Organisation
from domain.organisation.register_person import RegisterPerson
from domain.policy.policy import Policy, RoleRule
from domain.policy.rows import Move
from domain.refused import Refused
from domain.setting import Setting

SINCE = datetime(2020, 1, 1, tzinfo=UTC)
REGISTRAR = Actor(person="registrar", role="admin")
KEEPING = frozenset(command.ACTION for command in SUBJECT.goes_on)

# id, name, block, kind, parent
UNITS = (
    ("qinglan", "青岚省电力公司", "main", "province", None),
    ("95598", "95598 客户服务中心", "main", "centre", "qinglan"),
    ("management", "市场营销管理部", "superior", "department", "qinglan"),
    ("supervision", "优质服务监督办公室", "supervision", "department", "qinglan"),
    ("observers", "社会监督员", "supervision", "outside", "supervision"),
    ("discipline", "纪检组", "enterprise", "department", "qinglan"),
    ("audit", "审计部", "enterprise", "department", "qinglan"),
    ("finance", "财务部", "enterprise", "department", "qinglan"),
    ("media", "媒体联络处", "enterprise", "department", "qinglan"),
    ("government", "政府联络处", "enterprise", "department", "qinglan"),
    ("wangchuan", "望川供电公司", "main", "city", "qinglan"),
    ("tingsong", "听松供电公司", "main", "city", "qinglan"),
    ("bailu", "白鹭县供电公司", "main", "county", "wangchuan"),
    ("xishi", "溪石县供电公司", "main", "county", "wangchuan"),
    ("liuying", "柳营县供电公司", "main", "county", "tingsong"),
    ("changting", "长亭县供电公司", "main", "county", "tingsong"),
    ("bailu-east", "白鹭东供电所", "main", "station", "bailu"),
    ("bailu-repair", "白鹭抢修班", "main", "team", "bailu"),
    ("xishi-town", "溪石镇供电所", "main", "station", "xishi"),
    ("liuying-town", "柳营镇供电所", "main", "station", "liuying"),
    ("changting-town", "长亭镇供电所", "main", "station", "changting"),
)

# unit, duty, role, person, name; the post is called UNIT.DUTY, of staff UNIT.PERSON
SEATS = (
    ("qinglan", "leader", "leader", "an", "安远山"),
    ("qinglan", "deputy", "leader", "bo", "柏听泉"),
    ("95598", "leader", "leader", "cen", "岑望舒"),
    ("95598", "staff", "agent", "dan", "但微云"),
    ("95598", "staff", "dispatcher", "e", "鄂知秋"),
    ("supervision", "leader", "supervisor", "fei", "费明鉴"),
    ("audit", "leader", "auditor", "gu", "谷清和"),
    ("wangchuan", "leader", "leader", "hai", "海平川"),
    ("wangchuan", "deputy", "leader", "ji", "计从容"),
    ("tingsong", "leader", "leader", "kang", "亢松年"),
    ("bailu", "leader", "leader", "lan", "蓝一鸣"),
    ("bailu", "deputy", "leader", "ma", "麻思齐"),
    ("bailu", "staff", "handler", "nie", "聂小舟"),
    ("xishi", "leader", "leader", "ou", "欧石泉"),
    ("liuying", "deputy", "leader", "pu", "濮成蹊"),
    ("bailu-east", "leader", "leader", "qu", "瞿东升"),
    ("bailu-east", "staff", "handler", "ran", "冉白露"),
    ("bailu-repair", "leader", "leader", "sang", "桑榆"),
    ("xishi-town", "leader", "leader", "tan", "檀溪"),
    ("liuying-town", "leader", "leader", "wan", "万柳"),
)


def order(
    wish: type[Command],
    /,
    at: datetime = SINCE,
    *,
    actor: Actor = REGISTRAR,
    **body: Any,
) -> Command:
    """A command, the registrar's unless told; its id follows from what it says."""
    said = f"{wish.ACTION} {at.isoformat()} {sorted(body.items())}"
    return wish(
        subject=ORGANISATION_ID,
        command_id=uuid5(ORGANISATION_ID, said),
        actor=actor,
        at=at,
        **body,
    )


def founding(at: datetime = SINCE) -> list[Command]:
    """Everything above, in an order in which it can be done."""
    orders = [
        order(OpenUnit, at, unit=unit, name=name, block=block, kind=kind, parent=parent)
        for unit, name, block, kind, parent in UNITS
    ]
    for unit, duty, role, person, name in SEATS:
        post = f"{unit}.{person if duty == 'staff' else duty}"
        title = {"leader": "负责人", "deputy": "副职", "staff": "专责"}[duty]
        seat: dict[str, Any] = {
            "post": post,
            "unit": unit,
            "name": title,
            "duty": duty,
            "role": role,
        }
        orders += [
            order(RegisterPerson, at, person=person, name=name),
            order(DefinePost, at, **seat),
            order(Appoint, at, person=person, post=post),
        ]
    return orders


def small_policy() -> Policy:
    """Rules enough for an organisation: who keeps it, and three moves worth delegating."""

    def role(name: str, *may: str) -> RoleRule:
        scope = "own" if name in {"handler", "leader", "admin"} else "all"
        return RoleRule(
            zh=name, en=name, scope=scope, may=frozenset(may), views=frozenset()
        )

    def move(to: str, *roles: str) -> Move:
        return Move(to=to, roles=frozenset(roles), source="U")

    plain = {name: role(name) for name in ("agent", "dispatcher", "handler", "auditor")}
    return Policy(
        profile="small",
        version=1,
        effective_from=SINCE,
        start="received",
        intake_unit="95598",
        moves={
            ("dispatched", "accept"): move("handling", "handler", "leader"),
            ("handling", "approve-suspension"): move("suspended", "leader", "supervisor"),
            ("handling", "reply"): move("replied", "handler"),
        },
        types={},
        channels={},
        roles=plain
        | {
            "leader": role("leader", "delegate", "revoke-delegation"),
            "supervisor": role("supervisor"),
            "admin": role("admin", *KEEPING),
        },
    )


def nothing(_: UUID) -> None:
    """There is no case to look at."""


def obey(organisation: Organisation, command: Command) -> list[Fact]:
    """Decide, stamp and fold in, as the desk does. Raises Refused and changes nothing."""
    setting = Setting(policy=small_policy(), organisation=organisation, case=nothing)
    said = SUBJECT.goes_on[type(command)](organisation, command, setting)
    stamped = [
        fact.stamped(
            originator_id=command.subject,
            originator_version=organisation.version + number,
            occurred_at=command.at,
            actor=command.actor,
            command_id=command.command_id,
        )
        for number, fact in enumerate(said, start=1)
    ]
    organisation.admit(stamped)
    return stamped


def founded(*later: Command, at: datetime = SINCE) -> Organisation:
    """The province as it stands after its founding and what came later."""
    organisation = Organisation.empty()
    for command in (*founding(at), *later):
        obey(organisation, command)
    return organisation


def refused(organisation: Organisation, command: Command) -> str:
    """The code of the refusal, which changed nothing and says why in both languages."""
    before = organisation.version, organisation.books
    with pytest.raises(Refused) as refusal:
        obey(organisation, command)
    assert (organisation.version, organisation.books) == before
    assert refusal.value.zh
    assert refusal.value.en
    return refusal.value.code
