"""The purge drill: a 個人番号 planted wherever something can be stored is gone from every file afterwards."""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile

import pytest
from sqlalchemy import JSON, Boolean, Date, DateTime, String, text

from articles import files
from kb.domain.personal_data import check_digit
from kb.domain.personal_data.tracing import in_bytes, spans, without
from kb.privacy.stored import HASHES
from kb.store.models import Base
from kb.web import indexing

NUMBER = "98765432109" + str(check_digit("98765432109"))
WIDE = NUMBER.translate({ord(c): ord(c) + 0xFEE0 for c in "0123456789"})
FORMS = [NUMBER, WIDE, f"{NUMBER[:4]}-{NUMBER[4:8]}-{NUMBER[8:]}", "\u200b".join(NUMBER), " ".join(WIDE)]
TRACES = [NUMBER, WIDE, FORMS[2], FORMS[3], FORMS[4], json.dumps(WIDE)[1:-1]]


def everywhere(settings):
    """Return what below the data folder holds the number, by a plain search for each way of writing it."""
    found = []
    for file in settings.data.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            traces = [
                trace.encode(codec) for trace in TRACES for codec in ("utf-8", "utf-16-le", "utf-16-be")
            ]
            if any(trace in content for trace in [*traces, WIDE.encode("cp932")]):
                found.append(file.relative_to(settings.data).parts[0].removesuffix("-wal"))
    return set(found)


def value_for(column, number):
    if column.name in HASHES or column.foreign_keys:
        return f"hash{number}" if isinstance(column.type, String) else 1
    if isinstance(column.type, JSON):
        return json.dumps({"a": [f"個人番号 {FORMS[number % 5]}"]})
    if isinstance(column.type, String):
        return f"前 {FORMS[number % 5]} 後"
    if isinstance(column.type, DateTime) or "DateTime" in type(column.type).__name__:
        return "2026-11-20 01:00:00.000000"
    if isinstance(column.type, Date):
        return "2026-11-20"
    return 0 if isinstance(column.type, Boolean) else 900


def plant_rows(app):
    """Put the number into every text column of every table, past every rule; return how many columns."""
    planted = 0
    with sqlite3.connect(app.config["KB_SETTINGS"].data / "kiriwake.db") as connection:
        for name, table in Base.metadata.tables.items():
            columns = list(table.columns)
            texts = [c for c in columns if isinstance(c.type, (String, JSON)) and c.name not in HASHES]
            texts = [c for c in texts if not c.foreign_keys and c.name != "kind"]
            planted += len(texts)
            if name in ("articles", "revisions"):
                for number, column in enumerate(texts):
                    form = FORMS[number % 5]
                    old = (
                        f"json_insert({column.name}, '$.x', :form)"
                        if column.name in ("sections", "html")
                        else ":form"
                    )
                    if isinstance(column.type, JSON) and old == ":form":
                        form = json.dumps([form])
                    if column.name not in ("audience", "confidence"):
                        where = " WHERE id = 1" if name == "articles" else ""
                        connection.execute(f"UPDATE {name} SET {column.name} = {old}{where}", {"form": form})
                continue
            row = {c.name: value_for(c, n) for n, c in enumerate(columns)}
            places = ", ".join(f":{key}" for key in row)
            connection.execute(f"INSERT INTO {name} ({', '.join(row)}) VALUES ({places})", row)
    return planted


def archive(content):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("word/document.xml", f"<w:t>{content[:6]}</w:t><w:t>{content[6:]}</w:t>{content}")
    return stream.getvalue()


def plant_files(settings):
    for data in (f"メモ {NUMBER}".encode(), f"メモ {WIDE}".encode("cp932"), archive(NUMBER)):
        files.keep(settings.attachments, data)
    (settings.data / "server.log").write_bytes(f"2026-11-20 個人番号 {NUMBER}\r\n".encode("utf-16"))
    (settings.data / "other.log").write_text(f"終わり {FORMS[2]}\n次の行", encoding="utf-8")


@pytest.fixture
def planted(app, settings, make_article, make_incident):
    make_article()
    make_incident()
    assert plant_rows(app) > 80
    plant_files(settings)
    with app.app_context():
        indexing.rebuild()
    assert everywhere(settings) >= {"kiriwake.db", "index", "attachments", "server.log", "other.log"}


