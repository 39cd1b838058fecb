"""The table of ideas: what each is worth, and which earn their place."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import pytest

from app import create_app
from search.experiment import IDEAS, NO_DIFFERENCE, WHOLE, Figures, Files, earns_its_place, experiment, half
from search.thesaurus import Thesaurus, shipped
from search.tuning import TUNED

WITHOUT_THESAURUS = "without thesaurus"


@pytest.fixture
def collection(tmp_path):
    """A function: {query: right document} -> the three files of a collection."""

    def make(grades, name="main"):
        folder = tmp_path / name
        folder.mkdir()
        titles = {"b": "画面", "a": "画面が応答しない", "c": "ビルの番号札"}
        docs = [{"id": key, "title": title, "text": ""} for key, title in titles.items()]
        queries = [{"id": f"q{n}", "text": text} for n, text in enumerate(grades)]
        rows = [f"q{n}\t{document}\t1\n" for n, document in enumerate(grades.values())]
        (folder / "docs.jsonl").write_text("".join(json.dumps(doc) + "\n" for doc in docs))
        (folder / "queries.jsonl").write_text("".join(json.dumps(query) + "\n" for query in queries))
        (folder / "qrels.tsv").write_text("".join(rows))
        return Files(folder / "docs.jsonl", folder / "queries.jsonl", folder / "qrels.tsv")

    return make


def rows(lines):
    """Return {idea: cells} of a table."""
    found = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if line.startswith("| ")]
    return {cells[0]: cells[1:] for cells in found}


def test_every_number_that_an_idea_weighs_is_switched_off_by_itself_and_all_of_them_for_plain():
    *_, plain = IDEAS.values()
    alone = {name for changes in IDEAS.values() if len(changes) == 1 for name in changes}

    assert alone == set(plain) == asdict(TUNED).keys() - {"k1", "b", "cover_floor"}
    assert all(replace(TUNED, **changes) != TUNED for changes in IDEAS.values())


def test_a_query_is_in_the_half_that_the_checksum_of_its_id_says():
    assert [half(f"q{number}") for number in range(8)] == [0, 0, 0, 0, 1, 1, 1, 1]


@pytest.mark.parametrize(
    ("text", "idea"),
    [
        ("画面が固まる", WITHOUT_THESAURUS),
        ("いんさつ", "without readings"),
        ("プリソター", "without spelling"),
        ("印", "without kanji alone"),
    ],
)
def test_without_an_idea_nothing_of_it_is_left_and_the_others_stay(index, document, ask, text, idea):
    index.update([document(1, "プリンターで印刷"), document(2, "画面が応答しない")])
    shipped_words = Thesaurus.of(shipped())

    def others(name):
        tuning = replace(TUNED, **{"synonyms": 0.0, **IDEAS.get(name, {})})
        return ask(text, thesaurus=shipped_words, tuning=tuning).query.others

    alone = [name for name, changes in IDEAS.items() if len(changes) == 1]
    assert others(WHOLE)
    assert {name for name in alone if others(name) != others(WHOLE)} == {idea} and not others(idea)


def test_katakana_read_from_hiragana_weighs_what_the_tuning_says(index, document, found):
    index.update([document(number, "紙を替える") for number in range(1, 20)] + [document(20, "メヌーエの紙")])
    without = replace(TUNED, **IDEAS["without any of these: plain"])

    assert found("紙 めぬーえの", tuning=replace(without, rare_grams=TUNED.rare_grams))[0] == 20
    assert found("紙 めぬーえの", tuning=without)[0] == 1


@pytest.mark.parametrize(
    ("half_a", "half_b", "check", "earns"),
    [
        (0.7, 0.7, 0.9, True),  # the search without the idea is worse on both
        (0.7, 0.8, 0.9, True),
        (0.8, 0.7, 0.9, True),
        (0.8, 0.8, 0.9, False),  # it gains nothing
        (0.8, 0.8, 0.8, False),  # on the check collection alone
        (0.7, 0.81, 0.9, False),  # it loses on the other half
        (0.7, 0.7, 0.91, False),  # it loses on the check collection
        (0.7, 0.7, None, True),
        (0.8 - 1e-5, 0.8, 0.9, False),  # nothing that the table would show
        (0.7, 0.8 + 1e-5, 0.9, True),
    ],
)
def test_an_idea_has_to_gain_on_a_half_and_may_lose_nowhere(half_a, half_b, check, earns):
    whole = Figures(0.8, 0.8, 0.5, None if check is None else 0.9)

    assert earns_its_place(Figures(half_a, half_b, 0.5, check), whole) is earns


def test_an_idea_that_the_queries_need_earns_its_place_and_one_they_do_not_need_makes_no_difference(
    collection,
):
    files = collection({"番号札": "c", "画面が固まる": "a"})

    table = rows(experiment(files))

    assert table[WHOLE] == ["1.0000", "0.0000", "1.0000", "–", ""]
    assert table["without readings"][-1] == NO_DIFFERENCE
    assert table[WITHOUT_THESAURUS] == ["0.7500 -0.2500", "0.0000", "0.5000 -0.5000", "–", "earns its place"]
    assert set(table) == {"", WHOLE, *IDEAS}


def test_what_loses_on_the_check_collection_does_not_earn_its_place(collection):
    files = collection({"画面が固まる": "a"})
    check = collection({"画面が固まる": "b"}, "check")

    table = rows(experiment(files, check))

    assert table[WITHOUT_THESAURUS][3] == "1.0000 +0.5000" and table[WITHOUT_THESAURUS][-1] == "does not"


def test_the_command_prints_the_table_and_leaves_nothing_behind(collection, settings):
    files, check = collection({"画面": "b", "番号札": "c"}), collection({"ビル": "c"}, "check")
    arguments = [str(path) for path in asdict(files).values()]
    more = ["--check", *(str(path) for path in asdict(check).values()), "--limit", "1", "--drop-one", "3"]

    result = create_app(settings).test_cli_runner().invoke(args=["search", "experiment", *arguments, *more])

    assert result.exit_code == 0, result.output
    assert (
        "documents  3, queries 1 (A) + 0 (B)" in result.output and "check      3, queries 1" in result.output
    )
    assert "dropped    one character of each query (seed 3)" in result.output
    assert rows(result.output.splitlines())[WHOLE][3] == "1.0000", "the check collection keeps its characters"
    assert not settings.data.exists()


def test_a_file_that_is_no_collection_is_refused_with_a_sentence(collection, settings):
    files = collection({"画面": "b"})
    files.queries.write_text("これはJSONではない\n")
    arguments = [str(path) for path in asdict(files).values()]

    result = create_app(settings).test_cli_runner().invoke(args=["search", "experiment", *arguments])

    assert result.exit_code == 1 and "Error:" in result.output
