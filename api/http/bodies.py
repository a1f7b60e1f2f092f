"""What a client may send: one strict body model a command, made from the command itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import datetime
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    create_model,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from api.http.problems import FieldError, Problem
from api.instants import instant
from domain.command import Command
from store.edge import body_fields, is_sealed
from store.phones import NotAPhone, e164

WORD_LENGTH_MAX = 200
NOTE_LENGTH_MAX = 2_000
SEALED_LENGTH_MAX = 20_000
PHONE_LENGTH_MAX = 40
# As the document tells it; a number may also be written in full-width digits.
PHONE_PATTERN = (
    r"^(?:(?:\+|00)[1-9](?:[ ()./-]{0,2}[0-9]){2,14}"
    r"|\(?0?[1-9](?:[ ()./-]{0,2}[0-9]){2,12})$"
)
NUMBER_MAX = 2**31 - 1
DOCUMENT_NUMBER_MAX = 2**53
ITEMS_MAX = 10_000
NOTES = frozenset({"note", "order", "wish"})


class Body(BaseModel):
    """Nothing unknown, nothing converted: a body says exactly what the command asks."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


def body_model(kind: type[Command]) -> type[Body]:
    """The body model of a command: its fields after the envelope, sealed ones in clear."""
    required = {f.name for f in fields(kind) if f.default is f.default_factory is MISSING}
    defaults = {f.name: f.default for f in fields(kind)}
    model: dict[str, Any] = {
        name: (_typed(name, hint), ... if name in required else defaults[name])
        for name, hint in body_fields(kind).items()
    }
    return create_model(kind.__name__, __base__=Body, __doc__=kind.__doc__, **model)


def parse(model: type[Body], raw: bytes) -> Body:
    """Read a body; an empty one is ``{}``. Raises Problem 400 naming each wrong field."""
    try:
        return model.model_validate_json(raw or b"{}")
    except ValidationError as invalid:
        errors = invalid.errors(include_url=False, include_input=False)
        if errors[0]["type"] == "json_invalid":
            raise Problem(400, "malformed_json") from None
        raise Problem(400, "invalid_body", errors=[_told(e) for e in errors]) from None


def _typed(name: str, hint: Any) -> Any:
    """The same type, narrowed to what may be stored and shown."""
    if get_origin(hint) in {Union, UnionType}:
        return Union[tuple(_typed(name, part) for part in get_args(hint))]  # noqa: UP007
    if is_sealed(hint):
        return _PHONE if name == "phone" else _text(SEALED_LENGTH_MAX)
    if hint is str and name == "source":
        return Annotated[_text(WORD_LENGTH_MAX), AfterValidator(_without_colon)]
    if hint is str:
        return _text(NOTE_LENGTH_MAX if name in NOTES else WORD_LENGTH_MAX)
    if hint in _NARROWED:
        return _NARROWED[hint]
    return _container(name, hint)


def _container(name: str, hint: Any) -> Any:
    """Lists item by item; a document (a policy to publish) as any JSON object."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is tuple:
        item: Any = _typed(name, inner[0])
        return Annotated[tuple[item, ...], Field(max_length=ITEMS_MAX)]
    if origin is Mapping:
        return Annotated[dict[str, Any], AfterValidator(_storable)]
    return hint


def _text(length_max: int) -> Any:
    limits = Field(min_length=1, max_length=length_max)
    return Annotated[str, limits, AfterValidator(_readable)]


def _readable(text: str) -> str:
    if "\x00" in text:
        raise PydanticCustomError("nul_character", "a text cannot hold a NUL character")
    if not text.strip():
        raise PydanticCustomError("blank_text", "a text cannot be blank")
    return text


def _without_colon(text: str) -> str:
    if ":" in text:
        raise PydanticCustomError("colon", "no colon here: cases are SOURCE:ID")
    return text


def _storable(value: Any) -> Any:
    """The same check for every text inside a document, and numbers that JSON can keep."""
    if isinstance(value, str) and "\x00" in value:
        _readable(value)
    if isinstance(value, int | float) and not abs(value) < DOCUMENT_NUMBER_MAX:
        raise PydanticCustomError("number_out_of_range", "a number is out of range")
    if isinstance(value, dict):
        for key, inner in value.items():
            _storable(key)
            _storable(inner)
    if isinstance(value, list):
        for inner in value:
            _storable(inner)
    return value


def _moment(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return instant(value)
    except ValueError as wrong:
        raise PydanticCustomError("bad_time", "{why}", {"why": str(wrong)}) from None


def _phone(text: str) -> str:
    try:
        e164(text)
    except NotAPhone:
        raise PydanticCustomError("not_a_phone", "not a phone number") from None
    return text


_PHONE = Annotated[
    str,
    Field(max_length=PHONE_LENGTH_MAX, json_schema_extra={"pattern": PHONE_PATTERN}),
    AfterValidator(_phone),
]
_NARROWED: dict[Any, Any] = {
    int: Annotated[int, Field(ge=-NUMBER_MAX, le=NUMBER_MAX)],
    datetime: Annotated[
        datetime,
        BeforeValidator(_moment),
        WithJsonSchema({"type": "string", "format": "date-time"}),
    ],
}

_ZH = {
    "missing": "必填",
    "extra_forbidden": "没有这个字段",
    "string_type": "须为文字",
    "string_too_short": "不能为空",
    "string_too_long": "文字过长",
    "not_a_phone": "须为电话号码",
    "bool_type": "须为 true 或 false",
    "int_type": "须为整数",
    "uuid_parsing": "须为 UUID",
    "uuid_type": "须为 UUID",
    "datetime_type": "须为带时区的时间",
    "bad_time": "须为带时区的时间, 例如 2026-03-02T09:00:00Z",
    "nul_character": "不能含有 NUL 字符",
    "blank_text": "不能为空白",
    "colon": "不能含有冒号: 工单写作 来源:编号",
    "number_out_of_range": "数值超出范围",
    "model_type": "须为 JSON 对象",
    "none_required": "须为空",
}


def _told(error: ErrorDetails) -> FieldError:
    field = ".".join(str(part)[:WORD_LENGTH_MAX] for part in error["loc"])
    zh = _ZH.get(error["type"], "不符合要求")
    return FieldError(field=field, code=error["type"], zh=zh, en=error["msg"])
