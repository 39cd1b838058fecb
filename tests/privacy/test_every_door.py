"""Every place where text enters: a 個人番号 posted there is answered with its place and is stored nowhere.

The routes come from the application itself, so a new one is tried on the day it is added.
"""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
from sqlalchemy import String, select, text
from sqlalchemy.orm import Session

from kb.domain.errors import Refused
from kb.domain.personal_data import check_digit
from kb.store.models import Base, Revision
from kb.store.refusing import NOT_WRITTEN_BY_PEOPLE
from kb.web.screening import MOST_ASKED, NAMES_PEOPLE, SHOWN, STORES_NOTHING
from tests.articles.test_writing import new_form

NUMBER = "98765432109" + str(check_digit("98765432109"))
PHONE = "080-6543-2198"


def doors(app):
    """Return (endpoint, path) of every route that takes a post."""
    adapter = app.url_map.bind("localhost")
    for rule in app.url_map.iter_rules():
        if "POST" in rule.methods:
            values = dict.fromkeys(rule.arguments, "1")
            numbers = {
                name: int(value)
                for name, value in values.items()
                if not name.endswith(("name", "day", "step_id"))
            }
            yield rule.endpoint, adapter.build(rule.endpoint, values | numbers, method="POST")


def everything_in(settings):
    return b"".join(file.read_bytes() for file in Path(settings.data).rglob("*") if file.is_file())


def test_no_post_stores_a_personal_number_whatever_its_route_and_field(app, settings, as_role):
    client = as_role("administrator")
    for endpoint, path in doors(app):
        if endpoint in ("people.sign_out",):
            continue
        answer = client.post(path, data={"anything": f"一行目\n個人番号 {NUMBER}", "action": "save"})
        if endpoint not in STORES_NOTHING:
            assert answer.status_code == 422, endpoint
            assert f"<mark>{NUMBER}</mark>" in answer.text and "2行目" in answer.text, endpoint

    assert NUMBER.encode() not in everything_in(settings)


def test_what_is_only_masked_comes_back_marked_beside_its_masked_text(app, settings, as_role):
    client = as_role("administrator")
    for endpoint, path in doors(app):
        if endpoint in STORES_NOTHING or endpoint == "people.sign_out":
            continue
        answer = client.post(path, data={"anything": f"折り返し {PHONE} まで"})
        assert answer.status_code == 422, endpoint
        assert f"<mark>{PHONE}</mark>" in answer.text and "折り返し ■■■■■■■■■■■■■ まで" in answer.text, (
            endpoint
        )

    assert PHONE.encode() not in everything_in(settings)


def test_of_many_places_the_first_are_shown_and_all_are_counted_and_masked(as_role, session):
    client, many = as_role("engineer"), SHOWN + 23
    lines = [f"折り返し 080-6543-{n:04d} まで" for n in range(2_000, 2_000 + many)]
    form = new_form(**{"section.steps": "\n".join(lines)})

    page = client.post("/articles/new", data=form).text

    assert f"個人情報と思われる箇所が{many}か所あります" in page and "ほかに23か所あります" in page
    assert page.count("<mark>") == SHOWN and f"{SHOWN}行目" in page and f"{SHOWN + 1}行目" not in page
    assert page.index('form="screened" name="_masked"') < page.index("1行目"), "above the long list"
    assert lines[-1] in page, "the whole text is there to be changed"
    assert client.post("/articles/new", data=form | {"_masked": "1"}).status_code == 303
    steps = session.scalars(select(Revision)).one().sections["steps"]
    assert steps.count("■ まで") == many and "080" not in steps


def test_the_fields_of_a_guide_s_form_are_called_as_there(as_role):
    typed = {"cause-1-title": PHONE, "step-title": PHONE, "answer-0": PHONE, "escalation": PHONE}
    client, form = as_role("author"), new_form("fault_isolation") | typed | {"guide": "{}"}

    japanese = client.post("/articles/new", data=form).text
    client.post("/language", data={"language": "en"})
    english = client.post("/articles/new", data=form).text

    for words in ("原因 2", "すること", "答え 1", "引き継いでから解決までの時間（分）"):
        assert f"「{words}」1行目" in japanese and f">{words}</label>" in re.sub(r"\s+<", "<", japanese)
    for words in ("Cause 2", "What to do", "Answer 1", "Minutes until help has ended it"):
        assert f"“{words}”, line 1" in english


