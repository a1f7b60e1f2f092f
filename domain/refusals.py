"""Every reason the desk can refuse for: code, Chinese, English. Codes never change."""

from __future__ import annotations

from typing import NamedTuple


class Text(NamedTuple):
    zh: str
    en: str


TEXTS: dict[str, Text] = {
    "no_such_case": Text("没有这个工单", "there is no such case"),
    "no_such_call": Text("没有这通来电", "there is no such call"),
    "not_permitted": Text(
        "角色“{role}”无权{action}", "the role {role} may not {action}"
    ),
    "no_such_move": Text(
        "工单处于“{stage}”状态, 不能{action}",
        "a case that is {stage} does not allow {action}",
    ),
    "stale_version": Text(
        "工单已有更新 (当前版本 {version}), 请刷新后再办理",
        "the case has moved on to version {version}; read it again, then decide",
    ),
    "contended": Text(
        "工单正被频繁更新, 请稍后再试",
        "the case is being changed by many at once; try again",
    ),
    "command_reused": Text(
        "该请求编号已用于另一内容的请求",
        "this command id was already used for a different request",
    ),
    "already_begun": Text("该编号已经使用", "something with this id has already begun"),
    "no_such_policy": Text(
        "没有已生效的规则“{profile}”", "no policy {profile} is in force"
    ),
    "unknown_unit": Text("没有单位“{unit}”", "there is no unit {unit} at that time"),
    "unknown_type": Text(
        "业务类型“{business_type}”不在规则中",
        "the policy has no business type {business_type}",
    ),
    "unknown_channel": Text(
        "渠道“{channel}”不在规则中", "the policy has no channel {channel}"
    ),
}
