"""Hosts and IP addresses: engineers read them, ward readers do not, wherever the text shows."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from kb.web import indexing
from kb.web.hiding import without_hosts

SECRETS = ("10.20.30.40", "srv-ap01.madoguchi.local", "fileserver01")
STEPS = (
    "- `ping 10.20.30.40` を打つ\n- http://srv-ap01.madoguchi.local/top を開く\n- "
    r"`\\fileserver01\share` をつなぐ"
    "\n\n| サーバ名 | IP |\n|---|---|\n| AP | 10.20.**30**.40 |"
)


@pytest.fixture
def article(app, make_article):
    made = make_article(
        title="中継機 10.20.30.40 が応えない", symptom="10.20.30.40 が応えない", sections={"steps": STEPS}
    )
    with app.app_context():
        indexing.drain()
    return made


@pytest.mark.parametrize(
    "path",
    [
        "/articles/1",
        "/articles/",
        "/",
        "/search?q=応えない",
        "/search?q=中継機を開く",
        "/search/suggest?q=中継",
    ],
)
def test_ward_readers_see_no_host_on_any_page_and_engineers_do(app, as_role, visitor, article, path):
    app.config["KB_SETTINGS"] = replace(app.config["KB_SETTINGS"], open_staff_pages=True)

    for client in (as_role("staff"), visitor):
        answer = client.get(path)
        assert answer.status_code == 200
        shown = answer.text.replace("<strong>", "").replace("</strong>", "")
        assert [secret for secret in SECRETS if secret in shown] == []
    assert SECRETS[0] in as_role("engineer").get(path).text


def test_what_a_reader_typed_themselves_stays_in_their_box(as_role, article):
    assert 'value="10.20.30.40"' in as_role("staff").get("/search?q=10.20.30.40").text


def test_an_address_that_names_a_host_opens_it_on_no_page(as_role, article):
    page = as_role("staff").get(f"/articles/{article.id}?x={SECRETS[0]}").text

    assert SECRETS[0] not in page


@pytest.mark.parametrize("share", [r"\\fileserver01\share", r"\\fileserver01"])
def test_a_share_is_hidden_in_json_in_an_attribute_and_at_the_end_of_an_element(share):
    for text in (json.dumps([share]), f'<input value="{share}">', f"<p>{share}</p>"):
        assert "fileserver01" in text and "fileserver01" not in without_hosts(text)


@pytest.mark.parametrize("tag", ["a href", "span title", "div data-x", "td title", "input value"])
def test_a_host_in_a_tag_is_hidden_whatever_the_tag(tag):
    shown = without_hosts(f'<{tag}="http://srv-ap01.madoguchi.local/top">開く')

    assert shown == f'<{tag}="http://{"■" * 24}/top">開く'


def test_tags_stay_whole():
    assert without_hosts("<p>10.20.<b>30.40</b></p>") == "<p>■■■■■■<b>■■■■■</b></p>"