def test_words_to_a_reviewer_are_called_as_in_their_form(as_role, make_article):
    article = make_article(confidence="draft")
    told = {"base": article.head_id, "submit_words": f"折り返し {PHONE} まで"}

    page = as_role("author").post(f"/articles/{article.id}/submissions", data=told).text

    assert "「審査する人へ（なくてもよい）」1行目" in page


def test_the_exceptions_are_routes_that_exist(app):
    assert {*STORES_NOTHING, *NAMES_PEOPLE} <= {rule.endpoint for rule in app.url_map.iter_rules()}


def test_a_file_name_and_json_are_read_too(as_role):
    client = as_role("administrator")
    file = {"file": (io.BytesIO(b"x"), f"個人番号{NUMBER}.csv")}

    assert client.post("/calendar/import", data=file, content_type="multipart/form-data").status_code == 422
    answer = client.post("/incidents/new", json={"symptom": ["", {"x": f"個人番号 {NUMBER}"}]})
    assert answer.status_code == 422
    assert answer.json["personal_data"] == [{"field": "symptom", "kind": "my_number", "line": 3}]


def test_an_editor_that_brings_a_file_by_script_is_told_what_is_wrong_with_its_name(as_role):
    file = {"files": (io.BytesIO(b"x"), f"個人番号{NUMBER}.txt")}
    sent = {"data": file, "content_type": "multipart/form-data", "headers": {"Accept": "application/json"}}

    answer = as_role("author").post("/articles/uploads", **sent)

    assert answer.status_code == 422 and answer.json["files"] == []
    assert "ファイル名に個人番号" in answer.json["problems"][0] and NUMBER not in answer.text


@pytest.mark.parametrize("field", ["flag_text", "remark", "correction", "visit_text", "note"])
def test_the_page_names_a_field_as_its_form_does_and_not_as_the_code(field, as_role):
    page = as_role("engineer").post("/articles/new", data={field: f"個人番号 {NUMBER}"}).text

    assert "」1行目: 個人番号" in page and f"「{field}」" not in page


def test_one_button_takes_the_masked_text_and_saves(as_role, session, make_incident):
    incident = make_incident()
    written = {"kind": "step", "text": f"申請者の携帯 {PHONE} に折り返した", "at": ""}
    page = as_role("engineer").post(f"/incidents/{incident.id}/events", data=written)
    assert page.status_code == 422 and 'name="_masked"' in page.text

    answer = as_role("engineer").post(f"/incidents/{incident.id}/events", data=written | {"_masked": "1"})

    assert answer.status_code == 303
    texts = session.execute(text("SELECT text FROM incident_events")).scalars().all()
    assert "申請者の携帯 ■■■■■■■■■■■■■ に折り返した" in texts


def test_so_many_values_at_once_are_asked_for_each_once(as_role, session, make_incident):
    incident = make_incident()
    numbers = [f"080-6543-{2000 + n}" for n in range(MOST_ASKED + 5)]
    lines = "\n".join(f"申請者の携帯 {number}、もう一度 {number}" for number in numbers)
    asked = {"kind": "step", "text": lines, "at": "", "_keep": "1", "_keep_reason": "名簿の照合"}

    page = as_role("engineer").post(f"/incidents/{incident.id}/events", data=asked).text

    digests = session.execute(text("SELECT digest FROM personal_data_keeps")).scalars().all()
    assert "依頼しました" in page and len(digests) == len(set(digests)) == MOST_ASKED


