"""flask search query, rebuild."""

from __future__ import annotations

import json

import pytest

from app import create_app


@pytest.fixture
def run(app):
    """A function: arguments of `flask search` -> result."""
    return lambda *arguments: app.test_cli_runner().invoke(args=["search", *arguments])


@pytest.fixture
def stocked(make_article, app):
    make_article(title="発券機の紙が詰まる")
    make_article(title="発券機の特権設定", audience="restricted")
    app.extensions["search.queue"].drain()


def test_a_query_prints_what_the_role_may_read(stocked, run):
    assert "特権設定" in run("query", "発券機").output
    staff = run("query", "発券機", "--as", "staff").output
    assert "KB-0001" in staff and "特権設定" not in staff


def test_a_query_as_json_can_be_read_by_a_program(stocked, run):
    answer = json.loads(run("query", "発券機 バイオリン", "--as", "engineer", "--json").output)

    assert answer["total"] == 2 and answer["missing"] == ["バイオリン"] and not answer["degraded"]
    assert {hit["number"] for hit in answer["hits"]} == {"KB-0001", "KB-0002"}


def test_rebuild_says_how_many_articles_there_are(stocked, run):
    result = run("rebuild")

    assert result.exit_code == 0 and "2" in result.output


def test_without_a_database_the_commands_say_what_to_do(settings):
    runner = create_app(settings).test_cli_runner()

    for arguments in (["query", "発券機"], ["rebuild"]):
        result = runner.invoke(args=["search", *arguments])
        assert result.exit_code == 1 and "flask init" in result.output
