"""One example body a command, for the OpenAPI document; the tests send each one."""

from __future__ import annotations

from typing import Any

_CASE = "6f1d0f6e-3c1b-5f0a-9d59-0c6a5c0f7e21"

_CALL: dict[str, dict[str, Any]] = {
    "offer": {"channel": "95598", "line": "95598-1", "phone": "13812345678"},
    "answer": {},
    "identify-caller": {"name": "王小明", "phone": "13812345678"},
    "link-case": {"case": _CASE},
    "hand-on": {"unit": "95598"},
    "end": {},
    "rate": {"satisfaction": "satisfied"},
    "abandon": {},
}

_CASE_MOVES: dict[str, dict[str, Any]] = {
    "receive": {
        "business_type": "complaint",
        "channel": "95598",
        "area": "urban",
        "name": "王小明",
        "phone": "13812345678",
        "address": "白鹭县望湖路 12 号",
        "content": "昨晚八点停电, 报修后三小时无人到场, 电话里态度生硬。",
        "wish": "尽快复电, 并说明原因。",
    },
    "identify-customer": {"name": "王小明", "phone": "13812345678"},
    "classify": {"category": "outage_restore.repair.over_time"},
    "reclassify": {"category": "service_conduct.attitude", "reason": "better_understood"},
    "assess-level": {"level": "general"},
    "raise-level": {"level": "important", "reason": "repeated"},
    "dispatch": {"unit": "bailu-east"},
    "accept": {},
    "return": {"reason": "wrong_area", "note": "该地址属溪石镇供电所。"},
    "approve-return": {},
    "refuse-return": {"note": "地址经核实属本所辖区。"},
    "reassign": {"unit": "xishi-town", "reason": "wrong_unit"},
    "offer-handover": {"unit": "xishi-town", "note": "涉及电费退补, 请接办。"},
    "accept-handover": {},
    "refuse-handover": {"reason": "not_mine"},
    "contact-customer": {"means": "phone", "outcome": "reached", "note": "已致歉。"},
    "request-suspension": {
        "reason": "waiting_customer",
        "until": "2026-03-12T10:00:00+08:00",
    },
    "approve-suspension": {"note": "同意。"},
    "refuse-suspension": {"note": "客户已等待多日。"},
    "end-suspension": {},
    "request-extension": {
        "reason": "waiting_outage",
        "new_due": "2027-03-13T18:00:00+08:00",
        "customer_told": True,
    },
    "approve-extension": {"note": "同意。"},
    "refuse-extension": {"note": "可以带电作业。"},
    "urge": {"note": "客户再次来电, 要求今天答复。"},
    "comment": {"text": "客户补充: 隔壁两户同时停电。"},
    "supervise": {"order": "今日内查清原因并报告。"},
    "answer-supervision": {"answer": "已查明原因, 今日 18 时前复电。"},
    "close-supervision": {"reason": "settled", "note": "故障已由上级调度处置。"},
    "brief-incident": {"report": "injury", "brief": "一人触电受伤, 已送医, 现场已断电。"},
    "explain-breach": {
        "clock": "dispatch.1",
        "reason": "weather",
        "note": "台风红色预警期间无法登杆。",
    },
    "escalate": {"reason": "no_answer", "note": "派发后一直无人联系客户。"},
    "answer-escalation": {"note": "已安排专人今日到场。"},
    "reply": {
        "cause": "变压器熔丝熔断, 抢修班组两处故障并发。",
        "measures": "更换熔丝, 增派备用班组。",
        "answer": "已复电并向客户致歉。",
        "responsibility": "company",
    },
    "approve-reply": {},
    "reject-reply": {"reason": "off_point", "note": "未说明为何三小时才到场。"},
    "give-final-answer": {"answer": "已于九时复电, 班组长当面致歉。", "means": "phone"},
    "plan-callback": {"planned_for": "2027-03-04T10:00:00+08:00"},
    "attempt-callback": {"result": "reached"},
    "complete-callback": {"satisfaction": "satisfied", "solved": True},
    "fail-callback": {"reason": "empty_number"},
    "rate-case": {"satisfaction": "satisfied", "rater": "sms", "solved": True},
    "close": {},
    "reopen": {"reason": "dissatisfied", "note": "客户认为原因没有说清。"},
    "link-repeat": {"earlier_case": _CASE},
    "merge": {"into": _CASE},
    "unmerge": {"reason": "other_matter"},
    "withdraw": {"reason": "solved"},
    "refer-out": {"body": "12398", "reason": "other_remit"},
    "receive-referral": {"body": "12345", "number": "12345-20270302-118"},
}

_ALERT: dict[str, dict[str, Any]] = {
    "answer-alert": {"answer": "已派两个班组到场, 预计两小时内恢复。"},
    "close-alert": {"outcome": "known_cause", "note": "主干线故障, 已发停电公告。"},
}

_ORGANISATION: dict[str, dict[str, Any]] = {
    "open-unit": {"unit": "bailu-east", "name": "白鹭东供电所", "parent": "bailu"},
    "move-unit": {"unit": "bailu-east", "parent": "xishi"},
    "merge-unit": {"unit": "bailu-east", "into": "xishi-town"},
    "close-unit": {"unit": "bailu-east"},
    "define-post": {"post": "bailu-east.leader", "unit": "bailu-east", "name": "主任"},
    "register-person": {"person": "qu", "name": "瞿东升"},
    "appoint": {"person": "qu", "post": "bailu-east.leader"},
    "relieve": {"person": "qu", "post": "bailu-east.leader"},
    "delegate": {
        "delegation": "2027-spring-leave",
        "from_person": "qu",
        "from_post": "bailu-east.leader",
        "to_person": "ran",
        "actions": ["approve-suspension"],
        "unit": "bailu-east",
        "expires_at": "2027-03-31T00:00:00+08:00",
    },
    "revoke-delegation": {"delegation": "2027-spring-leave"},
}

_POLICY: dict[str, dict[str, Any]] = {
    "publish-policy": {
        "document": {"profile": {"name": "sgcc-2022", "version": 2}, "workflow": {}}
    },
}

_CALENDAR: dict[str, dict[str, Any]] = {
    "publish-calendar": {
        "document": {
            "name": "line-office",
            "version": 1,
            "effective_from": "2027-01-01T00:00:00+08:00",
            "tz": "Asia/Shanghai",
            "weekly": {"mon": [["08:30", "12:00"], ["14:00", "17:30"]]},
        }
    },
}

EXAMPLES: dict[tuple[str, str], dict[str, Any]] = {
    (subject, action): body
    for subject, bodies in {
        "alert": _ALERT,
        "call": _CALL,
        "case": _CASE_MOVES,
        "organisation": _ORGANISATION,
        "policy": _POLICY,
        "calendar": _CALENDAR,
    }.items()
    for action, body in bodies.items()
}
