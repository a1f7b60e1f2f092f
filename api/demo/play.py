"""Plays the sample day: every step goes through the edge and the desk, as real ones do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from api.calendars import shipped_calendar
from api.demo.company import CUSTOMERS, POSTS, UNITS
from api.demo.ended import ENDED
from api.demo.paths import CaseOf, Later, Step, Story
from api.demo.under_way import UNDER_WAY
from api.office import Office
from domain.catalogue import SUBJECTS
from domain.fact import Actor
from domain.organisation.organisation import ORGANISATION_ID
from store.edge import command_from

OFFICE_HOURS = "cn-office"
AFTER_EVENING = timedelta(hours=5)  # at 19:00 every story of the day has been told
CHINA = timezone(timedelta(hours=8), "+08:00")
FOUNDED = datetime(2024, 1, 1, tzinfo=UTC)
SYSTEM = Actor(person="demo", role="system")
DAY = sorted((*ENDED, *UNDER_WAY), key=lambda story: story.at)
AGENTS = tuple(post for post in POSTS if post.role == "agent")


@dataclass(frozen=True, slots=True)
class Act:
    """One command of the day, ready to be voiced."""

    key: str
    at: datetime
    actor: Actor
    subject: UUID
    kind: str
    action: str
    body: dict[str, Any]


def id_of(day: date | None, name: str) -> UUID:
    """Derived, so that playing the same day twice is playing it once.

    The company is there on every day: its names go without one.
    """
    return uuid5(NAMESPACE_URL, f"huiyin:sample-day:{day or 'company'}:{name}")


def sample_day() -> date:
    """The last working day that is over: people were in, nothing lies in the future."""
    return working_days_on(datetime.now(CHINA) + AFTER_EVENING, -1).date()


def working_days_on(at: datetime, days: int) -> datetime:
    """So many working days later (negative: earlier), at the same hour."""
    return shipped_calendar(OFFICE_HOURS).add_working_days(at, days)


def play(office: Office, day: date) -> Iterator[Act]:
    """Voice every command of the day in the order of their times; yield each when done."""
    for act in sorted(acts(day), key=lambda act: act.at):
        kind = SUBJECTS[act.kind].commands()[act.action]
        seen = office.desk.case(act.subject) if act.kind == "case" else None
        command = command_from(
            act.body,
            kind,
            actor=act.actor,
            at=act.at,
            command_id=id_of(None if act.kind == "organisation" else day, act.key),
            subject=act.subject,
            vault=office.store.vault,
            topics_of=office.desk.policy_in_force(act.at).topics_of,
            customer=seen.customer if seen else None,
        )
        office.desk.handle(command)
        yield act


def acts(day: date) -> list[Act]:
    """Every command of the day, and how many there are to come."""
    found = list(_company())
    for n, story in enumerate(DAY):
        found += _call(day, n, story)
        found += _case(day, n, story)
    return found


def _company() -> Iterator[Act]:
    def said(key: str, action: str, **body: Any) -> Act:
        body["effective_from"] = FOUNDED
        return Act(
            f"company/{action}/{key}",
            FOUNDED,
            SYSTEM,
            ORGANISATION_ID,
            "organisation",
            action,
            body,
        )

    for unit in UNITS:
        yield said(unit.id, "open-unit", unit=unit.id, name=unit.name, block=unit.block,
                   kind=unit.kind, parent=unit.parent)  # fmt: skip
    for post in POSTS:
        yield said(post.id, "define-post", post=post.id, unit=post.unit, name=post.name,
                   duty=post.duty, role=post.role)  # fmt: skip
        if post.person:
            yield said(
                post.person, "register-person", person=post.person, name=post.person_name
            )
            yield said(post.id, "appoint", person=post.person, post=post.id)


def _begins(day: date, story: Story) -> datetime:
    at = datetime.combine(day, time.fromisoformat(story.at), CHINA)
    return working_days_on(at, -story.days_ago).astimezone(UTC)


def _call(day: date, n: int, story: Story) -> Iterator[Act]:
    """The phone call a story began with, from ring to hang-up."""
    if story.channel != "95598":
        return
    at, call = _begins(day, story), id_of(day, f"call/{story.key}")
    name, phone = CUSTOMERS[story.customer]
    known = {} if story.anonymous else {"name": name, "phone": phone}
    moments: list[tuple[int, str, dict[str, Any]]] = [
        (0, "offer", {"channel": "95598", "phone": phone}),
        (7, "answer", {}),
        (150, "link-case", {"case": id_of(day, story.key)}),
        (200, "end", {}),
    ]
    if known:
        moments.insert(2, (30, "identify-caller", known))
    for seconds, action, body in moments:
        yield Act(
            f"call/{story.key}/{action}", at + timedelta(seconds=seconds), _agent(n),
            call, "call", action, body,
        )  # fmt: skip


def _case(day: date, n: int, story: Story) -> Iterator[Act]:
    at, case = _begins(day, story) + timedelta(seconds=120), id_of(day, story.key)
    name, phone = CUSTOMERS[story.customer]
    body: dict[str, Any] = {
        "business_type": story.business_type,
        "channel": story.channel,
        "area": story.area,
        "content": story.text,
        "category": story.category,
        "secret": story.secret,
        "anonymous": story.anonymous,
    }
    if not story.anonymous:
        body |= {"name": name, "phone": phone, "address": f"{story.area} {n + 1} 号"}
    if story.channel == "95598":
        body["call_id"] = id_of(day, f"call/{story.key}")
    yield Act(story.key, at, _agent(n), case, "case", "receive", body)
    for number, step in enumerate(story.path):
        at = _after(at, step.days, step.after)
        key = f"{story.key}/{number}"
        yield Act(key, at, _who(step, n), case, "case", step.action, _body(step, day, at))


def _body(step: Step, day: date, at: datetime) -> dict[str, Any]:
    def filled(value: Any) -> Any:
        if isinstance(value, Later):
            return _after(at, value.days, value.minutes)
        return id_of(day, value.story) if isinstance(value, CaseOf) else value

    return {name: filled(value) for name, value in step.body.items()}


def _after(at: datetime, days: int, minutes: int) -> datetime:
    return (working_days_on(at, days) + timedelta(minutes=minutes)).astimezone(UTC)


def _agent(n: int) -> Actor:
    post = AGENTS[n % len(AGENTS)]
    return Actor(person=post.person, role=post.role, post=post.id, unit=post.unit)


def _who(step: Step, n: int) -> Actor:
    """``agent`` is the story's own, ``reviewer`` the second dispatcher; else one there."""
    role, _, unit = step.who.partition(":")
    if role == "agent":
        return _agent(n)
    fitting = [
        post
        for post in POSTS
        if post.role == role.replace("reviewer", "dispatcher")
        and (not unit or post.unit == unit)
        and post.person
    ]
    post = fitting[-1] if role == "reviewer" else fitting[0]
    return Actor(person=post.person, role=post.role, post=post.id, unit=post.unit)
