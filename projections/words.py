"""Words 措辞 for a fact, and how what time does to a case is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from domain.policy.rows import Named


class Words(NamedTuple):
    """How a fact is told. ``{field}`` is a field of the fact, put into words.

    ``reason``: which kind of coded reason the field ``reason`` is.
    """

    zh: str
    en: str
    reason: str = ""


OF_TIME: dict[str, Words] = {
    "case.clock_started": Words(
        "“{step}”开始计时, {due} 到期", "the clock of {step} starts, due {due}"
    ),
    "case.deadline_moved": Words(
        "“{clock}”的到期时间由 {from_due} 改为 {due}: {why}",
        "{clock} is due {due} instead of {from_due}: {why}",
    ),
    "case.clock_resumed": Words(
        "“{clock}”继续计时, {due} 到期", "the clock of {clock} runs on, due {due}"
    ),
    "case.clock_stopped": Words(
        "“{step}”停止计时: {outcome}", "the clock of {step} stops: {outcome}"
    ),
    "case.deadline_warned": Words(
        "第 {n} 次预警: “{clock}” {due} 到期, 告知{unit} {told}",
        "warning {n}: {clock} is due {due}; {told} of {unit} told",
    ),
    "case.deadline_breached": Words(
        "“{step}”超时, 应于 {due} 前完成", "{step} is overdue, it was due {due}"
    ),
    "case.breach_explained": Words(
        "“{clock}”超时的原因: {reason}", "why {clock} is late: {reason}", "breach"
    ),
    "case.signal_raised": Words(
        "异常: {signal}, 第 {times} 次", "noticed: {signal}, time {times}"
    ),
    "case.owner_forced": Words(
        "由{unit}负责到底, 不得再退转", "{unit} has to see it through"
    ),
}

# Words that no policy has, by the fact and its field.
SPOKEN: Mapping[tuple[str, str], Mapping[str, Named]] = {
    ("case.clock_stopped", "outcome"): {
        "kept": Named(zh="按时完成", en="done in time"),
        "late": Named(zh="超时完成", en="done late"),
        "dropped": Named(zh="不再需要", en="no longer wanted"),
    },
    ("case.deadline_moved", "why"): {
        "suspended": Named(zh="挂起", en="suspended"),
        "resumed": Named(zh="解除挂起", en="the suspension ended early"),
        "extended": Named(zh="延期", en="extended"),
        "level": Named(zh="等级变更", en="another level"),
        "category": Named(zh="类别变更", en="another category"),
        "calendar": Named(zh="作息日历变更", en="another working calendar"),
        "policy": Named(zh="规则变更", en="other rules"),
    },
    ("case.callback_decided", "why"): {
        "all": Named(zh="此类工单全部回访", en="all of its type are"),
        "level": Named(zh="此等级全部回访", en="its level always is"),
        "drawn": Named(zh="抽样抽中", en="drawn in the sample"),
        "not_drawn": Named(zh="抽样未抽中", en="not drawn in the sample"),
        "none": Named(zh="此类工单不回访", en="none of its type are"),
        "secret": Named(zh="客户要求保密", en="the customer asked for secrecy"),
        "anonymous": Named(zh="匿名诉求", en="anonymous"),
        "no_phone": Named(zh="无联系方式", en="no way to reach the customer"),
        "withdrawn": Named(zh="客户撤诉", en="withdrawn"),
    },
    ("case.case_rated", "rater"): {
        "customer": Named(zh="客户口述", en="said to us"),
    },
    ("case.escalated", "reason"): {
        "late": Named(zh="超时", en="overdue"),
    },
}
