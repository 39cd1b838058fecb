"""Measuring: the figures, and that they come from the production search."""

import gzip
import json
import random

import pytest

from app import create_app
from search import evaluate
from search.evaluate import drop_one, judged, ndcg, read_grades, recall, reciprocal_rank, success


@pytest.fixture
def collection(tmp_path):
    """Paths of documents, queries and grades."""
    docs = [
        {"id": "a", "title": "印刷されない", "text": "プリンターの電源を確かめる。"},
        {"id": "b", "title": "番号札が出ない", "text": "紙を替える。"},
        {"id": "c", "title": "画面が映らない", "text": "ケーブルを確かめる。"},
    ]
    queries = [
        {"id": "q1", "text": "印刷できない"},
        {"id": "q2", "text": "番号札の紙"},
        {"id": "q3", "text": "存在しない話題"},
        {"id": "q4", "text": "誰も採点していない"},
    ]
    with gzip.open(tmp_path / "docs.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines(json.dumps(doc, ensure_ascii=False) + "\n" for doc in docs)
    (tmp_path / "queries.jsonl").write_text("".join(json.dumps(q) + "\n" for q in queries))
    (tmp_path / "qrels.tsv").write_text("query\tdocument\tgrade\nq1\ta\t2\nq2\tb\t1\nq3\tc\t1\nq3\ta\t0\n")
    return tmp_path / "docs.jsonl.gz", tmp_path / "queries.jsonl", tmp_path / "qrels.tsv"


def test_reciprocal_rank_is_one_over_the_first_right_place():
    assert reciprocal_rank(["x", "a"], {"a": 1}) == 0.5
    assert reciprocal_rank(["x"] * 10 + ["a"], {"a": 1}) == 0
    assert reciprocal_rank(["a"], {"a": 0}) == 0


def test_ndcg_uses_two_to_the_grade_minus_one():
    assert ndcg(["a", "b"], {"a": 2, "b": 1}) == 1
    assert ndcg(["b", "a"], {"a": 2, "b": 1}) == pytest.approx((1 + 3 / 1.5849625) / (3 + 1 / 1.5849625))
    assert ndcg(["x"], {"a": 1}) == 0


def test_recall_is_the_share_of_right_documents_found():
    assert recall(["a", "x"], {"a": 1, "b": 2, "c": 0}) == 0.5


def test_success_is_whether_the_first_document_is_right():
    assert success(["a", "x"], {"a": 1}) == 1
    assert success(["x", "a"], {"a": 1, "x": 0}) == 0 and success([], {"a": 1}) == 0


def test_one_character_is_dropped_but_never_white_space_nor_the_only_one():
    for seed in range(50):
        text = drop_one("印刷 \u3000できない", random.Random(seed))
        assert len(text) == 7 and text.count(" ") == text.count("\u3000") == 1
    assert drop_one(" 紙 ", random.Random(1)) == " 紙 "


def test_the_same_seed_drops_the_same_characters_whatever_is_judged(collection):
    _, queries, qrels = collection
    grades = read_grades(qrels)
    texts = dict(judged(queries, grades))
    fewer = {key: row for key, row in grades.items() if key != "q1"}

    slips = judged(queries, grades, drop_one_by=7)

    assert all(len(text) == len(texts[key]) - 1 for key, text in slips)
    assert judged(queries, grades, limit=2, drop_one_by=7) == slips[:2]
    assert judged(queries, fewer, drop_one_by=7) == slips[1:]
    assert judged(queries, grades, drop_one_by=8) != slips


def test_grades_are_read_with_and_without_a_header(tmp_path):
    path = tmp_path / "qrels.tsv"
    path.write_text("q1\ta\t1\n")
    assert read_grades(path) == {"q1": {"a": 1}}
    path.write_text("qid\tdocid\tgrade\nq1\ta\t1\n")
    assert read_grades(path) == {"q1": {"a": 1}}


def test_only_judged_queries_count_and_the_run_is_written(collection):
    report, run = evaluate.evaluate(*collection)

    assert report.documents == 3 and report.queries == 3
    assert report.mrr == pytest.approx(2 / 3) and report.success == pytest.approx(2 / 3)
    assert next(evaluate.run_lines(run)).split("\t")[:4] == ["q1", "Q0", "a", "1"]
    assert evaluate.evaluate(*collection, limit=1)[0].queries == 1


def test_the_command_needs_neither_database_nor_secret(collection, tmp_path, settings):
    app = create_app(settings)
    out = tmp_path / "run.tsv"

    result = app.test_cli_runner().invoke(
        args=["search", "evaluate", *map(str, collection), "--out", str(out)]
    )

    assert result.exit_code == 0, result.output
    assert "MRR        0.6667" in result.output and "dropped" not in result.output
    assert "q1\tQ0\ta\t1\t" in out.read_text()
    assert not settings.data.exists(), "measuring leaves nothing in the data folder"


def test_the_report_says_that_characters_were_dropped(collection, settings):
    runner = create_app(settings).test_cli_runner()

    result = runner.invoke(args=["search", "evaluate", *map(str, collection), "--drop-one", "7"])

    assert "dropped    one character of each query (seed 7)" in result.output, result.output


def test_a_file_that_is_no_collection_is_refused_with_a_sentence(collection, settings, tmp_path):
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text("これはJSONではない\n")

    result = (
        create_app(settings)
        .test_cli_runner()
        .invoke(args=["search", "evaluate", str(wrong), str(collection[1]), str(collection[2])])
    )

    assert result.exit_code == 1 and "Error:" in result.output
