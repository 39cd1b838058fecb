"""The guides that a new instance begins with: walked from their first step to their end, cause by cause."""

from __future__ import annotations

from datetime import UTC, datetime
from shutil import copytree

import pytest

from articles import service
from articles.importing import Import, Options
from articles.sources import open_source
from kb.domain.diagnosis.belief import authored
from kb.domain.diagnosis.checking import doubts
from kb.domain.diagnosis.guide import CHECK, DONE, FIXED, NOT_FIXED, REPAIR
from kb.domain.diagnosis.policy import propose
from kb.store.article_guides import found_in, guide_of, without_guide
from kb.store.guide_blocks import written
from tests.articles.test_starter_articles import READ, STARTER

TEXTS = {name: document.text for name, document in READ.items() if found_in(document.text)}
GUIDES = {name: guide_of(text) for name, text in TEXTS.items()}
CAUSES = [(name, cause.id) for name, guide in GUIDES.items() for cause in guide.causes]
ISOLATED = {
    "isolate-card-reader-not-recognised.md": "replug",
    "isolate-application-form-not-printed.md": "neighbour",
    "isolate-numbers-do-not-advance.md": "paper-call",
    "isolate-cannot-sign-in.md": "scope",
    "isolate-network-slow-all-counters.md": "near",
    "isolate-payment-terminal-refused.md": "scope",
    "isolate-interpreter-tablet.md": "what",
    "isolate-residence-record-not-shown.md": "words",
}
"""The fault isolations with a guide -> the step that each begins with."""
BEYOND_REPAIR = {
    ("isolate-cannot-sign-in.md", "dc"): "whoever keeps the domain controllers restores them",
    ("isolate-interpreter-tablet.md", "service"): "the interpreting service mends itself",
    ("isolate-network-slow-all-counters.md", "carrier"): "the carrier mends its line",
    ("isolate-numbers-do-not-advance.md", "network"): "another guide isolates it",
    ("isolate-payment-terminal-refused.md", "centre"): "the payment centre mends itself",
    ("isolate-payment-terminal-refused.md", "brand"): "the payment service mends itself",
    ("isolate-residence-record-not-shown.md", "restricted"): "no fault: the ward decides",
    ("isolate-residence-record-not-shown.md", "external"): "the other system mends itself",
    ("form-does-not-print.md", "system"): "ward staff call for help",
    ("interpreter-tablet-silent.md", "outside"): "ward staff call for help",
    ("card-reader-no-response.md", "card"): "whoever issues the card replaces it",
}
"""Causes that no step of their guide mends, and why that is right."""
MOST_STEPS, MOST_MINUTES = 8, 50


def walked(guide, cause):
    """Return the steps, the minutes and the last outcome of a walk where this is the cause."""
    model = authored(guide)
    at, results, minutes = model.causes.index(cause), [], 0.0
    while (step := propose(model, results).step) is not None:
        action = model.actions[step]
        minutes += action.minutes
        if action.kind == CHECK:
            results.append((step, max(action.rows, key=lambda answer: action.rows[answer][at])))
        elif action.kind == REPAIR:
            results.append((step, FIXED if action.fixes[at] >= 0.5 else NOT_FIXED))
        else:
            results.append((step, DONE))
        if results[-1][1] == FIXED:
            break
    return [step for step, _ in results], minutes, results[-1][1]


def test_eight_fault_isolations_and_some_self_help_carry_a_guide():
    assert set(ISOLATED) <= set(GUIDES)
    assert sum(text.kind == "self_help" for text in TEXTS.values()) >= 2


@pytest.mark.parametrize("name", TEXTS)
def test_a_starter_guide_can_be_published_and_stands_as_the_program_writes_it(name):
    assert service.unpublishable(TEXTS[name], owner_id=1) == []
    assert found_in(TEXTS[name])[0].text == written(GUIDES[name])


@pytest.mark.parametrize("name", TEXTS)
def test_a_starter_guide_leaves_no_doubt_but_what_is_beyond_its_repair(name):
    left = [doubt for doubt in doubts(GUIDES[name]) if (name, doubt.values["cause"]) not in BEYOND_REPAIR]

    assert [(doubt.key, doubt.values["cause"]) for doubt in left] == []


@pytest.mark.parametrize(("name", "first"), ISOLATED.items())
def test_a_starter_guide_begins_with_what_somebody_who_knows_would_do_first(name, first):
    assert propose(authored(GUIDES[name]), ()).step == first


@pytest.mark.parametrize(("name", "cause"), CAUSES)
def test_every_cause_ends_soon_in_its_repair_or_in_a_call_for_help(name, cause):
    steps, minutes, last = walked(GUIDES[name], cause)

    assert (last == FIXED) != ((name, cause) in BEYOND_REPAIR), steps
    assert len(steps) <= MOST_STEPS and minutes <= MOST_MINUTES, (steps, minutes)


def test_an_instance_from_before_takes_the_guides_by_an_import_and_doubles_nothing(app, people, tmp_path):
    before, now = tmp_path / "1" / "starter", tmp_path / "2" / "starter"
    copytree(STARTER, now)
    copytree(STARTER, before)
    for name in TEXTS:
        text = without_guide((STARTER / name).read_text(encoding="utf-8"))
        (before / name).write_text(text, encoding="utf-8")

    counts = [imported(app, people, folder, tmp_path) for folder in (before, now, now)]

    assert [count.get("imported") for count in counts] == [len(READ), None, None]
    assert counts[1]["changed"] == len(TEXTS) and set(counts[2]) == {"unchanged"}, counts


def imported(app, people, folder, attachments):
    options = Options(owner_id=people["reviewer"], by=people["administrator"])
    outcome = Import(app.extensions["kb.engine"], open_source(folder), attachments, options).run(
        lambda: datetime(2026, 11, 24, tzinfo=UTC)
    )
    assert outcome.refused == []
    return outcome.counts
