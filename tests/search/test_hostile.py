"""What nobody types by accident: every search answers it, on the page, while typing and from a paste."""

from __future__ import annotations

import random
from urllib.parse import quote

import pytest

from search.analysis import analyse_query
from search.bench.hostile import QUERIES

CORPUS = ("申請書が印刷されない", "発券機の紙が詰まる", "ORA-12541 で接続できない")


@pytest.fixture
def engineer(app, as_role, make_article):
    """An engineer at a wiki with a few articles; the index is let go of afterwards."""
    for title in CORPUS:
        make_article(title=title, symptom=title)
    app.extensions["search.queue"].drain()
    yield as_role("engineer")
    app.extensions["search.finder"].close()


def encoded(text):
    """Return a query as its bytes go over the line, unpaired surrogates too."""
    return "q=" + quote(text, errors="surrogatepass")


@pytest.mark.parametrize("address", ["/search", "/search/suggest"])
def test_hostile_queries_are_answered(address, engineer):
    for name, text in QUERIES.items():
        assert engineer.get(address, query_string=encoded(text[:100_000])).status_code == 200, name


def test_hostile_queries_are_answered_while_typing(engineer):
    for name, text in QUERIES.items():
        response = engineer.get("/search", query_string=encoded(text[:2_000]), headers={"HX-Request": "true"})
        assert response.status_code == 200, name


def test_hostile_pastes_are_answered(engineer):
    form = "application/x-www-form-urlencoded"
    for name, text in QUERIES.items():
        response = engineer.post("/search", data=encoded(text), content_type=form, follow_redirects=True)
        assert response.status_code in (200, 413), name


def test_bytes_that_are_no_text_are_answered(engineer):
    for raw in ("q=%00", "q=%ed%a0%80", "q=%ff%fe", "q=%F0%9F", "q", "q=a&q=b", "q=%25%32%35"):
        assert engineer.get(f"/search?{raw}").status_code == 200, raw
        assert engineer.get(f"/search/suggest?{raw}").status_code == 200, raw


def test_pages_and_filters_that_are_none_are_answered(engineer):
    for number in ("0", "-1", "99999999999999999999", "x", "１", "1e9", "\x00"):
        assert engineer.get("/search", query_string={"q": "印刷", "page": number}).status_code == 200, number
    for facet in ("kind", "audience", "component"):
        for value in ("\x00", "'; drop table articles; --", "あ" * 5_000):
            assert engineer.get("/search", query_string={"q": "印刷", facet: value}).status_code == 200, facet


def test_random_characters_of_every_kind_are_taken_apart():
    chance = random.Random(1)
    for _ in range(300):
        points = [chance.randrange(0x11_0000) for _ in range(chance.randrange(1, 60))]
        assert analyse_query("".join(map(chr, points))) is not None
