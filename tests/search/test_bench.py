"""The measuring itself: articles and queries that are the same every time, a figure for each thing asked."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from app import create_app
from search.analysis import analyse_query
from search.bench import corpus, rival
from search.bench.timing import Times, percentile
from search.index import Index
from search.snapshot import Snapshots

STARTER = Path(__file__).parents[2] / "articles" / "starter"


@pytest.fixture(scope="module")
def sources():
    return corpus.read_folder(STARTER)


def test_the_articles_are_the_sources_and_then_recombinations_of_their_sentences(sources):
    texts = list(corpus.texts(sources, 100, seed=1))
    known = {sentence for source in sources for sentence in source.sentences}

    assert [text.sentences for text in texts[: len(sources)]] == [source.sentences for source in sources]
    assert len({text.sentences for text in texts}) == 100
    assert all(set(text.sentences) <= known and text.title for text in texts)


def test_the_same_seed_gives_the_same_articles_and_queries_and_a_smaller_size_is_the_beginning(sources):
    texts = list(corpus.texts(sources, 60, seed=1))

    assert texts == list(itertools.islice(corpus.texts(sources, 500, seed=1), 60))
    assert texts != list(corpus.texts(sources, 60, seed=2))
    assert corpus.queries(texts, 5, seed=1) == corpus.queries(texts, 5, seed=1)


def test_every_sort_of_query_is_there_long_pastes_too(sources):
    queries = corpus.queries(list(corpus.texts(sources, 60, seed=1)), 5, seed=1)

    assert set(queries) == {"symptoms", "codes", "pasted", "common", "typos"}
    assert all(len(texts) == 5 and all(text.strip() for text in texts) for texts in queries.values())
    assert {len(text) for text in queries["pasted"]} == {corpus.PASTE_CHARS}


def test_a_percentile_is_the_nearest_rank():
    assert percentile([4, 1, 3, 2], 50) == 2
    assert percentile([4, 1, 3, 2], 95) == 4
    assert percentile([], 95) == 0


def test_times_are_of_the_clock_and_of_the_processor():
    times = Times()
    times.take(lambda: sum(range(10_000)))

    assert len(times.wall) == len(times.busy) == 1 and times.wall[0] > 0


@pytest.mark.skipif(not rival.available(), reason="tantivy is a development dependency")
def test_tantivy_is_fed_what_our_index_holds(tmp_path, document):
    index = Index(tmp_path / "index")
    index.rebuild(
        [document(1, "印刷できない", body="紙を入れ直す。"), document(2, "番号札", error_codes=("E-1042",))]
    )
    snapshots = Snapshots(index)
    with snapshots.newest() as snapshot:
        other = rival.Rival(tmp_path / "tantivy", snapshot, {1: ("印刷", "紙"), 2: ("番号札", "E-1042")})
        query = analyse_query("紙の入れ直し")

        assert other.segments == 1
        assert other.search(query, 10, count=True) == [("印刷", "紙")]
        assert other.search(analyse_query("E1042"), 10, count=False) == [("番号札", "E-1042")]


def test_the_command_measures_without_database_and_secret_key(tmp_path, monkeypatch):
    monkeypatch.setenv("KB_DATA", str(tmp_path / "nothing"))

    answer = (
        create_app()
        .test_cli_runner()
        .invoke(
            args=["search", "bench", "--sizes", "50", "--each", "1", "--edits", "1", "--keep", str(tmp_path)]
        )
    )

    assert answer.exit_code == 0, answer.output
    for figure in (
        "50 articles", "full rebuild", "search, warm", "search, cold", "page, warm", "page, cold",
        "edit to searchable", "page over HTTP", "serving process",
    ):  # fmt: skip
        assert figure in answer.output, figure
    assert not (tmp_path / "nothing").exists()
    kept = next(tmp_path.glob("50-1-*"))
    assert (kept / "data" / "kiriwake.db").is_file() and (kept / "data" / "index" / "current").is_file()


def test_sizes_that_are_no_numbers_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("KB_DATA", str(tmp_path / "nothing"))

    answer = create_app().test_cli_runner().invoke(args=["search", "bench", "--sizes", "many"])

    assert answer.exit_code == 1 and "many" in answer.output
