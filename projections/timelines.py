"""Timeline 时间线: what happened to a case, told in plain words, in Chinese and English."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from domain.case.callback import CallbackCompleted
from domain.case.contact import CustomerContacted
from domain.case.extension import ExtensionRequested
from domain.case.final_answer import FinalAnswerGiven
from domain.fact import Fact, Sealed
from domain.organisation.organisation import Organisation
from domain.policy.policy import Policy
from domain.policy.rows import Named
from projections.words import OF_TIME, SPOKEN, Words

if TYPE_CHECKING:
    from store.log import Entry


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened. ``customer_told``: the customer learned something by it."""

    position: int
    version: int
    topic: str
    at: datetime
    person: str
    name: str
    unit: str | None
    stage: str
    zh: str
    en: str
    customer_told: bool


WORDS: dict[str, Words] = OF_TIME | {
    "case.received": Words(
        "受理{business_type}工单 {number}, 来自{channel}",
        "received as {business_type} {number} by {channel}",
    ),
    "case.witnessed": Words(
        "自 {source} 接入历史工单 {source_id}",
        "taken over from {source} as {source_id}",
    ),
    "case.step_witnessed": Words(
        "历史记录: {activity} ({unit})", "on record there: {activity} ({unit})"
    ),
    "case.customer_identified": Words(
        "核实客户: {name} {phone} {address}",
        "customer identified: {name} {phone} {address}",
    ),
    "case.classified": Words("分类为“{category}”", "classified as {category}"),
    "case.reclassified": Words(
        "由“{from_category}”改为“{category}”: {reason}",
        "reclassified from {from_category} to {category}: {reason}",
        "reclassify",
    ),
    "case.level_assessed": Words("定级为{level}", "level set to {level}"),
    "case.level_raised": Words(
        "由{from_level}升为{level}: {reason}",
        "level raised from {from_level} to {level}: {reason}",
        "raise_level",
    ),
    "case.dispatched": Words("派发至{to_unit}", "dispatched to {to_unit}"),
    "case.accepted": Words("{unit}接单, 由{person}处理", "accepted by {person} of {unit}"),
    "case.returned": Words(
        "{from_unit}退单: {reason}", "{from_unit} asks to return it: {reason}", "return"
    ),
    "case.return_decided": Words(
        "退单审核: {approved}, 现由{to_unit}承办",
        "return decided: {approved}; it is with {to_unit}",
    ),
    "case.reassigned": Words(
        "由{from_unit}转派至{to_unit}: {reason}",
        "reassigned from {from_unit} to {to_unit}: {reason}",
        "reassign",
    ),
    "case.handover_offered": Words(
        "{from_unit}提请{to_unit} {to_person}接办",
        "{from_unit} offers it to {to_unit} {to_person}",
    ),
    "case.handover_accepted": Words(
        "{to_unit} {to_person}接办", "taken over by {to_person} of {to_unit}"
    ),
    "case.handover_refused": Words(
        "{unit}不予接办: {reason}", "{unit} refuses it: {reason}", "refuse_handover"
    ),
    "case.customer_contacted": Words(
        "以{means}联系客户: {outcome}", "contacted the customer by {means}: {outcome}"
    ),
    "case.suspension_requested": Words(
        "申请挂起至 {until}: {reason}",
        "asks to suspend it until {until}: {reason}",
        "suspension",
    ),
    "case.suspension_approved": Words(
        "同意挂起至 {until}: {reason}", "suspended until {until}: {reason}", "suspension"
    ),
    "case.suspension_refused": Words(
        "不同意挂起: {reason}", "suspension refused: {reason}", "suspension"
    ),
    "case.suspension_ended": Words("解除挂起", "suspension ended"),
    "case.extension_requested": Words(
        "申请延期至 {new_due}: {reason}",
        "asks to extend it to {new_due}: {reason}",
        "extension",
    ),
    "case.extension_approved": Words(
        "同意延期至 {new_due}: {reason}", "extended to {new_due}: {reason}", "extension"
    ),
    "case.extension_refused": Words(
        "不同意延期: {reason}", "extension refused: {reason}", "extension"
    ),
    "case.customer_urged": Words(
        "客户第 {times} 次催办", "the customer urges, time {times}"
    ),
    "case.comment_added": Words("客户补充: {text}", "the customer adds: {text}"),
    "case.supervision_ordered": Words(
        "对{to_unit}督办, 第 {times} 次", "supervision ordered of {to_unit}, time {times}"
    ),
    "case.supervision_answered": Words(
        "{unit} {person}答复第 {n} 次督办", "{person} of {unit} answers order {n}"
    ),
    "case.supervision_closed": Words(
        "办结对{unit}的第 {n} 次督办 {reason}",
        "order {n} to {unit} is closed {reason}",
        "close_order",
    ),
    "case.incident_briefed": Words(
        "第 {times} 次书面报告重大事件, 等级{level}: {report}",
        "reported in writing, time {times}, level {level}: {report}",
    ),
    "case.escalated": Words(
        "升级至第 {rung} 级, 告知{unit} {told}: {reason}",
        "escalated to rung {rung}, {told} of {unit} told: {reason}",
        "escalate",
    ),
    "case.escalation_answered": Words(
        "{person}答复第 {rung} 级升级", "{person} answers for rung {rung}"
    ),
    "case.reply_submitted": Words(
        "{unit} {person}回单, 责任: {responsibility}",
        "{person} of {unit} replies; responsible: {responsibility}",
    ),
    "case.reply_approved": Words("回单审核通过", "reply approved"),
    "case.reply_rejected": Words(
        "回单驳回: {reason}", "reply sent back: {reason}", "reject"
    ),
    "case.final_answer_given": Words(
        "以{means}答复客户", "the customer was given the final answer by {means}"
    ),
    "case.callback_decided": Words(
        "应当回访: {due} ({why})", "callback due: {due} ({why})"
    ),
    "case.case_rated": Words(
        "客户评价 ({rater}): {satisfaction}, 计入统计: {counts} {incentive}",
        "rated by the customer ({rater}): {satisfaction}; counts: {counts} {incentive}",
    ),
    "case.callback_planned": Words(
        "安排 {planned_for} 回访", "callback planned for {planned_for}"
    ),
    "case.callback_attempted": Words(
        "第 {attempt} 次回访: {result}", "callback attempt {attempt}: {result}"
    ),
    "case.callback_completed": Words(
        "回访完成: {satisfaction}, 问题已解决: {solved}",
        "called back: {satisfaction}; solved: {solved}",
    ),
    "case.callback_failed": Words(
        "{attempts} 次回访未成: {reason}",
        "callback given up after {attempts}: {reason}",
        "callback_failed",
    ),
    "case.closed": Words("归档 {no_callback_reason}", "closed {no_callback_reason}"),
    "case.reopened": Words(
        "重办, 由{to_unit}承办: {reason}", "reopened, with {to_unit}: {reason}", "reopen"
    ),
    "case.linked_as_repeat": Words(
        "为 {earlier_number} 的重复诉求, 第 {times} 次",
        "the same matter as {earlier_number} again, time {times}",
    ),
    "case.merged": Words("并入 {into_number}", "merged into {into_number}"),
    "case.absorbed": Words("{number} 并入本工单", "{number} was merged into this case"),
    "case.released": Words(
        "{number} 不再并入本工单", "{number} is no longer merged into this case"
    ),
    "case.unmerged": Words("撤销合并: {reason}", "merge undone: {reason}", "unmerge"),
    "case.withdrawn": Words("客户撤诉: {reason}", "withdrawn: {reason}", "withdraw"),
    "case.referred_out": Words(
        "移送{body}: {reason}", "referred to {body}: {reason}", "refer"
    ),
    "case.referral_received": Words(
        "{body}转办, 文号 {number}", "referred to us by {body} as {number}"
    ),
}

