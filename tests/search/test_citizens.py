"""What citizens ask a city office, over answers as an office publishes them (docs/search.md)."""

from __future__ import annotations

from pathlib import Path

from search.evaluate import evaluate, read_grades, read_lines, read_queries

HERE = Path(__file__).parent / "citizens"
DOCS, QUERIES, QRELS = HERE / "docs.jsonl", HERE / "queries.jsonl", HERE / "qrels.tsv"


def test_citizens_find_the_answer_in_their_own_words():
    report, _ = evaluate(DOCS, QUERIES, QRELS)

    assert report.ndcg >= 0.75, f"nDCG@10 {report.ndcg:.4f}"
    assert report.recall >= 0.85, f"R@10 {report.recall:.4f}"


def test_every_judgement_is_of_a_question_and_an_answer_that_are_there():
    documents = [row.split('"id": "', 1)[1].split('"', 1)[0] for row in read_lines(DOCS)]
    questions = [name for name, _ in read_queries(QUERIES)]
    grades = read_grades(QRELS)

    assert len(set(documents)) == len(documents) and len(set(questions)) == len(questions)
    assert grades.keys() <= set(questions)
    assert {name for row in grades.values() for name in row} <= set(documents)
    assert {grade for row in grades.values() for grade in row.values()} == {1, 2}
