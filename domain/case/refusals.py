"""Every reason for which something cannot be done to a case. Codes never change."""

from __future__ import annotations

from domain.text import Text

CASES: dict[str, Text] = {
    "not_the_holder": Text(
        "工单由单位“{holder}”持有, 不在“{unit}”", "{holder} holds the case, not {unit}"
    ),
    "reason_does_not_hold": Text(
        "原因“{reason}” ({kind}) 不适用于该工单",
        "the {kind} reason {reason} does not hold for this case",
    ),
    "not_ahead": Text("时间 {time} 已过", "{time} is past already"),
    "time_out_of_range": Text("时间 {time} 太远", "{time} is too far away"),
    "nothing_new": Text("与现状相同, 无需办理", "that is how it stands already"),
    "anonymous_with_identity": Text(
        "匿名诉求不登记姓名、电话和地址",
        "an anonymous case takes no name, phone or address",
    ),
    "nobody_identified": Text(
        "请至少填写姓名、电话、地址之一", "give a name, a phone number or an address"
    ),
    "category_of_other_type": Text(
        "类别“{category}”不属于业务类型“{business_type}”",
        "the category {category} is not one of {business_type}",
    ),
    "classified_already": Text(
        "已归类为“{category}”, 更正须改类并说明原因",
        "it is classified as {category}: reclassify it, with a reason",
    ),
    "assessed_already": Text(
        "等级已定为“{level}”, 只能升级并说明原因",
        "its level is {level}: raise it, with a reason",
    ),
    "not_graver": Text(
        "等级只能升高: 现为“{now}”, 不能改为“{level}”",
        "a level is only ever raised: it is {now}, and {level} is not graver",
    ),
    "already_there": Text("工单已在“{unit}”", "the case is with {unit} already"),
    "handover_pending": Text(
        "已向“{unit}”提出交接, 尚未答复", "{unit} has yet to answer an earlier offer"
    ),
    "no_handover": Text("没有待答复的交接", "nobody was offered this case"),
    "own_offer": Text("不能接受自己提出的交接", "nobody accepts an offer of their own"),
    "offered_to_another": Text(
        "交接是向“{unit}”的另一人提出的", "it was offered to somebody else, in {unit}"
    ),
    "request_pending": Text(
        "“{person}”的申请尚未答复", "a request by {person} waits for an answer"
    ),
    "no_request": Text("没有待答复的申请", "there is no request to answer"),
    "own_request": Text("不能审批自己的申请", "nobody approves a request of their own"),
    "rest_too_long": Text(
        "挂起过久, 最晚到 {time}",
        "that is too long a rest; it ends by {time} at the latest",
    ),
    "not_later": Text("现定时限 {time} 并不更早", "it is due at {time} as it stands"),
    "nothing_to_extend": Text(
        "当前没有可延期的时限在计时",
        "no time limit that can be extended is running now",
    ),
    "customer_hidden": Text(
        "客户要求保密或匿名, 不得联系", "the customer is secret or anonymous: no contact"
    ),
    "own_reply": Text("不能审核自己的回单", "nobody approves a reply of their own"),
    "not_independent": Text(
        "“{person}”参与过处理, 应当回避", "{person} had a hand in the handling"
    ),
    "not_independent_unit": Text(
        "“{unit}”是回单单位, 请由其他单位回访",
        "{unit} replied to it: somebody of another unit calls the customer back",
    ),
    "already_answered": Text("已答复客户", "the customer has had the final answer"),
    "own_withdrawal": Text(
        "撤诉由“{person}”登记, 须由他人归档",
        "{person} recorded the withdrawal: somebody else closes the case",
    ),
    "callback_due": Text(
        "尚无回访结果, 请先回访; 不应回访的, 归档须说明适用的原因",
        "there is no callback outcome: call back first, or say by a code that holds why "
        "none is due",
    ),
    "callback_settled": Text(
        "回访已有结果“{outcome}”", "the callback was settled: {outcome}"
    ),
    "attempts_missing": Text(
        "只尝试了 {made} 次回访, 应为 {wanted} 次",
        "only {made} of {wanted} attempts to call back were made",
    ),
    "attempts_used": Text(
        "已尝试 {made} 次回访, 达到上限", "{made} attempts were made: there are no more"
    ),
    "attempt_too_soon": Text(
        "两次回访间隔不足, {since} 起方可再拨",
        "too soon after the last attempt: call again from {since} on",
    ),
    "same_half_day": Text(
        "各次回访不得集中在同一半天, {since} 起方可再拨",
        "not all attempts in one half-day: call again from {since} on",
    ),
    "quiet_hours": Text(
        "{start} 至 {end} 为免打扰时段", "nobody is called from {start} to {end}"
    ),
    "not_dissatisfied": Text(
        "回访未表示不满意或未解决", "the customer has not said that it is not right"
    ),
    "rehandled": Text(
        "已重办 {times} 次, 请归档后再办",
        "it was handled again {times} times: close it first",
    ),
    "same_case": Text("不能与本工单自身关联", "that is this case itself"),
    "other_case_unknown": Text("没有所指的工单", "there is no such other case"),
    "earlier_case_open": Text(
        "工单 {number} 尚未归档, 请催办", "{number} is still open: urge it instead"
    ),
    "merged_itself": Text(
        "工单 {number} 本身已被合并", "{number} was merged into another itself"
    ),
    "merge_into_done": Text("工单 {number} 已办结", "{number} is done with"),
    "referral_known": Text(
        "“{body}”的该转办已登记", "that referral from {body} is on record already"
    ),
    "top_of_chain": Text(
        "已升级到最高一级“{unit}”", "{unit} is the top of the chain, and knows"
    ),
    "nobody_to_tell": Text(
        "“{unit}”及以上各级和热线均无人在岗",
        "nobody is in post for {unit}, at any level above it, or at the hotline",
    ),
    "no_escalation": Text("没有待答复的升级", "no escalation waits for an answer"),
    "told_to_another": Text(
        "升级告知的是“{person}”", "{person} was told, and answers for it"
    ),
    "no_power_over_unit": Text(
        "本单位“{unit}”无权督办“{ordered}”, 请由上级、监督机构或客服中心督办",
        "the unit {unit} has no power over {ordered}; ask a unit above it, a supervising "
        "body or the centre",
    ),
    "no_order": Text("没有所指的待办督办", "there is no such order to answer or to close"),
    "ordered_another": Text(
        "督办对象是“{unit}”, 请由该单位答复", "{unit} was ordered, and answers for it"
    ),
    "ordered_unit_cannot_close": Text(
        "“{unit}”是被督办单位, 请由督办方办结",
        "{unit} was ordered and cannot close the order; whoever gave it can",
    ),
    "order_unanswered": Text(
        "“{unit}”尚未答复督办, 请先催其答复, 或填写办结原因",
        "{unit} has not answered the order; wait for the answer, or give a reason",
    ),
    "order_open": Text(
        "对“{unit}”的第 {n} 次督办尚未办结, 请先办结督办",
        "order {n} to {unit} is open; close it first",
    ),
    "owner_forced": Text(
        "已指定“{unit}”负责到底, 不得再退单或转出; 确需转出请报有权解除的人员",
        "{unit} has to see it through; only a role that may release it sends it elsewhere",
    ),
    "urged_too_soon": Text(
        "距上次催办时间过短, {since} 起可再次催办",
        "too soon after the last time; urge again from {since} on",
    ),
    "not_major": Text(
        "等级为“{level}”, 不需要重大事件书面报告; 确属重大请先升级",
        "the level is {level}; a written report is for a major case: raise the level first",
    ),
    "no_such_clock": Text("没有时限“{clock}”", "the case has no clock {clock}"),
    "not_breached": Text(
        "时限“{clock}”没有超时, 无需说明", "{clock} is not overdue: nothing to explain"
    ),
    "explained_already": Text(
        "时限“{clock}”的超时已说明", "why {clock} is overdue is on record already"
    ),
}
