"""The cast and the stage: the real application on a database and an index of its own for each test."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta

import pytest
from jinja2 import BytecodeCache

from app import create_app
from articles import service
from kb.domain.articles import KINDS, Text
from kb.incidents.recording import Report, record
from kb.people.passwords import hashed
from kb.settings import Settings
from kb.store.db import reading, writing
from kb.store.models import Article, ExportRequest, Incident, IncidentAction, Person
from kb.web import db as web_db

DATABASE = "kiriwake.db"
PASSWORD = "鍵は三つの引き出しにある"
CAST = {
    "staff": ("staff", "ward", True),
    "engineer": ("engineer", "ward", True),
    "untrained": ("engineer", "ward", False),
    "author": ("author", "contractor", True),
    "reviewer": ("reviewer", "ward", True),
    "administrator": ("administrator", "ward", True),
}
"""login -> (role, organisation, trained): one for each role, and an engineer without C-11's training."""


@pytest.fixture(scope="session")
def password_hash():
    """One slow hash for the whole cast."""
    return hashed(PASSWORD)


@pytest.fixture
def settings(tmp_path):
    """Settings of an empty instance; override by a test's own `settings` fixture."""
    return settings_in(tmp_path / "var")


def settings_in(data):
    """Return settings of an instance in this folder."""
    return Settings(
        data=data, database_url=f"sqlite:///{data / DATABASE}", secret_key="試験用の鍵" * 8, testing=True
    )