# The same for who may not know the customer of a secret case.
SECRET_WORDS: dict[str, Words] = {
    "case.customer_identified": Words(
        "核实客户 (保密)", "customer identified (kept secret)"
    ),
}

# Which table of the policy puts a field into words.
REASONS = {
    "means": "means",
    "rater": "rating_channel",
    "incentive": "incentive",
    "outcome": "contact",
    "result": "attempt",
    "body": "body",
    "responsibility": "responsibility",
    "no_callback_reason": "no_callback",
}
UNITS = frozenset({"unit", "from_unit", "to_unit", "holder_unit"})
PEOPLE = frozenset({"person", "told", "to_person", "from_person", "replied_by"})
YES = Named(zh="是", en="yes")
NO = Named(zh="否", en="no")
NONE = Named(zh="", en="")
NOBODY = Named(zh="无人", en="nobody")


class Teller:
    """Puts the facts of one case into words, with the names of its policy and of people.

    ``keeps_secret``: it does not tell who the customer is.
    """

    def __init__(
        self, policy: Policy, organisation: Organisation, *, keeps_secret: bool = False
    ) -> None:
        self._policy = policy
        self._organisation = organisation
        self._words = WORDS | SECRET_WORDS if keeps_secret else WORDS
        self._zone = ZoneInfo(policy.time_zone)

    def timeline(self, entries: Iterable[Entry]) -> list[Line]:
        """A line a fact, in order. A fact without words of its own is told by its topic."""
        return [self._line(entry) for entry in entries]

    def _line(self, entry: Entry) -> Line:
        fact = entry.fact
        words = self._words.get(fact.TOPIC, Words(fact.TOPIC, fact.TOPIC))
        said = {name: self._put(fact, words, name, v) for name, v in vars(fact).items()}
        return Line(
            position=entry.position,
            version=fact.originator_version,
            topic=fact.TOPIC,
            at=fact.occurred_at,
            person=fact.actor.person,
            name=self._organisation.name(fact.actor.person) or fact.actor.person,
            unit=fact.actor.unit,
            stage=getattr(fact, "stage", ""),
            zh=words.zh.format_map(
                {name: named.zh for name, named in said.items()}
            ).strip(),
            en=words.en.format_map(
                {name: named.en for name, named in said.items()}
            ).strip(),
            customer_told=told_customer(fact),
        )

    def _put(self, fact: Fact, words: Words, name: str, value: Any) -> Named:
        if value is None:
            return NOBODY if name == "told" else NONE
        if isinstance(value, bool):
            return YES if value else NO
        if name in UNITS:
            unit = self._organisation.unit(value, fact.occurred_at)
            return same(unit.name if unit else value)
        if name in PEOPLE:
            return same(self._organisation.name(value) or value)
        spoken = SPOKEN.get((fact.TOPIC, name))
        if spoken is not None and value in spoken:
            return spoken[value]
        return self._coded(words, name, value)

    def _coded(self, words: Words, name: str, value: Any) -> Named:
        """A code in the words of the policy; one it does not know speaks for itself."""
        policy = self._policy
        tables: dict[str, Callable[[], Any]] = {
            "business_type": lambda: policy.types[value],
            "channel": lambda: policy.channels[value],
            "category": lambda: policy.categories[value],
            "from_category": lambda: policy.categories[value],
            "level": lambda: policy.levels[value],
            "report": lambda: policy.first_report[value],
            "from_level": lambda: policy.levels[value],
            "satisfaction": lambda: policy.satisfaction[value],
            "reason": lambda: (
                policy.reasons.get((words.reason, value)) or policy.signals[value]
            ),
            "signal": lambda: policy.signals[value],
            "step": lambda: policy.clocks[value],
            "clock": lambda: policy.clocks[value.rpartition(".")[0]],
        }
        kind = REASONS.get(name)
        look_up = tables.get(name, lambda: policy.reasons[kind or "", value])
        try:
            found = look_up()
        except (KeyError, TypeError):
            return same(self._plain(value))
        return Named(zh=found.zh, en=found.en)

    def _plain(self, value: object) -> str:
        if isinstance(value, Sealed):
            return value.mask
        if isinstance(value, datetime):
            with suppress(OverflowError):  # the last hours there are, east of Greenwich
                value = value.astimezone(self._zone)
            return f"{value:%Y-%m-%d %H:%M}"
        return str(value)


def same(text: str) -> Named:
    return Named(zh=text, en=text)


def told_customer(fact: Fact) -> bool:
    """Whether the customer was told something: shown as a badge on the line."""
    if isinstance(fact, CustomerContacted):
        return fact.reached
    if isinstance(fact, ExtensionRequested):
        return fact.customer_told
    return isinstance(fact, FinalAnswerGiven | CallbackCompleted)
