"""The index on disk: batches, deletions, rebuilds, crashes."""

import gc
import multiprocessing
import os
import signal
import stat

import pytest

from search import analysis
from search import index as index_module
from search.index import Index, IndexBusy, IndexUnusable


def test_a_document_is_found_by_its_title_symptom_code_and_text(index, document, found):
    index.update(
        [
            document(1, "申請書が印刷されない", body="紙を入れ直す。", error_codes=("E-1042",)),
            document(2, "番号が呼び出されない", symptom="表示が変わらない", synonyms=("呼出し不良",)),
        ]
    )

    assert found("印刷できません") == [1]
    assert found("E1042") == [1]
    assert found("紙の入れ直し")[:1] == [1]
    assert found("よびだし") == [2] or found("呼出し") == [2]


def test_updating_twice_leaves_one_document(index, document, ask):
    index.update([document(1, "印刷")])
    index.update([document(1, "印刷 再起動")])
    index.update([document(1, "印刷 一"), document(1, "印刷 二回目")])

    assert ask("印刷").total == 1
    assert ask("再起動").total == 0
    assert ask("二回目").total == 1


def test_a_deleted_document_is_neither_found_nor_counted(index, document, ask):
    index.update([document(1, "印刷"), document(2, "印刷")])
    index.update([], deletions=[1])

    answer = ask("印刷")
    assert [hit.id for hit in answer.hits] == [2]
    assert answer.total == 1 and answer.facets["kind"] == {"workaround": 1}


def test_many_small_commits_are_joined_and_lose_nothing(index, document, ask):
    for number in range(1, 61):
        index.update([document(number, f"印刷 端末{number}")])
    index.update([document(7, "印刷 取替え")], deletions=[3])

    answer = ask("印刷", limit=100)
    assert {hit.id for hit in answer.hits} == set(range(1, 61)) - {3}
    assert [hit.id for hit in ask("取替え").hits] == [7]
    directory = next(index.root.glob("index-*"))
    assert len(list(directory.glob("*.seg"))) <= 49
    with index.writing() as writing:
        writing.tidy()
    assert len(list(directory.glob("*.seg"))) <= 9
    assert {hit.id for hit in ask("印刷", limit=100).hits} == set(range(1, 61)) - {3}


def test_a_word_is_known_by_its_reading_wherever_it_stands_and_after_its_first_place_is_gone(
    index, document, ask
):
    index.rebuild([document(1, "停電"), document(2, "印刷"), document(3, "印刷")])
    index.update([document(1, "停電")])
    index.update([document(4, "削除"), document(5, "削除")])

    found = {kana: {hit.id for hit in ask(kana).hits} for kana in ("ていでん", "いんさつ", "さくじょ")}
    assert found == {"ていでん": {1}, "いんさつ": {2, 3}, "さくじょ": {4, 5}}

    index.update([], deletions=[2, 3])
    assert [hit.id for hit in ask("ていでん").hits] == [1]


def test_a_failed_batch_changes_nothing_and_frees_the_lock(index, document, ask):
    index.update([document(1, "印刷")])

    with pytest.raises(TypeError):
        index.update([document(2, "印刷"), document(3, None)])

    index.update([document(4, "印刷")])
    assert {hit.id for hit in ask("印刷").hits} == {1, 4}


def test_a_rebuild_replaces_everything_and_tells_its_progress(index, document, ask):
    index.update([document(1, "印刷")])
    seen = []

    count = index.rebuild([document(2, "印刷"), document(2, "印刷"), document(3, "印刷")], seen.append)

    assert count == 2 and seen == [1, 2]
    assert {hit.id for hit in ask("印刷").hits} == {2, 3}
    assert len(list(index.root.glob("index-*"))) == 1


def test_a_rebuild_that_fails_keeps_the_old_index(index, document, ask):
    index.update([document(1, "印刷")])

    def broken():
        yield document(2, "印刷")
        raise RuntimeError("the database went away")

    with pytest.raises(RuntimeError):
        index.rebuild(broken())

    assert [hit.id for hit in ask("印刷").hits] == [1]
    assert len(list(index.root.glob("index-*"))) == 1


def _rebuild_and_die(root, document_row):
    index_module._sync = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
    Index(root).rebuild([document_row])


def test_a_process_killed_before_the_swap_keeps_the_old_index(index, document, ask):
    index.update([document(1, "印刷")])
    process = multiprocessing.get_context("fork").Process(
        target=_rebuild_and_die, args=(index.root, document(2, "印刷"))
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL

    assert [hit.id for hit in ask("印刷").hits] == [1]
    index.rebuild([document(3, "印刷")])
    assert [hit.id for hit in ask("印刷").hits] == [3]
    assert len(list(index.root.glob("index-*"))) == 1, "the left-over is swept away"


def test_an_index_made_by_other_rules_is_unusable(index, monkeypatch):
    index.open_reader()[1].close()
    monkeypatch.setattr(analysis, "ANALYSER_VERSION", "another")

    with pytest.raises(IndexUnusable):
        index.open_reader()
    with pytest.raises(IndexUnusable):
        index.update([])


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_a_missing_or_torn_index_is_unusable(tmp_path, index):
    with pytest.raises(IndexUnusable):
        Index(tmp_path / "nowhere").open_reader()
    assert not (tmp_path / "nowhere").exists(), "asking makes nothing"
    for file in next(index.root.glob("index-*")).glob("*.toc"):
        file.write_bytes(b"torn")
    with pytest.raises(IndexUnusable):
        index.open_reader(attempts=2)
    gc.collect()  # Whoosh leaves damaged files open


def test_the_folder_is_closed_to_others(index):
    assert stat.S_IMODE(index.root.stat().st_mode) == 0o700
    assert stat.S_IMODE(next(index.root.glob("index-*")).stat().st_mode) == 0o700


def test_a_second_writer_waits_and_then_gives_up(index, document, monkeypatch):
    monkeypatch.setattr(index_module, "_LOCK_SECONDS", 0.1)

    with index.writing(), pytest.raises(IndexBusy):
        Index(index.root).update([document(1, "印刷")])


def test_what_another_process_writes_is_seen_by_the_next_search(index, document, found):
    assert found("印刷") == []

    Index(index.root).update([document(1, "印刷")])
    assert found("印刷") == [1]
    Index(index.root).rebuild([document(2, "印刷")])
    assert found("印刷") == [2]
