"""XES: events are rows, attributes are columns, and hostile XML is turned away."""

from __future__ import annotations

import io

import pytest

from api.imports.source import Row, Unusable
from api.imports.xes_rows import XesRows

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<log xmlns="http://www.xes-standard.org/">'


def read(text: str) -> list[dict[str, str]]:
    rows = list(XesRows(io.BytesIO(text.encode())))
    return [row.values for row in rows if isinstance(row, Row)]


def test_an_event_carries_its_own_attributes_and_those_of_its_trace() -> None:
    found = read(
        HEAD
        + """<string key="creator" value="nobody"/>
        <trace><string key="concept:name" value="7"/>
          <event><string key="concept:name" value="register"/>
            <date key="time:timestamp" value="2010-12-30T14:32:00.000+01:00"/></event>
          <event><string key="concept:name" value="decide"/></event>
        </trace>
        <trace><string key="concept:name" value="8"/><event/></trace></log>"""
    )
    assert found == [
        {
            "case:concept:name": "7",
            "concept:name": "register",
            "time:timestamp": "2010-12-30T14:32:00.000+01:00",
        },
        {"case:concept:name": "7", "concept:name": "decide"},
        {"case:concept:name": "8"},
    ]


def test_nested_attributes_are_named_by_their_path() -> None:
    found = read(
        HEAD
        + """<trace><event>
        <string key="cost" value="9"><string key="currency" value="CNY"/></string>
        <list key="parts"><values><int key="fuse" value="2"/><int key="fuse" value="3"/>
        </values></list></event></trace></log>"""
    )
    assert found == [{"cost": "9", "cost/currency": "CNY", "parts/fuse": "2"}]


def test_defaults_of_the_log_are_no_events() -> None:
    found = read(
        HEAD
        + """<global scope="event"><string key="concept:name" value="UNKNOWN"/></global>
        <trace><event><string key="org:group" value="A"/></event></trace></log>"""
    )
    assert found == [{"org:group": "A"}]


def test_a_prefixed_name_space_and_an_event_outside_a_trace_are_read() -> None:
    found = read(
        '<x:log xmlns:x="http://www.xes-standard.org/"><x:trace>'
        '<x:string key="concept:name" value="1"/></x:trace>'
        '<x:event><x:string key="a" value="b"/></x:event></x:log>'
    )
    assert found == [{"a": "b"}]


def test_the_line_and_the_columns_are_told() -> None:
    rows = XesRows(io.BytesIO((HEAD + '\n<trace>\n<event><id key="k" value="v"/></event>'
                               "</trace></log>").encode()))  # fmt: skip
    assert [row.line for row in rows] == [4]
    assert rows.columns == {"k"}


BOMB = """<?xml version="1.0"?><!DOCTYPE log [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>
<log><trace><event><string key="k" value="&b;"/></event></trace></log>"""
OUTSIDE = """<!DOCTYPE log SYSTEM "file:///etc/passwd"><log/>"""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (BOMB, "DOCTYPE"),
        (OUTSIDE, "DOCTYPE"),
        ("<html></html>", "begins with <html>"),
        (HEAD + "<trace><event></trace></log>", "not well-formed"),
        (HEAD + "<trace>", "not well-formed"),
        ("", "not well-formed"),
        ('<?xml version="1.0" encoding="no-such-encoding"?><log/>', "save it as UTF-8"),
        ('<?xml version="1.0" encoding="utf-7"?><log/>', "save it as UTF-8"),
        (HEAD + "<a>" * 100 + "</a>" * 100 + "</log>", "nested deeper"),
    ],
)
def test_what_is_not_a_sound_xes_log_is_not_read(text: str, why: str) -> None:
    with pytest.raises(Unusable, match=why):
        read(text)


def test_events_are_handed_on_before_the_file_ends() -> None:
    class Endless(io.RawIOBase):
        """A log that goes on for ever, to show that it need not be held."""

        def __init__(self) -> None:
            self.begun = False

        def read(self, size: int = -1) -> bytes:
            event = b'<trace><event><string key="k" value="v"/></event></trace>'
            if self.begun:
                return event * (size // len(event))
            self.begun = True
            return HEAD.encode()

    rows = iter(XesRows(Endless()))  # type: ignore[arg-type]
    for _ in range(5_000):
        assert next(rows).line
