"""The words that come with the product: each group says something and means one thing."""

from __future__ import annotations

from collections import Counter

import pytest

from kb.domain import personal_data
from search.analysis import words
from search.thesaurus import SHIPPED, shipped
from search.vocabulary import rules

GROUPS = shipped()


def searched(word):
    return tuple(words(word))


def test_the_shipped_groups_would_pass_the_page_on_which_the_ward_keeps_its_own():
    refused = {
        group.key: reasons
        for group in GROUPS
        if (reasons := rules.problems(group.words, group.finds, one_way=bool(group.finds)))
    }

    assert refused == {}
    assert len(GROUPS) >= 500 and len({group.key for group in GROUPS}) == len(GROUPS)


def test_no_word_of_a_group_is_to_the_search_the_same_as_another_of_it():
    """A second spelling of a word does nothing: the dictionary knows it already."""
    idle = []
    for group in GROUPS:
        keys = Counter(searched(word) for word in group.words + group.finds)
        idle += [group.key for count in keys.values() if count > 1]

    assert idle == []


def test_a_word_with_several_meanings_finds_and_is_not_found():
    """A word in two symmetric groups joins their meanings."""
    equal = Counter(searched(word) for group in GROUPS if not group.finds for word in group.words)

    assert [" ".join(key) for key, count in equal.items() if count > 1] == []


def test_what_a_word_points_at_stands_in_one_line():
    """Two spellings of one word, each with its own line, would be corrected in one of them."""
    typed = Counter(searched(word) for group in GROUPS if group.finds for word in group.words)

    assert [" ".join(key) for key, count in typed.items() if count > 1] == []


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("落ちる", "停止"),
        ("固まる", "フリーズする"),
        ("引っ越し", "転入"),
        ("ゴミ", "ごみ"),
        ("亡くなる", "死亡する"),
    ],
)
def test_what_people_say_leads_to_what_articles_say(typed, wanted):
    assert any(typed in group.words and wanted in (group.finds or group.words) for group in GROUPS), (
        f"{typed} does not find {wanted}"
    )


def test_the_file_holds_nobodys_data():
    assert personal_data.find(SHIPPED.read_text(encoding="utf-8")) == []
