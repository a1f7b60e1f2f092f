"""受理接入 The intake wire: how another system writes a case, and how one that was refused
comes back.

What arrives is written by others: every byte of it may be wrong. Nothing here reads a
clock, a database or Kafka. docs/intake.md tells senders the same.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid5

import msgspec
from msgspec import Meta

from consumers.brokers.topics import INTAKE
from consumers.intake.wording import wording
from domain.text import Text
from store.phones import NotAPhone, e164

CASE_TYPE = "huiyin.intake.case.v1"
REFUSED_TYPE = "huiyin.intake.refused.v1"
JSON = "application/json"
OURSELVES = "/huiyin/intake"
COMMANDS = UUID("f0c1b7d2-4f0e-5f3a-8c55-3d2a90b1e764")

BODY_BYTES_MAX = 1_000_000
NAME_LENGTH_MAX = 200
TEXT_LENGTH_MAX = 20_000
PHONE_LENGTH_MAX = 40
WHY_LENGTH_MAX = 400
# Clocks of other systems may be ahead by so much; what they tell of longer ago is history,
# and history is imported.
AHEAD_MAX = timedelta(minutes=5)
AGO_MAX = timedelta(days=366)

Headers = Sequence[tuple[str, bytes | None]]
Code = Annotated[str, Meta(min_length=1, max_length=NAME_LENGTH_MAX)]
Clear = Annotated[str, Meta(min_length=1, max_length=TEXT_LENGTH_MAX)]
Phone = Annotated[str, Meta(min_length=1, max_length=PHONE_LENGTH_MAX)]
Moment = Annotated[datetime, Meta(tz=True)]

TEXTS: dict[str, Text] = {
    "bad_header": Text(
        "消息头“{name}”须恰好出现一次, 其值须为: {wants.zh}",
        "the header {name} must be there once and be {wants.en}",
    ),
    "body_too_large": Text(
        "消息内容超过 {limit} 字节", "the body is larger than {limit} bytes"
    ),
    "malformed_json": Text(
        "消息内容不是有效的 JSON (UTF-8)", "the body is not valid JSON in UTF-8"
    ),
    "invalid_body": Text("消息内容有误: {why.zh}", "the body does not fit: {why.en}"),
    "time_ahead": Text(
        "ce_time 晚于当前时间; 请校准发送方时钟",
        "ce_time is in the future; set the sender's clock right",
    ),
    "time_long_ago": Text(
        "ce_time 早于 {days} 天前; 历史工单请用 huiyin import 导入",
        "ce_time is more than {days} days ago; history comes in by huiyin import",
    ),
    "unreadable": Text(
        "消息已损坏, 无法读取 (消息头名称须为 UTF-8)",
        "the message is damaged and cannot be read (names of headers must be UTF-8)",
    ),
    "internal": Text(
        "系统内部错误, 编号 {incident}; 可用原编号重新发送",
        "something broke here, the log has it as {incident}; send it again under its id",
    ),
}


class Unfit(Exception):
    """A message that cannot become a command: a stable code, why, and where in it."""

    def __init__(self, code: str, *, field: str | None = None, **because: object) -> None:
        self.code = code
        self.field = field
        self.zh = TEXTS[code].zh.format_map(because)
        self.en = TEXTS[code].en.format_map(because)
        super().__init__(f"{code}: {self.en}")


class IntakeV1(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,  # a field that is new has no part in the fingerprint of old bodies
):
    """One case, as the body of a message of ``huiyin.intake.v1``.

    The words and their limits are those of ``POST /cases``; texts are in clear, and sealed
    as soon as they are read. ``source_id`` is the matter's own number at the sender, the
    message's ``ce_id`` if it has none. It must not be personal data, for it stays readable.
    """

    business_type: Code
    channel: Code
    area: Code | None = None
    content: Clear | None = None
    wish: Clear | None = None
    name: Clear | None = None
    phone: Phone | None = None
    address: Clear | None = None
    secret: bool = False
    anonymous: bool = False
    category: Code | None = None
    level: Code | None = None
    referral_body: Code | None = None
    referral_number: Code | None = None
    source_id: Code | None = None


class RefusedV1(msgspec.Struct, frozen=True, kw_only=True):
    """One message of ``huiyin.intake.refused.v1``: what was refused, and why.

    ``partition`` and ``offset`` are its place in ``huiyin.intake.v1``; ``source`` and
    ``id`` its ``ce_source`` and ``ce_id``, where they could be read. ``code`` never
    changes its meaning; ``field`` is the header or field that is wrong. ``message`` is
    the body as it came, in base64; null for one that is too large or could not be read.
    """

    partition: int
    offset: int
    source: str | None
    id: str | None
    code: str
    zh: str
    en: str
    field: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message as Kafka handed it over."""

    partition: int
    offset: int
    headers: Headers
    value: bytes | None


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that could be read: from whom, under which id, said when (as written:
    whether that can be is asked with ``moment``), and the case.

    Two with one ``source`` and ``id`` are one message.
    """

    source: str
    id: str
    said_at: datetime
    case: IntakeV1

    @property
    def command_id(self) -> UUID:
        """The identity of the wish; ``source`` has no colon, so no two wishes share it."""
        return uuid5(COMMANDS, f"{self.source}:{self.id}")

    @property
    def source_id(self) -> str:
        """What the sender knows the matter by."""
        return self.case.source_id or self.id

    @property
    def canonical(self) -> bytes:
        """The body, the same for two spellings of it: what another body under a used id
        shows by."""
        return msgspec.json.encode(self.case)

    def body(self) -> dict[str, Any]:
        """The fields of the command to receive the case, in clear."""
        said = {name: getattr(self.case, name) for name in self.case.__struct_fields__}
        return said | {"source": self.source, "source_id": self.source_id}


# Reading -------------------------------------------------------------------------------


def read(message: Message) -> Sent:
    """What a message says. Raises Unfit for the first thing that is wrong with it."""
    _agree(message.headers)
    sent_by, sent_as = _source(message.headers), _id(message.headers)
    said_at = _time(message.headers)
    return Sent(sent_by, sent_as, said_at, _case(message.value or b""))


def moment(said_at: datetime, now: datetime) -> datetime:
    """The business time of a case: when it was said, in UTC, but never ahead of here.

    Raises Unfit: ``time_ahead``, ``time_long_ago``.
    """
    if said_at > now + AHEAD_MAX:
        raise Unfit("time_ahead", field="ce_time")
    if said_at < now - AGO_MAX:
        raise Unfit("time_long_ago", field="ce_time", days=AGO_MAX.days)
    return min(said_at, now).astimezone(UTC)


def _agree(headers: Headers) -> None:
    """It is of the kind that this program reads."""
    if _header(headers, "ce_specversion") != "1.0":
        raise _bad("ce_specversion", "1.0")
    if _header(headers, "ce_type") != CASE_TYPE:
        raise _bad("ce_type", CASE_TYPE)
    content_type = (_header(headers, "content-type") or "").partition(";")[0]
    if content_type.strip().lower() != JSON:
        raise _bad("content-type", JSON)


def _source(headers: Headers) -> str:
    source = _name(headers, "ce_source")
    if source is None or ":" in source:
        raise _bad(
            "ce_source",
            f"1 至 {NAME_LENGTH_MAX} 个可显示字符, 且不含冒号",
            f"a printable text of 1 to {NAME_LENGTH_MAX} characters without a colon",
        )
    return source


def _id(headers: Headers) -> str:
    found = _name(headers, "ce_id")
    if found is None:
        raise _bad(
            "ce_id",
            f"1 至 {NAME_LENGTH_MAX} 个可显示字符",
            f"a printable text of 1 to {NAME_LENGTH_MAX} characters",
        )
    return found


def _time(headers: Headers) -> datetime:
    try:
        return msgspec.convert(_header(headers, "ce_time"), Moment)
    except msgspec.ValidationError:
        raise _bad(
            "ce_time",
            "带时区的时间, 例如 2026-03-02T09:00:00Z",
            "a time with its offset, for example 2026-03-02T09:00:00Z",
        ) from None


def _header(headers: Headers, name: str) -> str | None:
    """The text of a header that is there once; None otherwise."""
    found = [value for each, value in headers if each == name]
    if len(found) != 1 or found[0] is None:
        return None
    try:
        return found[0].decode()
    except UnicodeDecodeError:
        return None


def _name(headers: Headers, name: str) -> str | None:
    """A header that can stand as a name: neither empty nor long, all of it to be seen."""
    text = _header(headers, name)
    if text is None or not 0 < len(text) <= NAME_LENGTH_MAX:
        return None
    return text if text.isprintable() and text.strip() == text else None


def _bad(name: str, zh: str, en: str | None = None) -> Unfit:
    """What a header must be, in both languages; a value is the same in both."""
    wants = Text(zh, en or zh)
    return Unfit("bad_header", field=name, name=name, wants=wants)


def _case(raw: bytes) -> IntakeV1:
    if len(raw) > BODY_BYTES_MAX:
        raise Unfit("body_too_large", limit=BODY_BYTES_MAX)
    try:
        case = msgspec.json.decode(raw, type=IntakeV1)
    except msgspec.ValidationError as wrong:
        said = str(wrong)
        field = _where(said)
        zh, en = wording(said)
        why = Text(zh[:WHY_LENGTH_MAX], en[:WHY_LENGTH_MAX])
        raise Unfit("invalid_body", field=field, why=why) from None
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise Unfit("malformed_json") from None
    for field in case.__struct_fields__:
        said = getattr(case, field)
        if isinstance(said, str) and (not said.strip() or "\x00" in said):
            why = Text(f"字段 {field} 为空白或含空字符", f"{field}: blank, or holds a NUL")
            raise Unfit("invalid_body", field=field, why=why)
    if case.phone is not None:
        _phone(case.phone)
    return case


def _phone(phone: str) -> None:
    try:
        e164(phone)
    except NotAPhone:
        why = Text("字段 phone 不是电话号码", "phone: no phone number")
        raise Unfit("invalid_body", field="phone", why=why) from None


_WHERE = re.compile(r"field `([^`]*)`|at `\$\.([^`]*)`")


def _where(wrong: str) -> str | None:
    """The field that the decoder complains of."""
    found = _WHERE.search(wrong)
    return (found[1] or found[2] or "")[:NAME_LENGTH_MAX] if found else None


# Refusing ------------------------------------------------------------------------------


def refusal(
    message: Message, code: str, zh: str, en: str, field: str | None = None
) -> RefusedV1:
    """What is told of a message that was refused."""
    value = message.value
    return RefusedV1(
        partition=message.partition,
        offset=message.offset,
        source=_name(message.headers, "ce_source"),
        id=_name(message.headers, "ce_id"),
        code=code,
        zh=zh,
        en=en,
        field=field,
        message=b64encode(value).decode()
        if value is not None and len(value) <= BODY_BYTES_MAX
        else None,
    )


def refusal_key(refused: RefusedV1) -> bytes | None:
    """What one system is told goes to one partition, and so stays in order."""
    return refused.source.encode() if refused.source else None


def refusal_headers(refused: RefusedV1, now: datetime) -> list[tuple[str, bytes]]:
    """CloudEvents 1.0, binary mode. ``ce_source`` and ``ce_id`` are those of the message
    that was refused; for one that could not be read we and its place stand in."""
    said = {
        "ce_specversion": "1.0",
        "ce_id": refused.id or f"{INTAKE}/{refused.partition}/{refused.offset}",
        "ce_source": refused.source or OURSELVES,
        "ce_type": REFUSED_TYPE,
        "ce_time": now.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "content-type": JSON,
        "reason_code": refused.code,
    }
    return [(name, value.encode()) for name, value in said.items()]


def refusal_body(refused: RefusedV1) -> bytes:
    return msgspec.json.encode(refused)