class CompiledTemplates(BytecodeCache):
    """Templates, compiled once for every application that a process makes."""

    def __init__(self):
        self.code = {}

    def load_bytecode(self, bucket):
        if (bucket.key, bucket.checksum) in self.code:
            bucket.bytecode_from_string(self.code[bucket.key, bucket.checksum])

    def dump_bytecode(self, bucket):
        self.code[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


COMPILED = CompiledTemplates()


@pytest.fixture(scope="session")
def migrated(tmp_path_factory, password_hash):
    """A database file with every migration and the cast, made once; each test gets a copy."""
    settings = settings_in(tmp_path_factory.mktemp("migrated") / "var")
    app = create_app(settings)
    web_db.migrate(app)
    with writing(app.extensions["kb.engine"]) as session:
        session.add_all(person(login, password_hash, *row) for login, row in CAST.items())
    app.extensions["kb.engine"].dispose()
    return settings.data / DATABASE


@pytest.fixture
def app(settings, migrated):
    """The application with a migrated database and the cast."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.copy(migrated, settings.data / DATABASE)
    app = create_app(settings)
    app.jinja_env.bytecode_cache = COMPILED
    yield app
    app.extensions["kb.engine"].dispose()


def person(login, password_hash, role, organisation, trained):
    """Return one of the cast; contractors have a consent far into the future (C-10)."""
    return Person(
        login=login,
        name=f"試験 {login}",
        role=role,
        organisation=organisation,
        access_until=None if organisation == "ward" else date(2099, 3, 31),
        consent_reference="" if organisation == "ward" else "試験 第1号",
        trained_on=date(2026, 11, 1) if trained else None,
        password_hash=password_hash,
        created_at=datetime(2026, 11, 1, tzinfo=UTC),
    )


@pytest.fixture
def people(app):
    """login -> id of each of the cast."""
    with reading(app.extensions["kb.engine"]) as session:
        return {person.login: person.id for person in session.query(Person)}


@pytest.fixture
def visitor(app):
    """A client that has not signed in."""
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


@pytest.fixture
def as_role(app):
    """A function: login of the cast -> a client signed in through the real form."""
    clients = {}
    app.config["WTF_CSRF_ENABLED"] = False  # tests/web/test_forms.py covers it, with its own application

    def sign_in(login):
        if login not in clients:
            clients[login] = app.test_client()
            answer = clients[login].post("/sign-in", data={"login": login, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
        return clients[login]

    return sign_in


@pytest.fixture
def session(app):
    """A session that reads what the application has committed."""
    with reading(app.extensions["kb.engine"]) as session:
        yield session


def complete_sections(kind):
    """Return text for every required section of a kind."""
    return {s.key: f"{s.label.ja}の本文。" for s in KINDS[kind].sections if s.required}


@pytest.fixture
def make_article(app, people):
    """A function that adds an article; published unless confidence says otherwise. Fields as in `Text`.

    owner: login. sections: replace or add; a section set to "" is left out.
    """

    def make(*, owner="author", confidence="validated", sections=None, **fields):
        kind = fields.setdefault("kind", "workaround")
        defaults = {
            "title": "申請書が印刷されない（窓口端末）",
            "symptom": "印刷を押しても何も出ない",
            "environment": "窓口端末",
            "audience": "staff",
            "review_due": date(2030, 3, 31),
        }
        text = Text(**{**defaults, **fields}, sections={**complete_sections(kind), **(sections or {})})
        now = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
        with writing(app.extensions["kb.engine"]) as session:
            article = service.add(session, text, by=people[owner], now=now, owner_id=people[owner])
            if confidence in ("validated", "not_validated", "archived"):
                first = "validated" if confidence == "archived" else confidence
                service.release(session, article, confidence=first, by=None, now=now, complete=False)
            if confidence == "archived":
                article.confidence = "archived"
            session.flush()
            article_id = article.id
        with reading(app.extensions["kb.engine"]) as session:
            found = session.get(Article, article_id)
            _ = found.head, found.published, found.components
            return found

    return make


@pytest.fixture
def submit(as_role, session):
    """A function: the newest revision of an article -> the number of its submission, by one of the cast."""

    def submit(article, login="author", **fields):
        session.rollback()
        head = session.get(Article, article.id, populate_existing=True).head_id
        answer = as_role(login).post(f"/articles/{article.id}/submissions", data={"base": head} | fields)
        assert answer.status_code == 303, answer.text
        return int(answer.location.rsplit("/", 1)[1])

    return submit


@pytest.fixture
def decide(as_role, session):
    """A function: a submission approved, returned or withdrawn by one of the cast -> the answer."""

    def decide(article, submission, what="approval", login="reviewer", **fields):
        session.rollback()
        head = session.get(Article, article.id, populate_existing=True).head_id
        address = f"/articles/{article.id}/submissions/{submission}/{what}"
        return as_role(login).post(address, data={"base": head} | fields)

    return decide


@pytest.fixture
def make_incident(app, people):
    """A function that records an incident. Fields as in `Report`; lead: login; others set columns."""

    def make(*, lead="engineer", at=datetime(2026, 11, 20, 1, 0, tzinfo=UTC), **fields):
        known = {name: fields.pop(name) for name in list(fields) if name in Report.__dataclass_fields__}
        report = Report(**{"symptom": "印刷を押しても何も出ない", "lead_id": people[lead], **known})
        with writing(app.extensions["kb.engine"]) as session:
            incident = record(session, report, by=people[lead], now=at)
            for name, value in fields.items():
                setattr(incident, name, value)
            session.flush()
            incident_id = incident.id
        with reading(app.extensions["kb.engine"]) as session:
            found = session.get(Incident, incident_id)
            _ = found.components, found.lead
            return found

    return make


@pytest.fixture
def make_action(app, people):
    """A function that adds an action to an incident. Fields as in `IncidentAction`; owner: login or None."""

    def make(incident, *, owner="engineer", at=datetime(2026, 11, 20, 2, 0, tzinfo=UTC), **fields):
        planned = {"kind": "corrective", "text": "電源を二重にする", "due": date(2026, 12, 20)}
        row = {
            "owner_id": people[owner] if owner else None,
            "created_at": at,
            "created_by": people["engineer"],
        }
        with writing(app.extensions["kb.engine"]) as session:
            action = IncidentAction(incident_id=incident.id, **row | planned | fields)
            session.add(action)
            session.flush()
            action_id = action.id
        with reading(app.extensions["kb.engine"]) as session:
            return session.get(IncidentAction, action_id)

    return make


@pytest.fixture
def approval(app, people):
    """A function: "incidents" or "articles" -> the reference of a request that the ward approved."""

    def make(what, *, state="approved", days=30):
        today = datetime.now(UTC).date()
        row = ExportRequest(
            reference=f"EXP-2026-{what[0]}{state[0]}{days}",
            what=what,
            purpose="移行の試験",
            begins=today - timedelta(days=40),
            ends=today + timedelta(days=days),
            readers="運用保守係",
            security="暗号化した媒体",
            in_charge="係長",
            state=state,
            asked_by=people["engineer"],
            asked_at=datetime(2026, 11, 20, tzinfo=UTC),
        )
        with writing(app.extensions["kb.engine"]) as session:
            session.add(row)
            session.flush()
            return row.reference

    return make


def form_of(article, **changes):
    """Return what the edit form of an article posts, with changes ("section.steps" for a section)."""
    head = article.head
    form = {
        "kind": head.kind,
        "title": head.title,
        "symptom": head.symptom,
        "error_codes": "\n".join(head.error_codes),
        "environment": head.environment,
        "synonyms": "\n".join(head.synonyms),
        "audience": head.audience,
        "components": "\n".join(head.components),
        "review_due": head.review_due.isoformat() if head.review_due else "",
        "owner_id": article.owner_id or "",
        "base": str(head.id),
        "action": "save",
        **{f"section.{key}": text for key, text in head.sections.items()},
    }
    return form | changes
