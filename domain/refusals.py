"""Every reason the desk can refuse for: code, Chinese, English. Codes never change."""

from __future__ import annotations

from domain.case.refusals import CASES
from domain.text import Text

__all__ = ["TEXTS", "Text"]

TEXTS: dict[str, Text] = CASES | {
    "no_such_case": Text("没有这个工单", "there is no such case"),
    "no_such_call": Text("没有这通来电", "there is no such call"),
    "not_permitted": Text(
        "角色“{role_zh}”无权{action_zh}", "the role {role} may not {action}"
    ),
    "no_such_move": Text(
        "工单处于“{stage_zh}”状态, 不能{action_zh}",
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
        "规则表“{table}”的行“{row}”: “{key}”所指的“{value}”在“{target}”表中不存在, 请改正",
        "table {table}, row {row}: {key} names {value}, which the table {target} lacks; "
        "add it there or correct it here",
    ),
    "policy_row_twice": Text(
        "规则表“{table}”的行“{row}”: “{key}”出现两次, 请删去一个",
        "table {table}, row {row}: {key} stands there twice; remove one",
    ),
    "policy_too_deep": Text(
        "规则表“{table}”嵌套过深 (最多 {deepest} 层)",
        "the table {table} nests deeper than {deepest} levels",
    ),
    "policy_unsound": Text(
        "流程检查未通过: {findings}", "the workflow does not hold: {findings}"
    ),
    "policy_unknown_calendar": Text(
        "“{where}”所用的作息表“{calendar}”尚未发布; 请先用 huiyin calendar publish 发布",
        "{where} counts in the calendar {calendar}, which is not published; publish it "
        "first with `huiyin calendar publish`",
    ),
    "policy_version_not_later": Text(
        "版本 {version} 不大于已发布的版本 {last}",
        "version {version} is not later than the published version {last}",
    ),
    "policy_wrong_book": Text(
        "规则“{profile}”应发布到它自己的规则册",
        "{profile} is published into its own book only",
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
    # Organisation
    "no_such_organisation": Text("没有这个组织", "there is no such organisation"),
    "time_without_zone": Text(
        "时间“{time}”缺少时区", "the time {time} does not say its offset from UTC"
    ),
    "nameless": Text("编号和名称不能为空", "an id or a name cannot be blank"),
    "ends_before_it_begins": Text(
        "结束时间须晚于开始时间 {since}", "it must end after it begins at {since}"
    ),
    "unit_exists": Text(
        "单位编号“{unit}”已使用", "the unit id {unit} has been used before"
    ),
    "unknown_block": Text(
        "没有板块“{block}”, 可用: {known}", "there is no block {block}; known: {known}"
    ),
    "unknown_kind": Text(
        "没有单位类别“{kind}”, 可用: {known}",
        "there is no kind of unit {kind}; known: {known}",
    ),
    "unit_closes": Text(
        "单位“{unit}”自 {since} 起不再存在", "the unit {unit} is no more from {since} on"
    ),
    "unit_has_plans": Text(
        "单位“{unit}”在 {until} 之前另有已登记的变动",
        "changes of the unit {unit} are on record until {until}; it ends only after them",
    ),
    "unit_circle": Text(
        "自 {since} 起, 单位“{unit}”将隶属于自己的下级",
        "from {since} on the unit {unit} would stand below itself",
    ),
    "unit_has_units": Text(
        "单位“{unit}”尚有下级单位“{below}”", "the unit {unit} still has {below} below it"
    ),
    "merged_into_itself": Text(
        "单位“{unit}”不能并入自身", "the unit {unit} cannot be merged into itself"
    ),
    "post_exists": Text(
        "岗位编号“{post}”已使用", "the post id {post} has been used before"
    ),
    "unknown_duty": Text(
        "没有职责类别“{duty}”, 可用: {known}", "there is no duty {duty}; known: {known}"
    ),
    "unknown_role": Text("规则中没有角色“{role}”", "the policy has no role {role}"),
    "leader_post_exists": Text(
        "单位“{unit}”已设负责人岗位“{post}”",
        "the unit {unit} has a leader's post already: {post}",
    ),
    "unknown_post": Text("没有岗位“{post}”", "there is no post {post} at that time"),
    "person_exists": Text(
        "人员编号“{person}”已使用", "the person id {person} has been used before"
    ),
    "unknown_person": Text(
        "没有人员“{person}”", "nobody is registered as {person} at that time"
    ),
    "post_held": Text("岗位“{post}”已由“{person}”任职", "{person} holds the post {post}"),
    "leads_already": Text(
        "“{person}”在同一单位已任领导岗位“{post}”",
        "{person} leads in the same unit already, in the post {post}",
    ),
    "post_not_held": Text(
        "“{person}”不在岗位“{post}”上", "{person} does not hold the post {post}"
    ),
    "not_your_authority": Text(
        "只能处分本人的权限, 不能代“{person}”授权",
        "the authority of {person} is not yours to give or take",
    ),
    "delegation_exists": Text(
        "授权编号“{delegation}”已使用",
        "the delegation id {delegation} has been used before",
    ),
    "unknown_delegation": Text(
        "没有授权“{delegation}”", "there is no delegation {delegation}"
    ),
    "delegation_without_expiry": Text(
        "授权必须写明到期时间", "a delegation must say when it expires"
    ),
    "delegation_of_nothing": Text(
        "授权必须写明事项", "a delegation must name at least one action"
    ),
    "delegated_to_oneself": Text(
        "“{person}”不能授权给自己", "{person} cannot delegate to themselves"
    ),
    "beyond_the_post": Text(
        "单位“{unit}”不在岗位“{post}”的管辖范围内",
        "the unit {unit} is outside the reach of the post {post}",
    ),
    "authority_not_held": Text(
        "岗位“{post}”自身无权{action}, 不能授权",
        "the post {post} may not {action} itself, so it cannot delegate that",
    ),
    "delegation_over": Text(
        "授权“{delegation}”已到期或已收回",
        "the delegation {delegation} has expired or was revoked",
    ),
    "delegation_expired": Text(
        "授权“{delegation}”已到期或已收回, 不能再据此{action}",
        "the delegation {delegation} is over; you may no longer {action} under it",
    ),
    # Calls
    "call_waits_for_nobody": Text("来电已由“{agent}”接听", "{agent} has answered the call"),
    "call_over": Text("来电已结束", "the call is over"),
    "call_not_over": Text("来电尚未结束", "the call is not over yet"),
    "call_unanswered": Text("来电尚未接听", "nobody has answered the call"),
    "call_answered": Text(
        "来电已接听, 不能记为放弃", "the call was answered, so it was not abandoned"
    ),
    "call_rated": Text("来电已评价", "the call was rated before"),
    "case_linked": Text("来电已关联该工单", "the call is linked to that case already"),
    "agent_not_of_unit": Text(
        "“{agent}”不在单位“{unit}”任职", "{agent} holds no post in the unit {unit}"
    ),
    # Alerts
    "no_such_alert": Text("没有这个告警", "there is no such alert"),
    "alert_not_open": Text(
        "该告警已办结, 或只是提醒, 无需办理",
        "nothing is owed for this alert any more, or it was only a warning",
    ),
    "alert_answered": Text(
        "该重点检查已答复, 请办结", "this focus check was answered before; close it"
    ),
    "alert_wants_answer": Text(
        "该告警不是重点检查, 请答复而不是办结",
        "this alert is no focus check: it is over when it is answered, so answer it",
    ),
    "alert_told_another": Text(
        "该告警已告知“{person}”, 由其或其上级办理",
        "{person} was told of this alert; they answer for it, or a leader above them",
    ),
    # Working time
    "calendar_malformed": Text(
        "作息表的“{field}”不对: {reason}", "the calendar's {field} is wrong: {reason}"
    ),
    "calendar_no_time": Text(
        "自 {since} 起一百年内没有工作时间",
        "the calendar has no working time within 100 years of {since}",
    ),
    "calendar_all_paused": Text(
        "自 {since} 起一百年内的工作时间全部被暂停",
        "the pauses leave no working time within 100 years of {since}",
    ),
    "calendar_negative": Text(
        "秒数不能为负; 往回数请用 subtract 或 offset",
        "seconds cannot be negative; to count back use subtract or offset",
    ),
    "calendar_not_finite": Text(
        "秒数必须是有限的数", "seconds must be a number that is finite"
    ),
    "calendar_too_long": Text(
        "秒数太大, 超出日历范围", "so many seconds lead beyond the calendar"
    ),
    "calendar_out_of_range": Text(
        "{time} 超出日历范围 (公元 2 年至 9998 年)",
        "{time} is beyond the calendar (years 2 to 9998)",
    ),
    "calendar_wrong_book": Text(
        "作息表“{calendar}”应发布到它自己的册子",
        "the calendar {calendar} is published into its own book only",
    ),
    "calendar_version_not_later": Text(
        "版本 {version} 不大于已发布的版本 {last}",
        "version {version} is not later than the published version {last}",
    ),
    "no_such_calendar": Text(
        "没有作息表“{calendar}”; 请先发布",
        "there is no calendar {calendar}; publish it first",
    ),
    "no_such_calendar_version": Text(
        "作息表“{calendar}”没有版本 {version}",
        "the calendar {calendar} has no version {version}",
    ),
}
