"""What went wrong, told the same way everywhere: RFC 9457 documents in zh and en."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import msgspec
import psycopg
from eventsourcing.persistence import InterfaceError, OperationalError
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from psycopg.errors import UndefinedTable
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain.refusals import Text
from domain.refused import Contended, NotFound, NotPermitted, Refused, Stale

MEDIA_TYPE = "application/problem+json"
ERRORS_MAX = 20

log = logging.getLogger("huiyin.http")

# Reasons of the door itself; the reasons of the business are in domain/refusals.py.
TEXTS: dict[str, Text] = {
    "unauthenticated": Text(
        "请先登录: 缺少有效的访问令牌", "a valid bearer token is needed"
    ),
    "invalid_body": Text("请求内容有误", "the body does not fit this command"),
    "malformed_json": Text("请求内容不是有效的 JSON", "the body is not valid JSON"),
    "unsupported_content_type": Text(
        "请求内容须为 application/json", "the body must be application/json"
    ),
    "body_too_large": Text(
        "请求内容超过 {limit} 字节", "the body is larger than {limit} bytes"
    ),
    "malformed_if_match": Text(
        'If-Match 须为一个版本号, 例如 "7"',
        'If-Match must be one version, for example "7"',
    ),
    "nothing_to_match": Text(
        "新建时没有可比对的版本, 请去掉 If-Match",
        "there is no version yet for If-Match to match",
    ),
    "malformed_idempotency_key": Text(
        "Idempotency-Key 须为 1 至 {limit} 个可见字符",
        "Idempotency-Key must be 1 to {limit} printable characters",
    ),
    "bad_parameter": Text("参数“{name}”有误", "the parameter {name} cannot be read"),
    "bad_time": Text(
        "参数“{name}”须为带时区的时间, 例如 2026-03-02T09:00:00Z",
        "{name} must be a time with its offset, for example 2026-03-02T09:00:00Z",
    ),
    "bad_cursor": Text("翻页标记无效", "this cursor was not given out for this question"),
    "ambiguous_case": Text(
        "有 {n} 个工单使用这个编号, 请改用 UUID 指明: {cases}",
        "{n} cases go by this name; name one by its UUID: {cases}",
    ),
    "no_such_page": Text("没有这个地址", "there is nothing at this address"),
    "no_such_command": Text("没有“{command}”这项操作", "there is no command {command}"),
    "no_such_view": Text(
        "没有视图“{view}”; 现有: {known}", "there is no view {view}; there are {known}"
    ),
    "method_not_allowed": Text(
        "此地址不支持该方法", "this address does not take that method"
    ),
    "view_behind": Text(
        "视图尚未更新到位置 {position}, 请稍后再试",
        "the view has not reached position {position} yet; try again shortly",
    ),
    "beyond_the_log": Text(
        "日志只到位置 {head}, 还没有位置 {position}",
        "the log ends at {head}; nothing is at position {position} yet",
    ),
    "moment_untold": Text(
        "该时点的视图无法重算: 有 {n} 条事实未能计入, 详见系统日志",
        "the views of that moment cannot be told: {n} facts do not fold; see the log",
    ),
    "view_missing": Text(
        "视图尚未建立: 后台进程还没有运行过",
        "the views are not built yet: no worker has run",
    ),
    "store_unreachable": Text(
        "数据库暂时无法访问, 请用相同的 Idempotency-Key 重试",
        "the store cannot be reached; try again with the same Idempotency-Key",
    ),
    "internal": Text(
        "系统内部错误, 编号 {incident}",
        "something broke here; the log has it as {incident}",
    ),
}

# What says that the database is away, as the library, the driver and its pool say it.
AWAY = (OperationalError, InterfaceError, psycopg.OperationalError, psycopg.InterfaceError)

_STATUS: dict[type[Refused], int] = {
    NotPermitted: 403,
    NotFound: 404,
    Stale: 412,
    Contended: 503,
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong in a body: where (``a.b``), a stable code, and why."""

    field: str
    code: str
    zh: str
    en: str


class Problem(Exception):
    """The door will not take this request. ``because`` fills the places in the texts."""

    def __init__(
        self,
        status: int,
        code: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **because: object,
    ) -> None:
        self.status = status
        self.code = code
        self.zh = TEXTS[code].zh.format_map(because)
        self.en = TEXTS[code].en.format_map(because)
        self.errors = errors
        self.headers = dict(headers or {})
        super().__init__(f"{code}: {self.en}")


def status_of(refused: Refused) -> int:
    """The HTTP status of a refusal by the business."""
    if refused.code == "command_reused":
        return 422
    return next((s for kind, s in _STATUS.items() if isinstance(refused, kind)), 409)


def response(problem: Problem | Refused, request: Request) -> Response:
    """The problem document; ``detail`` is English only where the client asks for it."""
    status = problem.status if isinstance(problem, Problem) else status_of(problem)
    english = request.headers.get("accept-language", "").lower().startswith("en")
    document: dict[str, Any] = {
        "type": f"urn:huiyin:problem:{problem.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": problem.en if english else problem.zh,
        "code": problem.code,
        "zh": problem.zh,
        "en": problem.en,
    }
    headers = {"Retry-After": "1"} if isinstance(problem, Contended) else {}
    if isinstance(problem, Problem):
        headers = problem.headers
        if problem.errors:
            document["errors"] = problem.errors[:ERRORS_MAX]
    return Response(msgspec.json.encode(document), status, headers, MEDIA_TYPE)


def install(app: FastAPI) -> None:
    """Every way a request can fail ends in a problem document."""
    app.add_exception_handler(Problem, _known)
    app.add_exception_handler(Refused, _known)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    for unreachable in AWAY:
        app.add_exception_handler(unreachable, _unreachable)
    app.add_exception_handler(UndefinedTable, _unbuilt)
    app.add_middleware(Incidents)


async def _known(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem | Refused)  # noqa: S101 - registered for these
    return response(error, request)


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this
    names = ", ".join(str(e["loc"][-1])[:100] for e in error.errors())
    return response(Problem(400, "bad_parameter", name=names), request)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return response(Problem(405, "method_not_allowed", headers=error.headers), request)
    return response(Problem(404, "no_such_page"), request)


async def _unreachable(request: Request, error: Exception) -> Response:
    log.warning("store unreachable: %s", error)
    return response(
        Problem(503, "store_unreachable", headers={"Retry-After": "1"}), request
    )


async def _unbuilt(request: Request, _: Exception) -> Response:
    return response(Problem(503, "view_missing", headers={"Retry-After": "5"}), request)


class Incidents:
    """Turns what nobody expected into a problem document with a number; the log has the
    rest under that number. The connection stays open for the next request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except ClientDisconnect:
            log.info("a client hung up in the middle of %s", scope.get("path"))
        except Exception:
            incident = uuid4().hex[:12]
            log.exception("incident %s: %s", incident, scope.get("path"))
            if begun or scope["type"] != "http":
                raise
            told = response(Problem(500, "internal", incident=incident), Request(scope))
            await told(scope, receive, send)
