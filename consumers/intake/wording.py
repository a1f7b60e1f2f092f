"""What a reader of JSON says is wrong with a body, in both languages."""

from __future__ import annotations

import re

from domain.text import Text

KINDS = {
    "str": "文字",
    "bool": " true 或 false",
    "int": "整数",
    "float": "小数",
    "object": "对象",
    "array": "数组",
    "null": "空",
}
WORDINGS = (
    (
        re.compile(r"(?s)^Object missing required field `(?P<name>.*)`$"),
        "缺少字段 {name}",
    ),
    (
        re.compile(r"(?s)^Object contains unknown field `(?P<name>.*)`$"),
        "没有字段 {name}",
    ),
    (
        re.compile(r"^Expected `(?P<wanted>\w+)[^`]*`, got `(?P<got>\w+)`(?P<place>.*)$"),
        "{place}应为{wanted}, 而不是{got}",
    ),
    (
        re.compile(r"^Expected `str` of length <= (?P<most>\d+)(?P<place>.*)$"),
        "{place}不得超过 {most} 个字符",
    ),
    (re.compile(r"^Expected `str` of length >= 1(?P<place>.*)$"), "{place}不得为空"),
)
PLACE = re.compile(r"^ - at `\$\.(.*)`$")


def wording(said: str) -> Text:
    """A complaint of msgspec; one of a kind that is new stays English in both."""
    for pattern, zh in WORDINGS:
        if found := pattern.match(said):
            parts = found.groupdict()
            at = PLACE.match(parts.pop("place", ""))
            told = {
                name: KINDS.get(part, part) if name in {"wanted", "got"} else part
                for name, part in parts.items()
            }
            return Text(
                zh.format(**told, place=f"字段 {at[1]} " if at else "消息内容"), said
            )
    return Text(said, said)
