"""The company of the sample day. Every unit and every person in it is invented."""

from __future__ import annotations

from typing import NamedTuple


class UnitRow(NamedTuple):
    id: str
    name: str
    block: str
    kind: str
    parent: str | None


class PostRow(NamedTuple):
    """A post and who holds it."""

    unit: str
    id: str
    name: str
    duty: str
    role: str
    person: str
    person_name: str


UNITS = (
    UnitRow("haichuan", "海川省电力公司", "superior", "province", None),
    UnitRow("95598", "海川省客户服务中心 (95598)", "main", "centre", "haichuan"),
    UnitRow("jiandu", "优质服务监督办公室", "supervision", "department", "haichuan"),
    UnitRow("shenji", "审计部", "enterprise", "department", "haichuan"),
    UnitRow("linjiang", "临江供电公司", "main", "city", "haichuan"),
    UnitRow("qingshi", "青石供电公司", "main", "city", "haichuan"),
    UnitRow("donghu", "东湖供电分公司", "main", "county", "linjiang"),
    UnitRow("liuhe", "柳河县供电公司", "main", "county", "linjiang"),
    UnitRow("shiqiao", "石桥供电分公司", "main", "county", "qingshi"),
    UnitRow("baiyang", "白杨县供电公司", "main", "county", "qingshi"),
    UnitRow("donghu-yingye", "东湖营业班", "main", "team", "donghu"),
    UnitRow("donghu-qiangxiu", "东湖抢修班", "main", "team", "donghu"),
    UnitRow("liuhe-zhen", "柳河镇供电所", "main", "station", "liuhe"),
    UnitRow("shiqiao-yingye", "石桥营业班", "main", "team", "shiqiao"),
    UnitRow("shiqiao-yunjian", "石桥运检班", "main", "team", "shiqiao"),
    UnitRow("baiyang-shan", "白杨山供电所", "main", "station", "baiyang"),
)

POSTS = (
    PostRow("haichuan", "haichuan-zong", "总经理", "leader", "leader", "gao", "高远山"),
    PostRow("haichuan", "haichuan-fu", "分管副总经理", "deputy", "leader", "shu", "舒望"),
    PostRow("95598", "kefu-zhuren", "中心主任", "leader", "leader", "ning", "宁静"),
    PostRow("95598", "kefu-zuoxi-1", "客服代表", "staff", "agent", "lan", "兰心"),
    PostRow("95598", "kefu-zuoxi-2", "客服代表", "staff", "agent", "qiao", "乔语"),
    PostRow("95598", "kefu-zuoxi-3", "客服代表", "staff", "agent", "ye", "叶知"),
    PostRow("95598", "kefu-paidan", "派单员", "staff", "dispatcher", "pan", "潘平"),
    PostRow("95598", "kefu-shenhe", "审核员", "staff", "dispatcher", "shen", "沈明"),
    PostRow(
        "jiandu", "jiandu-zhuren", "监督办主任", "leader", "supervisor", "zheng", "郑衡"
    ),
    PostRow("jiandu", "jiandu-fu", "监督办副主任", "deputy", "leader", "qin", "秦正"),
    PostRow("shenji", "shenji-zhuren", "审计员", "leader", "auditor", "ming", "明鉴"),
    PostRow("haichuan", "haichuan-xitong", "系统管理员", "staff", "admin", "an", "安然"),
    PostRow("linjiang", "linjiang-zong", "经理", "leader", "leader", "jiang", "江一帆"),
    PostRow("qingshi", "qingshi-zong", "经理", "leader", "leader", "yan", "严石"),
    PostRow("donghu", "donghu-zong", "经理", "leader", "leader", "hu", "胡晓东"),
    PostRow("liuhe", "liuhe-zong", "经理", "leader", "leader", "liu", "柳长河"),
    PostRow("shiqiao", "shiqiao-zong", "经理", "leader", "leader", "qiaol", "乔立"),
    PostRow("baiyang", "baiyang-fu", "副经理", "deputy", "leader", "bai", "白杨林"),
    PostRow("donghu-yingye", "dhyy-ban", "班长", "leader", "leader", "tan", "谭班"),
    PostRow("donghu-yingye", "dhyy-1", "营业员", "staff", "handler", "xia", "夏禾"),
    PostRow("donghu-qiangxiu", "dhqx-ban", "班长", "leader", "leader", "lei", "雷鸣"),
    PostRow("donghu-qiangxiu", "dhqx-1", "抢修员", "staff", "handler", "fan", "范勇"),
    PostRow("liuhe-zhen", "lhz-suo", "所长", "leader", "leader", "he", "何清"),
    PostRow("liuhe-zhen", "lhz-1", "台区经理", "staff", "handler", "tian", "田野"),
    PostRow("shiqiao-yingye", "sqyy-ban", "班长", "leader", "leader", "shi", "石磊"),
    PostRow("shiqiao-yingye", "sqyy-1", "抄表员", "staff", "handler", "chao", "晁准"),
    PostRow("shiqiao-yunjian", "sqyj-ban", "班长", "leader", "leader", "yun", "云峰"),
    PostRow("shiqiao-yunjian", "sqyj-1", "运检员", "staff", "handler", "wu", "吴恙"),
    # 白杨山 has no head at the moment: its chain falls back to the county's deputy.
    PostRow("baiyang-shan", "bys-suo", "所长", "leader", "leader", "", ""),
    PostRow("baiyang-shan", "bys-1", "台区经理", "staff", "handler", "lin", "林山"),
)

# Customers of the day: name and number, all invented.
CUSTOMERS = tuple(
    (name, f"139{number:08d}")
    for name, number in zip(
        (
            "王秀英", "李建国", "张桂兰", "刘志强", "陈晓梅", "杨德胜", "赵雅琴", "黄金水",
            "周文博", "吴春燕", "徐大海", "孙丽娜", "马永福", "朱玉珍", "胡国庆", "郭小雨",
            "何秋生", "高翠花", "林子涵", "罗光明", "梁家辉", "宋慧敏", "郑万里", "谢天宇",
            "韩冬梅", "唐守义", "冯小满",
        ),
        range(10_020_031, 99_999_999, 1_370_417),
        strict=False,
    )
)  # fmt: skip
