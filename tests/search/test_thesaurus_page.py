"""The thesaurus on its pages, in its file, and what a change of it does to a search."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app import create_app
from kb.store.db import reading
from kb.store.models import AuditRow, ThesaurusGroup
from kb.web.locale import WORDS
from search import thesaurus
from search.vocabulary import groups, rules
from search.vocabulary.current import Current
from tests.conftest import PASSWORD

EQUAL = {"kind": "equal", "finds": "", "base": "0"}
ONE_WAY = {"kind": "one_way", "base": "0"}


@pytest.fixture
def reviewer(as_role):
    return as_role("reviewer")


@pytest.fixture
def rows(app):
    """A function: the ward's rows as stored now, oldest first."""

    def find():
        with reading(app.extensions["kb.engine"]) as session:
            return list(session.scalars(select(ThesaurusGroup).order_by(ThesaurusGroup.id)))

    return find


@pytest.fixture
def audited(app):
    """A function: what the audit log has of the thesaurus, oldest first, as (action, detail)."""

    def find():
        with reading(app.extensions["kb.engine"]) as session:
            told = select(AuditRow).where(AuditRow.object_type == "thesaurus").order_by(AuditRow.id)
            return [(row.action, row.detail) for row in session.scalars(told)]

    return find


@pytest.fixture
def flask(app):
    """A function: run `flask search thesaurus ...`."""
    return lambda *arguments: app.test_cli_runner().invoke(args=["search", "thesaurus", *map(str, arguments)])


@pytest.fixture
def shipped():
    """A shipped group of equal words."""
    return next(group for group in thesaurus.shipped() if not group.finds)


def words(key, **values):
    return WORDS[key]["ja"].format(**values)


def place(group):
    return f"/thesaurus/shipped/{groups.address(group)}"


def add(client, typed="窓口くん\n総合窓口端末", **fields):
    answer = client.post("/thesaurus/new", data=EQUAL | {"words": typed} | fields)
    assert answer.status_code == 303, answer.text
    return answer


def lines(client, path="/thesaurus/?state=own"):
    """Return the groups that a page of the list shows, each as its words without markup."""
    found = re.findall(r'<p class="group-words">(.*?)</p>', client.get(path).text)
    return [" ".join(re.sub(r"<[^>]*unseen.*?</span>|<[^>]+>", "", text).split()) for text in found]


def test_an_added_group_is_listed_first_stored_in_settled_spelling_and_audited(
    reviewer, rows, audited, people
):
    add(reviewer, " 窓口くん 、総合\0窓口端末\r\n\r\nあの端末　")

    row = rows()[0]
    assert row.words == ["窓口くん", "総合 窓口端末", "あの端末"] and row.finds == []
    assert row.updated_by == people["reviewer"] and row.shipped_key is None
    assert lines(reviewer, "/thesaurus/")[0] == "窓口くん、総合 窓口端末、あの端末"
    assert audited() == [("thesaurus.added", {"group": "窓口くん、総合 窓口端末、あの端末"})]


def test_a_one_way_group_keeps_its_sides_apart(reviewer, rows):
    add(reviewer, "おくやみ窓口", finds="死亡届、世帯主変更", kind="one_way")

    assert (rows()[0].words, rows()[0].finds) == (["おくやみ窓口"], ["死亡届", "世帯主変更"])
    assert lines(reviewer) == ["おくやみ窓口 → 死亡届、世帯主変更"]


def test_what_was_typed_for_the_other_kind_is_not_stored(reviewer, rows):
    add(reviewer, finds="死亡届")

    assert rows()[0].finds == []


