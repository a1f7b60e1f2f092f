"""What a text is about: the longest word wins, a handful of codes, nothing of the rest."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.policies import shipped
from domain.policy.parse import Malformed, parse
from domain.policy.policy import Policy
from domain.policy.topics import AT_MOST, Vocabulary, plain
from tests.domain.policy.shaping import NAMED, small

POWER = Policy.from_document(shipped()["sgcc-2022"])
CITY = Policy.from_document(shipped()["hotline-12345"])


def topics(**words: list[str]) -> dict[str, Any]:
    """The smallest policy, with these topics."""
    rows = {code: NAMED | {"words": said} for code, said in words.items()}
    return small() | {"topics": rows}


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("昨晚八点停电, 到现在没有人来修", ["outage", "repair"]),
        ("我们村频繁停电", ["frequent_outage"]),
        ("频繁停电, 今天又停电", ["frequent_outage", "outage"]),
        ("因欠费停电, 交了电费还没复电", ["arrears", "paid_not_restored"]),
        ("电费突增, 怀疑抄错表", ["bill_jump", "misread"]),
        ("阶梯电价怎么算", ["tiered_price"]),
        ("听说电价要涨", ["price_rumour"]),
        ("电价要涨价吗", ["price_rumour"]),
        ("居民电价是多少", ["price"]),
        ("新装被指定的施工队收了好处费", ["connection", "three_designations", "charges"]),
        ("充电桩没电", ["charging_pile", "outage"]),
        ("树压线打火, 有触电危险", ["trees", "fire", "shock_hazard"]),
        ("感谢师傅", []),
        ("", []),
    ],
)
def test_a_text_of_the_power_hotline_is_about(text: str, codes: list[str]) -> None:
    assert POWER.topics_of(text) == tuple(codes)


def test_a_city_hears_of_other_things() -> None:
    assert CITY.topics_of("小区停水, 楼上施工扰民") == ("water_cut", "works_noise")


def test_width_and_case_of_letters_make_no_difference() -> None:
    policy = Policy.from_document(parse(topics(app=["App", "ＷiFi"])))
    assert policy.topics_of("ａｐｐ 打不开") == ("app",)
    assert policy.topics_of("WIFI") == ("app",)


def test_a_long_story_is_about_what_it_speaks_of_first() -> None:
    story = "".join(topic.words[0] + ", " for topic in POWER.topics.values())
    assert len(POWER.topics_of(story)) == AT_MOST
    assert POWER.topics_of(story) == tuple(POWER.topics)[:AT_MOST]


@given(st.text(max_size=60), st.sampled_from(sorted(POWER.topics)), st.text(max_size=60))
def test_a_topic_that_is_named_is_told_unless_a_longer_word_hides_it(
    before: str, code: str, after: str
) -> None:
    word = POWER.topics[code].words[0]
    told = POWER.topics_of(before + word + after)
    longer = any(
        plain(word) in plain(other) and plain(other) in plain(before + word + after)
        for topic in POWER.topics.values()
        if topic.code != code
        for other in topic.words
    )
    assert code in told or longer or len(told) == AT_MOST
    assert len(set(told)) == len(told) <= AT_MOST


def test_every_shipped_word_alone_tells_its_topic() -> None:
    for policy in (POWER, CITY):
        for topic in policy.topics.values():
            for word in topic.words:
                assert policy.topics_of(word) == (topic.code,), word


def test_a_power_hotline_knows_dozens_of_topics() -> None:
    assert 25 <= len(POWER.topics) <= 40
    assert sum(len(topic.words) for topic in POWER.topics.values()) > 300


def test_no_words_find_nothing() -> None:
    assert Vocabulary([])("停电") == ()


@pytest.mark.parametrize(
    ("words", "wants"),
    [
        ([], "words by which a text speaks of it"),
        (["电"], "at least 2 signs"),
        ([" 停电"], "without blanks"),
        (["停电", "停电"], "says nothing twice"),
        (["没电", "ＯＵＴ"], "that outage does not have"),
    ],
)
def test_words_that_would_mislead_are_refused(words: list[str], wants: str) -> None:
    with pytest.raises(Malformed, match=wants):
        parse(topics(outage=["断电", "out"], other=words))
