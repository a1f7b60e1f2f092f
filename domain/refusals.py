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
    "policy_lacks_table": Text(
        "规则缺少“{table}”表; 请补上文件 {table}.toml",
        "the policy lacks the table {table}; add the file {table}.toml",
    ),
    "policy_unknown_table": Text(
        "规则中没有名为“{table}”的表; 可用的表: {known}",
        "a policy has no table {table}; the tables are {known}",
    ),
    "policy_row_lacks": Text(
        "规则表“{table}”的行“{row}”缺少“{key}”, 应填 {wants}",
        "table {table}, row {row}: {key} is missing; give {wants}",
    ),
    "policy_row_wrong": Text(
        "规则表“{table}”的行“{row}”: “{key}”应为 {wants}, 现为 {got}",
        "table {table}, row {row}: {key} must be {wants}, not {got}",
    ),
    "policy_row_unknown_key": Text(
        "规则表“{table}”的行“{row}”: 不认识“{key}”; 可用: {known}",
        "table {table}, row {row}: nobody reads {key}; the keys are {known}",
    ),
    "policy_row_dangling": Text(
        "规则表“{table}”的行“{row}”: “{key}”所指的“{value}”在“{target}”表中不存在, 请补上或改正",
        "table {table}, row {row}: {key} names {value}, which the table {target} lacks; "
        "add it there or correct it here",
    ),
    "policy_row_twice": Text(
        "规则表“{table}”的行“{row}”: “{key}”出现两次, 请删去一个",
        "table {table}, row {row}: {key} stands there twice; remove one",
    ),
    "policy_unsound": Text(
        "流程检查未通过: {findings}", "the workflow does not hold: {findings}"
    ),
    "policy_version_not_later": Text(
        "版本 {version} 不大于已发布的版本 {last}",
        "version {version} is not later than the published version {last}",
    ),
    "policy_wrong_book": Text(
        "规则“{profile}”应发布到它自己的规则册", "{profile} is published into its own book only"
    ),
    "no_such_policy_version": Text(
        "规则“{profile}”没有版本 {version}", "the policy {profile} has no version {version}"
    ),
    "unknown_reason": Text(
        "“{kind}”没有原因代码“{code}”", "{kind} has no reason code {code}"
    ),
    "unknown_category": Text("没有类别“{code}”", "there is no category {code}"),
    "unknown_level": Text("没有等级“{code}”", "there is no level {code}"),
    "unknown_area": Text("没有区域类型“{code}”", "there is no kind of area {code}"),
    "unknown_satisfaction": Text(
        "没有满意度选项“{code}”", "the satisfaction scale has no step {code}"
    ),
}