@pytest.mark.parametrize(
    ("form", "key"),
    [
        ({"words": "窓口くん"}, "too_few"),
        ({"words": ""}, "too_few"),
        ({"kind": "one_way", "words": "窓口くん", "finds": " "}, "no_finds"),
        ({"kind": "one_way", "words": "", "finds": "窓口くん"}, "no_words"),
        ({"words": "プリンタ\nﾌﾟﾘﾝﾀｰ"}, "twice"),
        ({"kind": "one_way", "words": "スキャナ", "finds": "複合機\nｽｷｬﾅ"}, "twice"),
        ({"words": "窓口くん\n" + "あ" * 101}, "too_long"),
        ({"words": "窓口くん\n" + "\n".join(f"端末{n}番" for n in range(40))}, "too_many"),
        ({"words": "窓口くん → 総合窓口端末\n端末"}, "sign"),
        ({"words": "#窓口くん\n端末"}, "sign"),
        ({"words": "窓口くん\nこれ"}, "not_searched"),
        ({"words": "サーバ\nサーバー"}, "twice"),
        ({"words": "つながらない\n繋がらない"}, "all_same"),
        ({"words": "窓口くん\n個人番号 123456789018"}, None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_group_that_would_do_nothing_or_harm_is_refused_and_stays_in_the_form(reviewer, rows, form, key):
    answer = reviewer.post("/thesaurus/new", data=EQUAL | form)

    assert answer.status_code == 422 and rows() == []
    sentence = (
        words(f"thesaurus.{key}", **dict.fromkeys(("most", "word", "before"), "\x00")) if key else "個人番号"
    )
    assert all(part in answer.text for part in sentence.split("\0"))
    assert (form["words"].splitlines() or [""])[0] in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_every_reason_is_told_at_once(reviewer):
    answer = reviewer.post("/thesaurus/new", data=EQUAL | {"words": "これ\nこれ"})

    assert words("thesaurus.twice", word="これ", before="これ") in answer.text
    assert words("thesaurus.not_searched", word="これ") in answer.text


def test_a_group_that_another_one_covers_is_refused_and_named(reviewer, rows):
    add(reviewer, "窓口くん\n総合窓口端末\nあの端末")

    answer = reviewer.post("/thesaurus/new", data=EQUAL | {"words": "あの端末、窓口くん"})

    assert answer.status_code == 422 and len(rows()) == 1
    assert words("thesaurus.already", other="窓口くん、総合窓口端末、あの端末") in answer.text


def test_a_group_that_shares_a_word_is_stored_and_the_other_one_named(reviewer, rows):
    add(reviewer, "窓口くん\n総合窓口端末")
    add(reviewer, "窓口くん\n受付ロボット")

    assert len(rows()) == 2
    assert "「窓口くん」は「窓口くん、総合窓口端末」" in reviewer.get("/thesaurus/").text


def test_the_message_about_a_very_long_group_fits_the_cookie(reviewer):
    letters = "".join(chr(0x4E00 + number * 10_007 % 20_000) for number in range(12_000))
    long = [letters[start : start + 100] for start in range(0, len(letters), 100)]
    for start in (0, 29, 58, 87):
        answer = add(reviewer, "\n".join([long[-1], *long[start : start + 29]]))
        assert max(len(cookie) for cookie in answer.headers.getlist("Set-Cookie")) < 3_000


def test_a_change_keeps_who_and_what_it_was(reviewer, as_role, rows, audited, people):
    add(reviewer)
    number = rows()[0].id
    changed = EQUAL | {"words": "窓口くん、総合窓口端末、MADO", "base": "1"}
    assert as_role("administrator").post(f"/thesaurus/{number}", data=changed).status_code == 303

    row = rows()[0]
    assert (row.version, row.updated_by) == (2, people["administrator"])
    before, after = "窓口くん、総合窓口端末", "窓口くん、総合窓口端末、MADO"
    assert audited()[1] == ("thesaurus.changed", {"changes": {"group": [before, after]}})
    assert f"{before} → {after}" in as_role("administrator").get("/audit").text


def test_saving_what_did_not_change_leaves_no_trace(reviewer, rows, audited):
    add(reviewer)
    same = EQUAL | {"words": "窓口くん、総合窓口端末", "base": "1"}
    assert reviewer.post(f"/thesaurus/{rows()[0].id}", data=same).status_code == 303

    assert rows()[0].version == 1 and len(audited()) == 1


def test_a_stale_save_shows_both_texts_and_the_next_one_goes_through(reviewer, rows):
    add(reviewer)
    number = rows()[0].id
    theirs, mine = (
        EQUAL | {"words": "窓口くん、端末A", "base": "1"},
        EQUAL | {"words": "窓口くん、端末B", "base": "1"},
    )
    reviewer.post(f"/thesaurus/{number}", data=theirs)

    answer = reviewer.post(f"/thesaurus/{number}", data=mine)

    assert answer.status_code == 409
    assert "窓口くん、端末A" in answer.text and "窓口くん、端末B" in answer.text
    base = re.search(r'name="base" value="(\d+)"', answer.text)[1]
    assert reviewer.post(f"/thesaurus/{number}", data=mine | {"base": base}).status_code == 303
    assert rows()[0].words == ["窓口くん", "端末B"]


def test_a_save_of_what_somebody_removed_keeps_the_words_and_can_add_them_again(reviewer, rows):
    add(reviewer)
    number = rows()[0].id
    reviewer.post(f"/thesaurus/{number}/drop", data={"base": "1"})

    answer = reviewer.post(f"/thesaurus/{number}", data=EQUAL | {"words": "窓口くん、端末B", "base": "1"})

    assert answer.status_code == 409 and words("thesaurus.gone") in answer.text
    assert "窓口くん、端末B" in answer.text and 'action="/thesaurus/new"' in answer.text


def test_removing_needs_the_version_that_was_on_the_page(reviewer, rows, audited):
    add(reviewer)
    number = rows()[0].id
    reviewer.post(f"/thesaurus/{number}", data=EQUAL | {"words": "窓口くん、端末A", "base": "1"})

    assert reviewer.post(f"/thesaurus/{number}/drop", data={"base": "1"}).status_code == 409
    assert reviewer.post(f"/thesaurus/{number}/drop", data={"base": "2"}).status_code == 303
    assert rows() == [] and audited()[-1] == ("thesaurus.removed", {"group": "窓口くん、端末A"})
    assert reviewer.get(f"/thesaurus/{number}").status_code == 404


def test_a_shipped_group_is_switched_off_and_on_again(reviewer, rows, audited, shipped):
    line = rules.line(shipped.words)
    assert reviewer.post(f"{place(shipped)}/off", data={"base": "0"}).status_code == 303

    assert rows()[0].shipped_key == shipped.key and rows()[0].words == []
    assert lines(reviewer, "/thesaurus/?state=off") == [line]
    assert line not in lines(reviewer, f"/thesaurus/?state=shipped&q={shipped.words[0]}")
    assert reviewer.post(f"{place(shipped)}/off", data={"base": "0"}).status_code == 409

    reviewer.post(f"/thesaurus/{rows()[0].id}/drop", data={"base": "1"})
    assert rows() == []
    assert [action for action, _ in audited()] == ["thesaurus.switched_off", "thesaurus.switched_on"]


def test_a_shipped_group_is_changed_and_reset(reviewer, rows, audited, shipped):
    typed = "、".join([*shipped.words, "窓口くん用語"])
    assert reviewer.post(place(shipped), data=EQUAL | {"words": typed}).status_code == 303

    number = rows()[0].id
    assert lines(reviewer, "/thesaurus/?state=changed") == [typed]
    assert reviewer.get(place(shipped)).headers["Location"] == f"/thesaurus/{number}"
    assert rules.line(shipped.words) in reviewer.get(f"/thesaurus/{number}").text
    reviewer.post(f"/thesaurus/{number}/drop", data={"base": "1"})
    assert rows() == [] and audited()[-1] == ("thesaurus.reset", {"group": typed})


def test_a_shipped_group_typed_back_is_as_shipped_again(reviewer, rows, shipped):
    reviewer.post(place(shipped), data=EQUAL | {"words": "、".join([*shipped.words, "窓口くん用語"])})
    number = rows()[0].id

    reviewer.post(f"/thesaurus/{number}", data=EQUAL | {"words": "、".join(shipped.words), "base": "1"})

    assert rows() == []


def test_two_people_who_change_the_same_shipped_group_meet(reviewer, rows, shipped):
    theirs, mine = ({"words": "、".join([*shipped.words, word])} for word in ("窓口A語", "窓口B語"))
    reviewer.post(place(shipped), data=EQUAL | theirs)

    answer = reviewer.post(place(shipped), data=EQUAL | mine)

    assert answer.status_code == 409 and "窓口A語" in answer.text and "窓口B語" in answer.text
    assert f'action="/thesaurus/{rows()[0].id}"' in answer.text


def test_a_save_of_what_somebody_reset_meets_the_shipped_words(reviewer, rows, shipped):
    reviewer.post(place(shipped), data=EQUAL | {"words": "、".join([*shipped.words, "窓口A語"])})
    number = rows()[0].id
    reviewer.post(f"/thesaurus/{number}/drop", data={"base": "1"})

    form = EQUAL | {"words": "窓口B語、端末", "base": "1", "shipped": groups.address(shipped)}
    answer = reviewer.post(f"/thesaurus/{number}", data=form)

    assert answer.status_code == 409 and rules.line(shipped.words) in answer.text
    assert f'action="{place(shipped)}"' in answer.text and "窓口B語" in answer.text


def test_a_row_for_what_is_shipped_no_more_is_the_wards_own_or_nothing(reviewer, app, rows, shipped):
    reviewer.post(place(shipped), data=EQUAL | {"words": "窓口A語、窓口B語"})
    other = next(group for group in thesaurus.shipped() if group.finds)
    reviewer.post(f"{place(other)}/off")
    with reading(app.extensions["kb.engine"]) as session:
        for row in session.scalars(select(ThesaurusGroup)):
            row.shipped_key = f"gone {row.id}"
        session.flush()
        found = {entry.state: entry.line for entry in groups.everything(session) if entry.row}

    assert found == {"own": "窓口A語、窓口B語"}


def test_the_list_is_searched_folded_filtered_and_paged(reviewer):
    for number in range(60):
        add(reviewer, f"ＭＡＤＯ{number}、窓口{number}番の端末")

    first = reviewer.get("/thesaurus/?q=mado&state=own")
    assert len(lines(reviewer, "/thesaurus/?q=mado&state=own")) == 50
    assert "区で追加（60件）" in first.text and "page=2" in first.text and "q=mado" in first.text
    assert len(lines(reviewer, "/thesaurus/?q=ｍａｄｏ&state=own&page=99")) == 10
    assert lines(reviewer, "/thesaurus/?q=MADO59") == ["ＭＡＤＯ59、窓口59番の端末"]


def test_the_list_finds_words_as_the_search_reads_them(reviewer):
    add(reviewer, "窓口を引っ越しする、窓口甲")
    add(reviewer, "窓口甲に繋がらない、窓口乙")

    assert lines(reviewer, "/thesaurus/?q=引越し&state=own") == ["窓口を引っ越しする、窓口甲"]
    assert lines(reviewer, "/thesaurus/?q=つながる&state=own") == ["窓口甲に繋がらない、窓口乙"]
    assert lines(reviewer, "/thesaurus/?q=つながる　甲&state=own") == ["窓口甲に繋がらない、窓口乙"]
    assert lines(reviewer, "/thesaurus/?q=の&state=own") == []


def test_an_empty_list_leads_on(reviewer, as_role):
    page = reviewer.get("/thesaurus/?q=うんたらかんたら").text
    assert words("thesaurus.index.none", q="うんたらかんたら") in page and "/thesaurus/new?words=" in page
    assert words("thesaurus.index.none_state") in reviewer.get("/thesaurus/?state=own").text
    assert "/thesaurus/new" not in as_role("author").get("/thesaurus/?q=うんたらかんたら").text
    assert "うんたら" in reviewer.get("/thesaurus/new?words=うんたら").text


def test_authors_read_and_only_ward_officers_find_the_links_to_change(reviewer, as_role):
    assert 'href="/thesaurus/shipped/' in reviewer.get("/thesaurus/").text
    assert 'href="/thesaurus/"' in reviewer.get("/thesaurus/").text.split("<main")[0]
    read = as_role("author").get("/thesaurus/").text
    assert lines(as_role("author"), "/thesaurus/") and "/thesaurus/shipped/" not in read


def test_a_text_kept_through_a_sign_in_comes_back_into_the_form(reviewer):
    answer = reviewer.post("/thesaurus/new", data=EQUAL | {"words": "書きかけ", "_resume": "1"})

    assert answer.status_code == 200 and "書きかけ" in answer.text


def test_the_thesaurus_is_made_anew_after_each_change_and_only_then(reviewer, app, rows, shipped):
    """`current` stands for another process: it learns of changes from the table alone."""
    current = Current()

    def newest():
        with reading(app.extensions["kb.engine"]) as session:
            return current.newest(session)

    seen = [newest()]
    for change in (
        lambda: add(reviewer),
        lambda: reviewer.post(
            f"/thesaurus/{rows()[0].id}", data=EQUAL | {"words": "窓口くん、端末", "base": "1"}
        ),
        lambda: reviewer.post(f"{place(shipped)}/off"),
        lambda: reviewer.post(f"/thesaurus/{rows()[0].id}/drop", data={"base": "2"}),
        lambda: add(reviewer),
        lambda: reviewer.post(f"/thesaurus/{rows()[0].id}/drop", data={"base": "1"}),
    ):
        assert newest() is seen[-1]
        change()
        seen.append(newest())

    assert len(set(map(id, seen))) == len(seen)


@pytest.fixture
def other_process(app, settings):
    """A function: query -> titles that another process of the same instance finds for an administrator.

    It shares the database and the index with `app`, and nothing in memory; it never indexes.
    """
    other = create_app(settings)
    other.config["WTF_CSRF_ENABLED"] = False
    client = other.test_client()
    client.post("/sign-in", data={"login": "administrator", "password": PASSWORD})

    def found(query):
        page = client.get("/search", query_string={"q": query}).text
        return re.findall(r'class="row-title"><a href="/articles/(\d+)', page)

    yield found
    for running in (app, other):
        running.extensions["search.finder"].close()
    other.extensions["kb.engine"].dispose()


def test_a_change_holds_for_the_next_search_of_every_process_without_indexing(
    reviewer, app, rows, make_article, other_process
):
    article = make_article(title="総合窓口端末の電源が入らない", symptom="総合窓口端末が起動しない")
    make_article(title="番号札の紙を交換する", symptom="紙がない", environment="発券機")
    app.extensions["search.queue"].drain()
    assert other_process("総合窓口端末") == [str(article.id)] and other_process("ピポット") == []

    add(reviewer, "ピポット\n総合窓口端末")
    assert other_process("ピポット") == [str(article.id)]
    add(reviewer, "番号ちゃん", finds="番号札", kind="one_way")
    assert len(other_process("番号ちゃん")) == 1
    reviewer.post(f"/thesaurus/{rows()[0].id}/drop", data={"base": "1"})
    assert other_process("ピポット") == []


def test_what_a_query_is_widened_by_is_what_the_search_looks_for(reviewer, as_role):
    add(reviewer, "ピポット\n総合窓口端末")
    add(reviewer, "ピポット", finds="ポロロッカ", kind="one_way")

    page = as_role("author").get("/thesaurus/?try=ピポットが動かない").text
    tried = re.search(r'<dl class="widened">(.*?)</dl>', page, re.DOTALL)[1]
    assert "<dt>ピポット</dt>" in tried and "ポロロッカ、総合窓口端末" in tried
    assert words("thesaurus.try.none", q="ポロロッカ") in reviewer.get("/thesaurus/?try=ポロロッカ").text


def test_the_page_is_there_in_english(reviewer):
    reviewer.post("/language", data={"language": "en"})

    page = reviewer.get("/thesaurus/").text
    assert "<h1>Thesaurus" in page and "Shipped" in page and "同義語" not in page


def test_the_file_of_the_ward_reads_back_into_an_empty_instance(
    reviewer, app, rows, shipped, flask, tmp_path
):
    off = next(group for group in thesaurus.shipped() if group.finds)
    add(reviewer)
    add(reviewer, "おくやみ窓口", finds="死亡届、世帯主変更", kind="one_way")
    reviewer.post(place(shipped), data=EQUAL | {"words": "、".join([*shipped.words, "窓口A語"])})
    reviewer.post(f"{place(off)}/off")
    before = [(row.words, row.finds, row.shipped_key) for row in rows()]
    download = reviewer.get("/thesaurus/groups.txt")
    file = tmp_path / "ward.txt"
    assert flask("export", file).exit_code == 0
    assert file.read_text("utf-8").splitlines()[1:] == download.text.splitlines()[1:]
    assert "attachment" in download.headers["Content-Disposition"]
    for row in rows():
        reviewer.post(f"/thesaurus/{row.id}/drop", data={"base": "1"})

    assert flask("import", file).exit_code == 0
    assert [(row.words, row.finds, row.shipped_key) for row in rows()] == before
    again = flask("import", file)
    assert again.exit_code == 0 and "4" in again.output and len(rows()) == 4


def test_a_file_with_a_wrong_line_stores_nothing_and_names_it(flask, rows, tmp_path):
    file = tmp_path / "ward.txt"
    file.write_text("\ufeff# 区の語\n\n窓口くん、総合窓口端末\nひとつだけ\n", encoding="utf-8")

    answer = flask("import", file)

    assert answer.exit_code == 1 and "4" in answer.stderr and rows() == []
    file.write_text("窓口くん、総合窓口端末\n- そんな組は、ありません\n- 、\n", encoding="utf-8")
    assert flask("import", file, "--dry-run").exit_code == 0 and rows() == []
    assert flask("import", file).exit_code == 0 and len(rows()) == 1
    file.write_bytes("窓口".encode("cp932"))
    assert flask("import", file).exit_code == 1
