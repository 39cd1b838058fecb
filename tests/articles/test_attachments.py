"""Attachments: the access of their article, and never a page of their own."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from articles import files
from kb.store.db import writing
from kb.store.models import Attachment

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20


@pytest.fixture
def attach(app, settings):
    """A function: article, bytes and type -> the address of the attachment."""

    def attach(article, content=PNG, media_type="image/png", name="図.png"):
        sha256 = files.keep(settings.attachments, content)
        with writing(app.extensions["kb.engine"]) as session:
            row = {"article_id": article.id, "sha256": sha256, "name": name, "media_type": media_type}
            session.add(Attachment(**row, size=len(content), created_at=datetime(2026, 11, 20, tzinfo=UTC)))
        return f"/attachments/{sha256}"

    return attach


def test_an_attachment_exists_for_whom_its_article_exists(as_role, make_article, attach):
    address = attach(make_article(audience="engineer"))

    with as_role("engineer").get(address) as picture:
        assert picture.data == PNG
    assert as_role("staff").get(address).status_code == 404
    assert as_role("staff").get("/attachments/" + "0" * 64).status_code == 404


def test_a_picture_is_sandboxed_and_anything_else_is_only_downloaded(as_role, make_article, attach):
    article = make_article()
    with as_role("staff").get(attach(article)) as picture:
        assert picture.status_code == 200
    with as_role("staff").get(attach(article, b"<script>alert(1)</script>", "text/html", "a.html")) as other:
        assert other.status_code == 200

    assert "sandbox" in picture.headers["Content-Security-Policy"]
    assert "attachment" not in picture.headers.get("Content-Disposition", "")
    assert other.headers["Content-Disposition"].startswith("attachment")
    assert other.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize("name", ["..%2f..%2fetc%2fpasswd", "%00", "x", "..", "ab/../cd"])
def test_a_name_that_is_no_hash_leads_nowhere(as_role, name):
    assert as_role("staff").get(f"/attachments/{name}").status_code in (404, 308)


def test_the_same_bytes_lie_there_once(tmp_path):
    assert files.keep(tmp_path, PNG) == files.keep(tmp_path, PNG)
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


@pytest.mark.parametrize("content", [b"<svg onload=alert(1)>", b"<html>", b"GIF", b"", b"RIFFxxxxAVI "])
def test_only_bytes_that_are_a_picture_count_as_one(content):
    assert files.image_type(content) is None