def test_a_purge_removes_the_number_from_every_byte_and_proves_it(app, settings, planted, tmp_path, session):
    backup = tmp_path / "backup"
    backup.mkdir()
    (backup / "old.sql").write_text(f"INSERT {WIDE}", encoding="utf-8")
    (backup / "clean.sql").write_text("INSERT 1", encoding="utf-8")
    command = ["personal-data", "purge", "--reason", f"第7号 {NUMBER}", "--backups", str(backup)]

    result = app.test_cli_runner().invoke(args=command, input=f"{NUMBER}\n")

    assert result.exit_code == 0, result.output
    assert everywhere(settings) == set()
    assert [file for file in settings.attachments.rglob("*") if file.is_file()] == []
    assert NUMBER not in result.output and "old.sql" in result.output and "clean.sql" not in result.output
    assert (settings.data / "other.log").read_text(encoding="utf-8").endswith("次の行")
    audited = session.execute(
        text("SELECT detail FROM audit WHERE action = 'personal_data.purged'")
    ).scalar_one()
    assert json.loads(audited)["rows"]["articles"] >= 1 and NUMBER not in audited


def test_what_is_purged_is_only_the_value(app, planted, session):
    app.test_cli_runner().invoke(args=["personal-data", "purge", "--reason", "第7号"], input=f"{NUMBER}\n")

    title, symptom = session.execute(text("SELECT title, symptom FROM revisions LIMIT 1")).one()
    assert set(title) <= {"■"} and symptom
    assert (
        session.execute(text("SELECT text FROM incident_events WHERE id = 900"))
        .scalar_one()
        .startswith("前 ■")
    )


def test_a_scan_names_kind_and_place_of_what_is_stored_and_masks_it(app, settings, make_article, session):
    article = make_article(sections={"effect": "一行目"})
    with sqlite3.connect(settings.data / "kiriwake.db") as connection:
        sections = json.dumps({"effect": f"一行目\n個人番号 {WIDE}\n折り返し 080-6543-2198"})
        connection.execute("UPDATE revisions SET sections = :s", {"s": sections})
    files.keep(settings.attachments, b"x")
    scan = app.test_cli_runner().invoke

    found = scan(args=["personal-data", "scan"])
    assert found.exit_code == 1 and WIDE not in found.output
    assert f"my_number\trevisions {article.head_id} sections\tline 2" in found.output
    assert f"phone\trevisions {article.head_id} sections\tline 3" in found.output

    assert scan(args=["personal-data", "scan", "--fix"]).exit_code == 0
    stored = json.loads(session.execute(text("SELECT sections FROM revisions")).scalar_one())
    assert stored["effect"] == f"一行目\n個人番号 {'■' * 12}\n折り返し {'■' * 13}"
    audited = session.execute(
        text("SELECT detail FROM audit WHERE action = 'personal_data.masked'")
    ).scalar_one()
    assert json.loads(audited) == {
        "place": f"revisions {article.head_id} sections",
        "kinds": {"my_number": 1, "phone": 1},
    }


@pytest.mark.parametrize(
    "form", [*FORMS, "".join(f"&#{ord(c)};" for c in NUMBER), f"<b>{NUMBER[:5]}</b>{NUMBER[5:]}"]
)
def test_a_known_value_is_traced_in_every_way_of_writing_it(form):
    assert NUMBER not in without(f"前{form}後", NUMBER) and spans(f"前{form}後", NUMBER)
    if "<b>" not in form and "&#" not in form:
        for codec in ("utf-8", "utf-16-le", "utf-16-be"):
            assert in_bytes(NUMBER).search(f"前{form}後".encode(codec)), codec
    assert in_bytes(NUMBER).search(json.dumps(WIDE).encode())
    assert not in_bytes(NUMBER).search(b"987654321099")


def test_a_value_that_stands_everywhere_by_chance_is_not_purged(app):
    result = app.test_cli_runner().invoke(args=["personal-data", "purge", "--reason", "試験"], input="12\n")

    assert result.exit_code == 1