def test_a_second_person_lets_a_value_pass_and_only_then_it_is_stored(
    as_role, session, settings, make_incident
):
    incident = make_incident()
    written = {"kind": "step", "text": f"申請者の携帯 {PHONE} に折り返した", "at": ""}
    address = f"/incidents/{incident.id}/events"
    asked = written | {"_keep": "1", "_keep_reason": "本人の求めで折り返し先を残す"}
    assert "依頼しました" in as_role("reviewer").post(address, data=asked).text
    assert PHONE.encode() not in everything_in(settings)

    assert (
        as_role("engineer").post("/privacy/keeps/1/decision", data={"decision": "allow"}).status_code == 403
    )
    assert (
        as_role("reviewer").post("/privacy/keeps/1/decision", data={"decision": "allow"}).status_code == 403
    )
    assert as_role("engineer").post(address, data=written).status_code == 422
    listed = as_role("administrator").get("/privacy/").text
    assert PHONE not in listed and "申請者の携帯 ■■■" in listed and "折り返し先を残す" in listed
    assert (
        as_role("administrator").post("/privacy/keeps/1/decision", data={"decision": "allow"}).status_code
        == 303
    )

    assert as_role("engineer").post(address, data=written).status_code == 303
    other = written | {"text": "申請者の携帯 080-6543-2199"}
    assert as_role("engineer").post(address, data=other).status_code == 422
    assert as_role("administrator").post("/privacy/keeps/1/withdrawal").status_code == 303
    assert as_role("engineer").post(address, data=written).status_code == 422
    audited = session.execute(
        text("SELECT action, detail FROM audit WHERE action LIKE 'personal_data%'")
    ).all()
    assert [row.action.split(".")[1] for row in audited] == ["keep_asked", "keep_allowed", "keep_refused"]
    assert PHONE not in str(audited)


@pytest.mark.parametrize("table", sorted(Base.metadata.tables))
def test_no_row_with_a_personal_number_is_written_by_any_code(app, table):
    """The last door holds for every text column of every table, also of one that is new."""
    mapper = next((m for m in Base.registry.mappers if m.local_table.name == table), None)
    if mapper is None:
        pytest.skip("a table of links without texts")
    for attribute in mapper.column_attrs:
        column = attribute.columns[0]
        if not isinstance(column.type, String) or attribute.key in NOT_WRITTEN_BY_PEOPLE:
            continue
        with Session(app.extensions["kb.engine"]) as session:
            session.add(mapper.class_(**{attribute.key: f"個人番号 {NUMBER}"}))
            with pytest.raises(Refused):
                session.flush()


def test_the_text_in_the_page_is_escaped_and_the_whole_form_can_come_back(as_role):
    written = {
        "kind": "workaround",
        "title": f"<b>個人番号</b> {NUMBER}",
        "section.effect": "<script>x</script>",
    }
    page = as_role("author").post("/articles/new", data=written).text

    assert "<script>x" not in page and re.search(r'name="_resume"', page)
    again = as_role("author").post("/articles/new", data=written | {"_resume": "1"})
    assert again.status_code == 200 and NUMBER in again.text


def test_what_is_imported_is_masked_and_what_must_not_be_stored_is_refused(app, settings, session, tmp_path):
    run = app.test_cli_runner().invoke
    rows = "source,symptom\r\n" + f"T-1,申請者の携帯 {PHONE}\r\nT-2,個人番号 {NUMBER}\r\n"
    (tmp_path / "old.csv").write_text(rows, encoding="utf-8")
    front = "---\ntitle: 印刷できない\n---\n"
    (tmp_path / "a.md").write_text(f"{front}折り返し {PHONE} まで", encoding="utf-8")
    (tmp_path / "b.md").write_text(f"{front}個人番号 {NUMBER}", encoding="utf-8")

    assert run(args=["incidents", "import", str(tmp_path / "old.csv")]).exit_code == 1
    assert run(args=["articles", "import", str(tmp_path)]).exit_code == 1

    assert session.execute(text("SELECT symptom FROM incidents")).scalars().all() == [
        "申請者の携帯 ■■■■■■■■■■■■■"
    ]
    assert len(session.execute(text("SELECT id FROM articles")).all()) == 1
    stored = everything_in(settings)
    assert PHONE.encode() not in stored and NUMBER.encode() not in stored
