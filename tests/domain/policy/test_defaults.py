"""Every default of the domain notes that is used, with its source, row by row."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from api.policies import shipped
from domain.policy.policy import Policy

SGCC = Policy.from_document(shipped()["sgcc-2022"])
CITY = Policy.from_document(shipped()["hotline-12345"])

# Type, zh, complaint, dispatch, callback, rate, source (A1, A6).
TYPES = [
    ("fault_repair", "故障报修", "no", "at_once", "sample", 0.30, "P2, S4, B96"),
    ("complaint", "投诉", "yes", "always", "all", 1.0, "P8, P1, A6"),
    ("report", "举报", "special", "always", "all", 1.0, "P1, P14, A6"),
    ("opinion", "意见", "weak", "always", "all", 1.0, "K, A6"),
    ("suggestion", "建议", "no", "always", "sample", 0.05, "K, A6"),
    ("praise", "表扬", "no", "always", "none", 0.0, "K, A6"),
    ("enquiry", "业务咨询", "no", "if_unanswered", "sample", 0.05, "P10, S4, B96"),
    ("information_query", "信息查询", "no", "never", "none", 0.0, "K"),
    ("service_request", "服务申请", "no", "always", "sample", 0.10, "P9, A6"),
]

# A2: first level, zh, source, and its second level with sources.
CLASSES = {
    ("service_conduct", "服务投诉", "P5"): [
        ("员工服务态度", "P5"),
        ("服务行为规范", "P5"),
        ("窗口营业时间", "P5"),
        ("服务项目", "P5"),
        ("服务设施", "P5"),
        ("公司网站管理", "P5"),
    ],
    ("business", "营业投诉", "P5"): [
        ("业扩报装", "P5"),
        ("用电变更", "P5"),
        ("抄表催费", "P5"),
        ("电费电价", "P5"),
        ("电能计量", "P5"),
        ("业务收费", "P5"),
    ],
    ("outage_restore", "停送电投诉", "P5"): [
        ("停送电信息公告", "P5"),
        ("停电计划执行", "P5"),
        ("抢修服务", "P5"),
        ("增值服务", "K"),
    ],
    ("supply_quality", "供电质量投诉", "P5"): [
        ("电压质量", "K"),
        ("供电可靠性 (频繁停电)", "K"),
        ("谐波", "K"),
    ],
    ("grid_construction", "电网建设投诉", "P5"): [
        ("供电设施", "K"),
        ("电力施工行为", "K"),
        ("农网改造", "K"),
    ],
}

# A2: third level.
EXAMPLES = [
    "营业厅人员态度",
    "抄表催费人员态度",
    "95598座席态度",
    "抢修人员态度",
    "首问负责制未落实",
    "推诿搪塞",
    "环节超时限",
    "三指定",
    "错抄漏抄",
    "停电催费不规范",
    "电价执行差错",
    "表计串户",
    "乱收费",
    "未按计划停送电",
    "抢修超时限",
    "抢修质量",
    "电压低",
    "两个月内停电3次以上",
    "安全隐患",
    "占地未恢复",
    "施工扰民",
]

# A1: channels with their sources.
CHANNELS = {
    "P1": [
        "95598",
        "website",
        "app",
        "counter",
        "suggestion_box",
        "letter",
        "leaders_open_day",
        "12398",
        "12345",
        "other",
    ],
    "S2, B56": ["manager_card"],
    "S3, B74": ["leader_line", "rating_page"],
    "S4, B88": ["counter_rating"],
    "S4, B97": ["external_supervisor"],
}

# A3: what makes a level, with the source.
CRITERIA = [
    ("special", {"forwarded_by": "national", "collective": True}, "K"),
    ("special", {"supervised_by": ["province", "national"]}, "K"),
    ("special", {"media": "national"}, "K"),
    ("major", {"forwarded_by": "national", "collective": False}, "K"),
    ("major", {"forwarded_by": "province", "collective": True}, "K"),
    ("major", {"supervised_by": "city"}, "K"),
    ("major", {"media": "province"}, "K"),
    ("major", {"harm": True}, "P15, K"),
    ("important", {"forwarded_by": "province", "collective": False}, "K"),
    ("important", {"forwarded_by": "city", "collective": True}, "K"),
    ("important", {"supervised_by": "county"}, "K"),
    ("important", {"media": "city"}, "K"),
    ("important", {"channel": ["12398", "12345"]}, "P15, K"),
    ("important", {"repeats_min": 3}, "P13, K"),
]

# Kind, code, zh, at once, source (A4, A6).
REASONS = [
    ("return", "wrong_area", "供电区域错误", False, "A4"),
    ("return", "wrong_type", "业务类型错误", False, "A4"),
    ("return", "missing_facts", "受理内容缺项", False, "A4"),
    ("reject", "no_contact", "无联系客户记录", False, "A4, K"),
    ("reject", "no_cause", "未说明原因", False, "A4, K"),
    ("reject", "no_responsibility", "未认定责任", False, "A4, K"),
    ("reject", "no_evidence", "无佐证材料", False, "A4, K"),
    ("reject", "off_point", "答非所问", False, "A4, K"),
    ("extension", "complex", "情况复杂", False, "P18"),
    ("extension", "hard_evidence", "取证困难", False, "P18"),
    ("extension", "expert_opinion", "需要鉴定", False, "P18"),
    ("extension", "other", "其他", False, "P18"),
    ("escalate", "late", "回应过时", False, "S3, B76"),
    ("escalate", "low_rating", "评分较低", False, "S3, B76"),
    ("escalate", "shirking", "互相推诿", False, "S3, B75"),
    ("escalate", "no_answer", "不予答复", False, "S3, B75"),
    ("responsibility", "customer", "客户责任", False, "A4"),
    ("responsibility", "force_majeure", "不可抗力", False, "A4"),
    ("responsibility", "third_party", "第三方责任", False, "A4"),
    ("reopen", "repeat", "同一事件再次诉求", False, "P14"),
    ("raise_level", "harm", "人身伤害或影响", False, "P1"),
    ("raise_level", "special_event", "其他特殊事件", False, "P1"),
    ("callback_failed", "no_answer", "无人接听", False, "A6, K"),
    ("callback_failed", "switched_off", "关机/停机", False, "A6, K"),
    ("callback_failed", "empty_number", "空号", True, "A6, K"),
    ("callback_failed", "refused", "拒访", True, "A6, K"),
    ("callback_failed", "not_the_customer", "非本人", False, "A6, K"),
    ("callback_failed", "language", "语言不通", False, "A6, K"),
    ("callback_failed", "not_wanted", "保密/不要求回访", True, "A6, K"),
    ("no_callback", "praise", "表扬不回访", False, "A6, K"),
    ("no_callback", "secret", "客户要求保密", False, "A6, K"),
    ("no_callback", "anonymous", "匿名诉求", False, "A6, K"),
]


def test_the_nine_business_types() -> None:
    found = [
        (
            code,
            rule.zh,
            rule.counted,
            rule.dispatch,
            rule.callback,
            rule.callback_rate,
            rule.source,
        )
        for code, rule in SGCC.types.items()
    ]
    assert found == TYPES
    assert [code for code, rule in SGCC.types.items() if rule.complaint] == ["complaint"]
    assert [code for code, rule in SGCC.types.items() if rule.readers] == ["report"]


def test_sampled_callbacks_stay_within_the_shares_of_a6() -> None:
    sampled = [r for p in (SGCC, CITY) for r in p.types.values() if r.callback == "sample"]
    assert len(sampled) == 6
    assert all(0.05 <= rule.callback_rate <= 0.30 for rule in sampled)


def test_the_complaint_classes() -> None:
    found = {
        (top.code, top.zh, top.source): [
            (each.zh, each.source)
            for each in SGCC.categories.values()
            if each.parent == top.code
        ]
        for top in SGCC.categories.values()
        if top.parent is None and "complaint" in top.types
    }
    assert found == CLASSES


def test_the_classes_of_the_third_level_are_the_examples_of_the_notes() -> None:
    third = [each for each in SGCC.categories.values() if each.depth == 3]
    assert [each.zh for each in third] == EXAMPLES
    assert {each.source for each in third} == {"K", "K, S4"}
    assert all(SGCC.category(each.parent or "").types == each.types for each in third)


def test_the_red_lines() -> None:
    red = {each.zh: each.source for each in SGCC.categories.values() if each.red_line}
    assert red == {"三指定": "K, S4", "乱收费": "K, S4"}


def test_the_channels() -> None:
    found: dict[str, list[str]] = {}
    for code, channel in SGCC.channels.items():
        found.setdefault(channel.source, []).append(code)
    assert found == CHANNELS


def test_the_four_levels_and_what_makes_them() -> None:
    levels = [(each.rank, each.zh, each.source) for each in SGCC.levels.values()]
    assert levels == [
        (1, "一般", "P8"),
        (2, "重要", "P8"),
        (3, "重大", "P8"),
        (4, "特殊", "P8"),
    ]
    assert [(row.level, row.when, row.source) for row in SGCC.criteria] == CRITERIA
    assert {code: each.source for code, each in SGCC.first_report.items()} == {
        "injury": "P1",
        "media": "P1",
        "other": "P1",
    }


@pytest.mark.parametrize("row", REASONS, ids=lambda row: f"{row[0]}-{row[1]}")
def test_a_coded_reason(row: tuple[str, str, str, bool, str]) -> None:
    reason = SGCC.reason(row[0], row[1])
    assert (reason.kind, reason.code, reason.zh, reason.at_once, reason.source) == row


def test_a_callback_fails_for_the_seven_reasons_of_a6() -> None:
    failed = [code for kind, code in SGCC.reasons if kind == "callback_failed"]
    assert failed == [code for kind, code, *_ in REASONS if kind == "callback_failed"]


@pytest.mark.parametrize("policy", [SGCC, CITY], ids=["sgcc", "12345"])
def test_how_customers_are_called_back(policy: Policy) -> None:
    callback = policy.callback
    assert callback.attempts_max == 3
    assert policy.utc_offset == timedelta(hours=8)
    assert callback.gap == timedelta(hours=2)
    assert callback.spread_half_days
    assert callback.rehandle_max == 1
    assert callback.independent
    night, noon = callback.quiet
    assert (night.start, night.end, night.on) == (time(21), time(8), True)
    assert (noon.start, noon.end, noon.on) == (time(12), time(14), False)
    sources = {
        key: row["source"]
        for key, row in policy.document["callback"].items()
        if "source" in row
    }
    assert sources == {
        "attempts_max": "A6, K, U",
        "gap_hours_min": "A6, K, U",
        "spread_half_days": "A6, K, U",
        "rehandle_max": "A6, K, U",
        "independent": "A6, U",
        "levels_always": "U",
    }
    graver = {level.code for level in policy.levels.values() if level.rank >= 3}
    assert callback.levels_always == graver


def test_nobody_is_called_at_night_and_at_noon_only_where_that_is_left_on() -> None:
    night, noon = SGCC.callback.quiet
    assert [night.covers(time(hour)) for hour in (20, 21, 0, 7, 8)] == [
        False,
        True,
        True,
        True,
        False,
    ]
    assert not noon.covers(time(13))
    noon_on = replace(noon, on=True)
    assert [noon_on.covers(time(hour)) for hour in (11, 12, 13, 14)] == [
        False,
        True,
        True,
        False,
    ]


def test_the_satisfaction_scale() -> None:
    found = [(s.score, s.zh, s.satisfied, s.redo) for s in SGCC.satisfaction.values()]
    assert found == [
        (5, "非常满意", True, False),
        (4, "满意", True, False),
        (3, "一般", False, False),
        (2, "不满意", False, True),
        (1, "非常不满意", False, True),
    ]


def test_complaints_count_on_receipt_unless_told_otherwise() -> None:
    assert SGCC.counting_basis == "on_receipt"
    assert SGCC.document["profile"]["counting_basis"]["source"] == "P15"
