"""huiyin kafka: make the topics, wipe them, and see how it goes with them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from api.cli.asyncapi import asyncapi
from api.cli.opening import office, refuse
from api.cli.output import FOUND, moment, notes, say, say_json, say_table, zone
from consumers.brokers.clients import KafkaUnusable
from consumers.brokers.topics import TOPICS, arrange_topics, topic, wipe
from consumers.status.status import Status, Taken, status
from consumers.status.wrong import LAG_MAX, wrong
from store.settings import BadSetting, Settings

app = typer.Typer(
    help="Kafka, where HUIYIN_KAFKA is set: its topics, and how far everybody is.",
    no_args_is_help=True,
)

app.command("asyncapi")(asyncapi)

Json = Annotated[bool, typer.Option("--json", help="one object")]


@app.command("topics")
def topics(as_json: Json = False) -> None:
    """Make the topics that are missing, and set what can be set on those that are there.

    Status 1 when one stays other than the settings say.
    """
    try:
        with notes.status("asking the brokers"):
            arranged = arrange_topics(Settings.from_env())
    except (BadSetting, KafkaUnusable) as why:
        refuse(str(why))
    if as_json:
        say_json({"topics": arranged})
    else:
        carries = {rule.name: rule.carries for rule in TOPICS}
        rows = [
            (a.topic.name, a.done, a.topic.partitions, a.copies, carries[a.topic.name])
            for a in arranged
        ]
        say_table("topics", ("topic", "done", "partitions", "copies", "carries"), rows)
        for each in arranged:
            for text in each.differs:
                say(f"! {each.topic.name} {text}")
    if any(each.differs for each in arranged):
        raise typer.Exit(FOUND)


@app.command("wipe")
def wipe_topic(
    name: Annotated[
        str, typer.Argument(help="one of those that `huiyin kafka topics` shows")
    ],
    yes: Annotated[bool, typer.Option("--yes", help="do not ask")] = False,
) -> None:
    """Delete a topic with all that is in it, and make it anew.

    The facts of cases are published again from the log, and views skip what they have.
    """
    lost = {rule.name: rule.lost for rule in TOPICS}
    if name not in lost:
        refuse(f"no topic {name}; there are {', '.join(lost)}")
    try:
        settings = Settings.from_env()
        if not yes:
            topic(settings, name)  # nobody is asked about one that is not there
            question = f"{name} at {settings.kafka}: {lost[name]}. Wipe it?"
            typer.confirm(question, abort=True, err=True)
        with notes.status("asking the brokers"):
            now = wipe(settings, name)
    except (BadSetting, KafkaUnusable) as why:
        refuse(str(why))
    say(f"{name} is empty, with {now.partitions} partitions: {lost[name]}")


@app.command("status")
def show_status(
    max_lag: Annotated[
        int, typer.Option(min=0, help="so many facts or messages behind is still well")
    ] = LAG_MAX,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="each partition, each member")
    ] = False,
    as_json: Json = False,
) -> None:
    """Who leads and works, and how far everybody is. Status 1 when something is wrong."""
    with office() as opened, notes.status("asking the brokers"):
        asked = status(opened.store, opened.settings)
    found = wrong(asked, max_lag)
    if as_json:
        say_json(as_object(asked, found))
    else:
        print_status(asked)
        if verbose:
            print_members(asked)
            print_partitions(asked)
        for text in found:
            say(f"! {text}")
    if found:
        raise typer.Exit(FOUND)


def as_object(asked: Status, found: list[str]) -> dict[str, Any]:
    """The status for programs: everything that was asked, and the sums."""
    return {
        "head": asked.head,
        "trouble": asked.trouble,
        "relay": asked.relay,
        "consumers": [
            {
                "name": each.name,
                "lag": each.lag,
                "lags": each.lags,
                "behind": each.behind,
                "members": each.members,
                "unreadable": each.unreadable,
                "views": each.views,
            }
            for each in asked.consumers
        ],
        "parked": asked.parked,
        "topics": [
            {
                "name": topic.name,
                "messages": topic.messages,
                "copies": topic.copies,
                "in_step": topic.in_step,
                "begins": topic.begins,
                "ends": topic.ends,
                "headless": topic.headless,
                "lost": topic.lost,
            }
            for topic in asked.topics
        ],
        "found": found,
    }


def print_status(asked: Status) -> None:
    """The topics, and who works on them."""
    if not asked.trouble:
        print_topics(asked)
    relay = asked.relay
    leader = f"{relay.leader} since {moment(relay.since)}" if relay.leader else "nobody"
    say_table(
        f"who works; head of the log {asked.head}, times in {zone()}",
        ("who", "at work", "not taken", "behind the log", "parked", "unreadable"),
        [
            ("relay", leader, None, relay.lag, None, None),
            *(
                (
                    each.name,
                    at_work(each),
                    "not known" if each.lag is None else each.lag,
                    each.behind,
                    sum(asked.parked.get(view, 0) for view in each.views),
                    each.unreadable,
                )
                for each in asked.consumers
            ),
        ],
    )


def print_topics(asked: Status) -> None:
    say_table(
        "topics",
        ("topic", "partitions", "copies", "in step", "messages"),
        [
            (t.name, len(t.ends) + len(t.headless), t.copies, t.in_step, t.messages)
            for t in asked.topics
        ],
    )


def at_work(each: Taken) -> str:
    """Its members, with how many partitions each of them has."""
    if not each.members:
        return "not known" if each.members is None else "nobody"
    return ", ".join(f"{m.name} ({len(m.partitions)})" for m in each.members)


def print_members(asked: Status) -> None:
    say_table(
        "members",
        ("group", "member", "host", "partitions"),
        [
            (each.name, m.name, m.host, " ".join(map(str, m.partitions)))
            for each in asked.consumers
            for m in each.members or ()
        ],
    )


def print_partitions(asked: Status) -> None:
    """Messages not taken, a row a partition and a column a consumer."""
    numbers = sorted({n for each in asked.consumers for n in each.lags or ()})
    say_table(
        "messages not taken",
        ("partition", *(each.name for each in asked.consumers)),
        [(n, *((each.lags or {}).get(n) for each in asked.consumers)) for n in numbers],
    )
