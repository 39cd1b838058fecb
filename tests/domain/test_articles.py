"""The rules of articles, without a database."""

from __future__ import annotations

from datetime import date

import pytest

from kb.domain.articles import BODY, KINDS, LONGEST, Text, publication_problems, text_problems


def complete(kind, **changes):
    row = KINDS[kind]
    fields = {
        "kind": kind,
        "title": "題",
        "symptom": "症状",
        "environment": "窓口端末",
        "review_due": date(2030, 1, 1),
        "sections": {s.key: "本文" for s in row.sections if s.required},
    }
    return Text(**(fields | changes))


@pytest.mark.parametrize("kind", KINDS)
def test_a_complete_article_of_every_kind_can_be_published(kind):
    assert publication_problems(complete(kind), owner_id=1) == []


@pytest.mark.parametrize(
    ("kind", "section"),
    [(kind.key, s.key) for kind in KINDS.values() for s in kind.sections if s.required],
)
def test_each_required_section_is_missed_by_name(kind, section):
    text = complete(kind)
    without = complete(kind, sections={k: v for k, v in text.sections.items() if k != section})

    problems = publication_problems(without, owner_id=1)

    assert [(p.key, p.values["section"]) for p in problems] == [("articles.section_missing", section)]


def test_every_reason_is_given_at_once():
    text = Text("workaround", "題")

    keys = [p.values.get("field") or p.values["section"] for p in publication_problems(text, owner_id=None)]

    required = [s.key for s in KINDS["workaround"].sections if s.required]
    assert keys == ["symptom", "environment", "review_due", "owner", *required]


def test_a_section_of_blanks_is_empty():
    assert complete("workaround", sections={"effect": " \n\u3000"}).sections == {}


def test_a_self_help_article_has_at_most_five_steps():
    steps = "\n".join(f"{n}. 押す" for n in range(1, 7))
    text = complete("self_help")

    problems = publication_problems(complete("self_help", sections=text.sections | {"steps": steps}), 1)

    assert [p.key for p in problems] == ["articles.too_many_steps"]


@pytest.mark.parametrize("name", ["title", "symptom", "environment"])
def test_a_text_has_bounds(name):
    exact = complete("workaround", **{name: "字" * LONGEST[name]})
    over = complete("workaround", **{name: "字" * (LONGEST[name] + 1)})

    assert text_problems(exact) == []
    assert [p.values["field"] for p in text_problems(over)] == [name]


def test_unknown_kinds_and_audiences_are_refused():
    assert [p.key for p in text_problems(Text("poem", "題", audience="world"))] == [
        "articles.unknown_kind",
        "articles.unknown_audience",
    ]


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_labels_of_a_kind_are_distinct_in_both_languages(kind):
    for language in ("ja", "en"):
        labels = [getattr(section.label, language) for section in kind.all_sections]
        assert len(set(labels)) == len(labels)
    assert kind.all_sections[-1] is BODY
