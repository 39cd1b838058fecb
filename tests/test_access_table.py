"""Who gets which answer where: one table, and the application measured against it.

A new route fails here until its answers are written down. Columns, from the outside in:
visitor (pages closed), guest (a visitor where KB_OPEN_STAFF_PAGES is on), staff, engineer (trained),
untrained (an engineer without the training of C-11), author (a trained contractor), reviewer,
administrator. What a person may not see answers 404, as if it were not there.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from articles import files, reviewing, service
from kb.domain.access import PERMISSIONS
from kb.store.db import writing
from kb.store.models import Article, Attachment, GuideRun, Revision, ThesaurusGroup
from search.thesaurus import shipped
from search.vocabulary import groups
from tests.conftest import form_of
from tests.guides.conftest import reader_walk
from tests.guides.learning_cases import with_guide

COLUMNS = ("visitor", "guest", "staff", "engineer", "untrained", "author", "reviewer", "administrator")

PLACES = """
                                visitor guest staff engineer untrained author reviewer administrator
GET  /static/web/favicon.svg        200   200   200      200       200    200      200           200
GET  /healthz                       200   200   200      200       200    200      200           200
POST /language                      303   303   303      303       303    303      303           303
GET  /favicon.ico                   301   301   301      301       301    301      301           301
GET  /                              303   200   200      200       200    200      200           200
GET  /articles/                     303   200   200      200       200    200      200           200
GET  /articles/new                  303   303   403      200       200    200      200           200
POST /articles/new                  401   401   403      422       422    422      422           422
GET  /articles/word                  303   303   403      200       200    200      200           200
POST /articles/word                  303   303   403      422       422    422      422           422
POST /articles/uploads               303   303   403      422       422    422      422           422
POST /articles/uploads/1/removal     303   303   403      404       404    404      404           404
POST /articles/preview              303   303   403      200       200    200      200           200
POST /articles/similar              303   303   403      200       200    200      200           200
GET  /search                        303   200   200      200       200    200      200           200
POST /search                        303   303   303      303       303    303      303           303
GET  /search/suggest                303   200   200      200       200    200      200           200
GET  /opensearch.xml                200   200   200      200       200    200      200           200
GET  /search/gaps                   303   303   403      403       403    200      200           200
GET  /search/gaps/1/words           303   303   403      403       403    404      404           404
POST /search/gaps/1/words           303   303   403      403       403    404      404           404
POST /search/gaps/1/article         303   303   403      403       403    404      404           404
POST /search/gaps/1/dismissal       303   303   403      403       403    404      404           404
POST /search/gaps/handled/1/reopening 303 303   403      403       403    404      404           404
GET  /thesaurus/                    303   303   403      403       403    200      200           200
GET  /thesaurus/groups.txt          303   303   403      403       403    200      200           200
GET  /thesaurus/new                 303   303   403      403       403    403      200           200
POST /thesaurus/new                 401   401   403      403       403    403      422           422
GET  /thesaurus/{group}             303   303   403      403       403    403      200           200
POST /thesaurus/{group}             401   401   403      403       403    403      422           422
POST /thesaurus/{group}/drop        303   303   403      403       403    403      409           409
GET  /thesaurus/shipped/{shipped}   303   303   403      403       403    403      200           200
POST /thesaurus/shipped/{shipped}   401   401   403      403       403    403      422           422
POST /thesaurus/shipped/{shipped}/off 303 303   403      403       403    403      303           409
GET  /sign-in                       200   200   303      303       303    303      303           303
POST /sign-in                       422   422   422      422       422    422      422           422
POST /sign-out                      303   303   303      303       303    303      303           303
GET  /password                      303   303   200      200       200    200      200           200
POST /password                      303   303   422      422       422    422      422           422
GET  /privacy/                      303   303   200      200       200    200      200           200
GET  /privacy/exports/new           303   303   200      200       200    200      200           200
POST /privacy/exports/new           401   401   422      422       422    422      422           422
POST /privacy/exports/1/decision    401   401   403      403       403    403      404           404
POST /privacy/keeps/1/decision      303   303   403      403       403    403      404           404
POST /privacy/keeps/1/withdrawal    303   303   403      403       403    403      404           404
GET  /people/                       303   303   403      403       403    403      403           200
GET  /people/new                    303   303   403      403       403    403      403           200
POST /people/new                    401   401   403      403       403    403      403           422
GET  /people/{person}               303   303   403      403       403    403      403           200
GET  /people/{person}/edit          303   303   403      403       403    403      403           200
POST /people/{person}/edit          401   401   403      403       403    403      403           409
POST /people/{person}/disable       303   303   403      403       403    403      403           303
POST /people/{person}/enable        303   303   403      403       403    403      403           409
POST /people/{person}/unlock        303   303   403      403       403    403      403           409
POST /people/{person}/reset         303   303   403      403       403    403      403           200
GET  /incidents/                    303   303   403      200       200    200      200           200
GET  /incidents/new                 303   303   403      200       200    200      200           200
POST /incidents/new                 401   401   403      422       422    422      422           422
GET  /incidents/INC-2026-0001       303   303   403      404       404    404      404           404
GET  /incidents/{incident}           303   303   403      200       200    200      200           200
GET  /incidents/{incident}/edit      303   303   403      200       200    200      200           200
POST /incidents/{incident}/edit      401   401   403      409       409    409      409           409
POST /incidents/{incident}/stamps    303   303   403      303       303    303      303           303
POST /incidents/{incident}/reopening 401   401   403      409       409    409      409           409
GET  /incidents/{incident}/events    303   303   403      200       200    200      200           200
POST /incidents/{incident}/events    401   401   403      303       303    303      303           303
POST /incidents/{incident}/visits    401   401   403      303       303    303      303           303
POST /incidents/{incident}/events/1/end 303 303  403      404       404    404      404           404
POST /incidents/{incident}/events/1/correction 401 401 403 404     404    404      404           404
GET  /incidents/{incident}/articles  303   303   403      303       303    303      303           303
POST /incidents/{incident}/articles  303   303   403      404       404    404      404           404
POST /incidents/{incident}/articles/1/removal 303 303 403 404      404    404      404           404
POST /incidents/{incident}/closing   401   401   403      409       409    409      409           409
POST /incidents/{incident}/actions   401   401   403      422       422    422      422           422
GET  /actions/                      303   303   403      200       200    200      200           200
GET  /actions/{action}              303   303   403      200       200    200      200           200
POST /actions/{action}              401   401   403      409       409    409      409           409
POST /actions/{action}/done         401   401   403      409       409    409      409           409
POST /actions/{action}/check        401   401   403      409       409    409      409           409
POST /actions/{action}/undoing      303   303   403      409       409    409      409           409
GET  /today                         303   303   200      200       200    200      200           200
GET  /watches/                      303   303   200      200       200    200      200           200
POST /watches/                      303   303   404      404       404    404      404           404
POST /watches/999999999/end         303   303   404      404       404    404      404           404
GET  /feeds/articles.atom           303   200   200      200       200    200      200           200
GET  /feeds/nobodys/articles.atom   404   404   404      404       404    404      404           404
POST /feeds/token                   303   303   200      200       200    200      200           200
POST /feeds/token/revocation        303   303   303      303       303    303      303           303
GET  /upkeep/                       303   303   403      200       200    200      200           200
GET  /upkeep/marks                  303   303   403      200       200    200      200           200
GET  /upkeep/flags                  303   303   403      200       200    200      200           200
POST /articles/autosave             303   303   403      200       200    200      200           200
POST /articles/autosave/removal     303   303   403      303       303    303      303           303
GET  /reviews/                      303   303   403      200       200    200      200           200
POST /articles/{submitted}/submissions 303 303 403       409       409    409      409           409
POST /articles/{submitted}/urgent-publication 303 303 403 409      409    403      409           409
GET  /articles/{submitted}/submissions/1 303 303 403     200       200    200      200           200
POST /articles/{submitted}/submissions/1/approval 303 303 403 403  403    403      409           409
POST /articles/{submitted}/submissions/1/return 401 401 403 403    403    403      409           409
POST /articles/{submitted}/submissions/1/withdrawal 303 303 403 403 403   303      409           409
POST /articles/{submitted}/submissions/1/remarks 401 401 403 403   403    403      409           409
POST /articles/{submitted}/submissions/1/remarks/1/removal 303 303 403 403 403 403 404           404
GET  /notices/                      303   303   200      200       200    200      200           200
POST /notices/reading               303   303   303      303       303    303      303           303
POST /notices/1/reading             303   303   404      404       404    404      404           404
GET  /reports/                      303   303   200      200       200    200      200           200
GET  /reports/new                   303   303   200      200       200    200      200           200
POST /reports/new                   401   401   422      422       422    422      422           422
POST /incidents/{incident}/updates   401   401   403      422       422    422      422           422
POST /incidents/{incident}/status-page 303 303   403      303       303    303      303           303
GET  /status                        303   200   200      200       200    200      200           200
GET  /status/{incident}/notice      303   404   404      200       200    200      200           200
GET  /calendar/                     303   303   403      200       200    200      200           200
GET  /calendar/days.csv             303   303   403      200       200    200      200           200
POST /calendar/days                 303   303   403      403       403    403      422           422
POST /calendar/import               303   303   403      403       403    403      422           422
POST /calendar/days/2027-05-31/removal 303 303  403      403       403    403      404           404
GET  /numbers/                      303   303   403      200       200    200      200           200
GET  /numbers/numbers.csv           303   303   403      200       200    200      200           200
GET  /numbers/numbers.xlsx          303   303   403      200       200    200      200           200
GET  /walks/                        303   303   200      200       200    200      200           200
POST /articles/{guide}/walks        303   303   404      303       303    303      303           303
GET  /walks/{run}                   303   303   404      200       200    200      200           200
POST /walks/{run}/answers           401   401   404      409       409    409      409           409
GET  /walks/{run}/answers/plug      303   303   404      200       200    200      200           200
POST /walks/{run}/answers/plug      401   401   404      409       409    409      409           409
GET  /walks/{run}/steps             303   303   404      200       200    200      200           200
POST /walks/{run}/step              303   303   404      409       409    409      409           409
POST /walks/{run}/rest              303   303   404      303       303    303      303           303
POST /walks/{run}/holder            303   303   403      409       409    409      409           409
POST /walks/{run}/end               303   303   404      409       409    409      409           409
POST /walks/{run}/cause             303   303   403      303       303    303      303           303
GET  /articles/{guide}/guide/record 303   303   403      200       200    200      200           200
POST /articles/{guide}/guide/acknowledgement 303 303 403 403       403    409      409           409
POST /articles/{guide}/guide/freeze 303   303   403      403       403    303      303           303
POST /articles/{guide}/guide/freeze/end 303 303 403      403       403    409      409           409
POST /articles/{guide}/guide/runs/1/cause 303 303 403    404       404    404      404           404
GET  /audit                         303   303   403      403       403    403      403           200
"""

FIELDS = {
    "/articles/new": {"kind": "workaround"},
    "/articles/autosave": {"kind": "workaround", "form_key": "1"},
    "/articles/autosave/removal": {"kind": "workaround"},
    "/articles/preview": {"kind": "workaround", "section.steps": "1. 押す"},
    "/incidents/{incident}/edit": {"base": "made from something else"},
    "/incidents/{incident}/stamps": {"stamp": "started"},
    "/incidents/{incident}/events": {"kind": "note", "text": "再起動した"},
    "/incidents/{incident}/visits": {"who": "保守業者2名"},
}
"""What a post to a place sends."""

OBJECTS = {
    "staff": {"audience": "staff"},
    "engineers": {"audience": "engineer"},
    "restricted": {"audience": "restricted", "owner": "reviewer"},
    "restricted_authors": {"audience": "restricted"},
    "draft_engineers": {"audience": "engineer", "confidence": "work_in_progress", "owner": "engineer"},
    "draft_authors": {"audience": "staff", "confidence": "work_in_progress"},
    "draft_restricted": {"audience": "restricted", "confidence": "work_in_progress"},
    "archived": {"audience": "staff", "confidence": "archived"},
}
"""Kinds of article; published and owned by the author unless something else is said."""

ARTICLES = """
                     visitor guest staff engineer untrained author reviewer administrator
GET /articles/{id}
  staff                  303   200   200      200       200    200      200           200
  engineers              303   404   404      200       200    200      200           200
  restricted             303   404   404      200       404    404      200           200
  restricted_authors     303   404   404      200       404    200      200           200
  draft_engineers        303   404   404      200       404    404      200           200
  draft_authors          303   404   404      404       404    200      200           200
  draft_restricted       303   404   404      404       404    200      200           200
  archived               303   404   404      404       404    200      200           200
GET /attachments/{attachment}
  staff                  303   200   200      200       200    200      200           200
  engineers              303   404   404      200       200    200      200           200
  restricted             303   404   404      200       404    404      200           200
  restricted_authors     303   404   404      200       404    200      200           200
  draft_engineers        303   404   404      200       404    404      200           200
  draft_authors          303   404   404      404       404    200      200           200
  draft_restricted       303   404   404      404       404    200      200           200
  archived               303   404   404      404       404    200      200           200
GET /articles/KB-{id}
  staff                  303   301   301      301       301    301      301           301
  engineers              303   301   301      301       301    301      301           301
  restricted             303   301   301      301       301    301      301           301
  restricted_authors     303   301   301      301       301    301      301           301
  draft_engineers        303   301   301      301       301    301      301           301
  draft_authors          303   301   301      301       301    301      301           301
  draft_restricted       303   301   301      301       301    301      301           301
  archived               303   301   301      301       301    301      301           301
GET /articles/{id}/edit
  staff                  303   303   403      200       200    200      200           200
  engineers              303   303   403      200       200    200      200           200
  restricted             303   303   403      200       404    404      200           200
  restricted_authors     303   303   403      200       404    200      200           200
  draft_engineers        303   303   403      200       404    404      200           200
  draft_authors          303   303   403      404       404    200      200           200
  draft_restricted       303   303   403      404       404    200      200           200
  archived               303   303   403      404       404    200      200           200
POST /articles/{id}/edit
  staff                  401   401   403      303       303    303      303           303
  engineers              401   401   403      303       303    303      303           303
  restricted             401   401   403      303       404    404      303           303
  restricted_authors     401   401   403      303       404    303      303           303
  draft_engineers        401   401   403      303       404    404      303           303
  draft_authors          401   401   403      404       404    303      303           303
  draft_restricted       401   401   403      404       404    303      303           303
  archived               401   401   403      404       404    303      303           303
GET /articles/{id}/history
  staff                  303   303   403      200       200    200      200           200
  engineers              303   303   403      200       200    200      200           200
  restricted             303   303   403      200       404    404      200           200
  restricted_authors     303   303   403      200       404    200      200           200
  draft_engineers        303   303   403      200       404    404      200           200
  draft_authors          303   303   403      404       404    200      200           200
  draft_restricted       303   303   403      404       404    200      200           200
  archived               303   303   403      404       404    200      200           200
GET /articles/{id}/revisions/{revision}
  staff                  303   303   403      200       200    200      200           200
  engineers              303   303   403      200       200    200      200           200
  restricted             303   303   403      200       404    404      200           200
  restricted_authors     303   303   403      200       404    200      200           200
  draft_engineers        303   303   403      200       404    404      200           200
  draft_authors          303   303   403      404       404    200      200           200
  draft_restricted       303   303   403      404       404    200      200           200
  archived               303   303   403      404       404    200      200           200
GET /articles/{id}/comparison?from={revision}&to={revision}
  staff                  303   303   403      200       200    200      200           200
  engineers              303   303   403      200       200    200      200           200
  restricted             303   303   403      200       404    404      200           200
  restricted_authors     303   303   403      200       404    200      200           200
  draft_engineers        303   303   403      200       404    404      200           200
  draft_authors          303   303   403      404       404    200      200           200
  draft_restricted       303   303   403      404       404    200      200           200
  archived               303   303   403      404       404    200      200           200
GET /articles/{id}/lines/steps
  staff                  303   303   403      200       200    200      200           200
  engineers              303   303   403      200       200    200      200           200
  restricted             303   303   403      200       404    404      200           200
  restricted_authors     303   303   403      200       404    200      200           200
  draft_engineers        303   303   403      200       404    404      200           200
  draft_authors          303   303   403      404       404    200      200           200
  draft_restricted       303   303   403      404       404    200      200           200
  archived               303   303   403      404       404    200      200           200
POST /articles/{id}/revisions/{revision}/restoration
  staff                  303   303   403      303       303    303      303           303
  engineers              303   303   403      303       303    303      303           303
  restricted             303   303   403      303       404    404      303           303
  restricted_authors     303   303   403      303       404    303      303           303
  draft_engineers        303   303   403      303       404    404      303           303
  draft_authors          303   303   403      404       404    303      303           303
  draft_restricted       303   303   403      404       404    303      303           303
  archived               303   303   403      404       404    303      303           303
POST /articles/{id}/publication
  staff                  303   303   403      403       403    403      409           409
  engineers              303   303   403      403       403    403      409           409
  restricted             303   303   403      403       403    403      403           409
  restricted_authors     303   303   403      403       403    403      409           409
  draft_engineers        303   303   403      403       403    403      409           409
  draft_authors          303   303   403      403       403    403      409           409
  draft_restricted       303   303   403      403       403    403      409           409
  archived               303   303   403      403       403    403      409           409
POST /articles/{id}/verification
  staff                  303   303   403      303       303    303      303           303
  engineers              303   303   403      303       303    303      303           303
  restricted             303   303   403      303       404    404      303           303
  restricted_authors     303   303   403      303       404    303      303           303
  draft_engineers        303   303   403      409       404    404      409           409
  draft_authors          303   303   403      404       404    409      409           409
  draft_restricted       303   303   403      404       404    409      409           409
  archived               303   303   403      404       404    409      409           409
POST /articles/{id}/marks/999999999/dismissal
  staff                  303   303   403      409       409    409      409           409
  engineers              303   303   403      409       409    409      409           409
  restricted             303   303   403      409       404    404      409           409
  restricted_authors     303   303   403      409       404    409      409           409
  draft_engineers        303   303   403      409       404    404      409           409
  draft_authors          303   303   403      404       404    409      409           409
  draft_restricted       303   303   403      404       404    409      409           409
  archived               303   303   403      404       404    409      409           409
POST /articles/{id}/flags
  staff                  401   401   303      303       303    303      303           303
  engineers              401   401   404      303       303    303      303           303
  restricted             401   401   404      303       404    404      303           303
  restricted_authors     401   401   404      303       404    303      303           303
  draft_engineers        401   401   404      404       404    404      404           404
  draft_authors          401   401   404      404       404    404      404           404
  draft_restricted       401   401   404      404       404    404      404           404
  archived               401   401   404      404       404    404      404           404
GET /articles/{id}/flags/999999999
  staff                  303   303   404      404       404    404      404           404
  engineers              303   303   404      404       404    404      404           404
  restricted             303   303   404      404       404    404      404           404
  restricted_authors     303   303   404      404       404    404      404           404
  draft_engineers        303   303   404      404       404    404      404           404
  draft_authors          303   303   404      404       404    404      404           404
  draft_restricted       303   303   404      404       404    404      404           404
  archived               303   303   404      404       404    404      404           404
POST /articles/{id}/flags/999999999/messages
  staff                  401   401   404      404       404    404      404           404
  engineers              401   401   404      404       404    404      404           404
  restricted             401   401   404      404       404    404      404           404
  restricted_authors     401   401   404      404       404    404      404           404
  draft_engineers        401   401   404      404       404    404      404           404
  draft_authors          401   401   404      404       404    404      404           404
  draft_restricted       401   401   404      404       404    404      404           404
  archived               401   401   404      404       404    404      404           404
POST /articles/{id}/feedback
  staff                  303   303   303      303       303    303      303           303
  engineers              303   404   404      303       303    303      303           303
  restricted             303   404   404      303       404    404      303           303
  restricted_authors     303   404   404      303       404    303      303           303
  draft_engineers        303   404   404      404       404    404      404           404
  draft_authors          303   404   404      404       404    404      404           404
  draft_restricted       303   404   404      404       404    404      404           404
  archived               303   404   404      404       404    404      404           404
POST /articles/{id}/archival
  staff                  303   303   403      403       403    403      303           303
  engineers              303   303   403      403       403    403      303           303
  restricted             303   303   403      403       403    403      303           303
  restricted_authors     303   303   403      403       403    403      303           303
  draft_engineers        303   303   403      403       403    403      303           303
  draft_authors          303   303   403      403       403    403      303           303
  draft_restricted       303   303   403      403       403    403      303           303
  archived               303   303   403      403       403    403      409           409
GET /articles/{id}/retirement
  staff                  303   303   403      403       403    403      200           200
  engineers              303   303   403      403       403    403      200           200
  restricted             303   303   403      403       403    403      200           200
  restricted_authors     303   303   403      403       403    403      200           200
  draft_engineers        303   303   403      403       403    403      200           200
  draft_authors          303   303   403      403       403    403      200           200
  draft_restricted       303   303   403      403       403    403      200           200
  archived               303   303   403      403       403    403      200           200
POST /articles/{id}/retirement
  staff                  303   303   403      403       403    403      422           422
  engineers              303   303   403      403       403    403      422           422
  restricted             303   303   403      403       403    403      422           422
  restricted_authors     303   303   403      403       403    403      422           422
  draft_engineers        303   303   403      403       403    403      422           422
  draft_authors          303   303   403      403       403    403      422           422
  draft_restricted       303   303   403      403       403    403      422           422
  archived               303   303   403      403       403    403      422           422
POST /articles/{id}/archival/end
  staff                  303   303   403      403       403    403      409           409
  engineers              303   303   403      403       403    403      409           409
  restricted             303   303   403      403       403    403      409           409
  restricted_authors     303   303   403      403       403    403      409           409
  draft_engineers        303   303   403      403       403    403      409           409
  draft_authors          303   303   403      403       403    403      409           409
  draft_restricted       303   303   403      403       403    403      409           409
  archived               303   303   403      403       403    403      303           303
"""

SENT = {
    "flag_kind": "wrong",
    "flag_text": "画面の名前が違います",
    "answer": "yes",
    "against": "申請書 2.4",
    "review_due": (datetime.now(UTC) + timedelta(days=90)).date().isoformat(),
}
"""What a post to an article sends besides its form."""


def named(value):
    """Return the name of a test by its method and path; the statuses are left out."""
    return value if isinstance(value, str) else ""


def place_rows():
    """Return (method, path, statuses) for each row of PLACES."""
    rows = [line.split() for line in PLACES.strip().splitlines()[1:]]
    return [(method, path, [int(status) for status in found]) for method, path, *found in rows]


def article_rows():
    """Return (method, path, {object: statuses}) for each route of ARTICLES."""
    routes = []
    for line in ARTICLES.strip().splitlines()[1:]:
        first, *rest = line.split()
        if first in ("GET", "POST"):
            routes.append((first, rest[0], {}))
        else:
            routes[-1][2][first] = [int(status) for status in rest]
    return routes


def status(client, method, path, fields):
    """Return the status of the answer, and let go of it."""
    with client.open(path, method=method, data=fields) as response:
        return response.status_code


@pytest.fixture
def client_of(app, visitor, as_role):
    """A function: column -> a client; the ward's staff pages are open for the guest alone."""
    closed = app.config["KB_SETTINGS"]

    def client(column):
        app.config["KB_SETTINGS"] = replace(closed, open_staff_pages=column == "guest")
        return visitor if column in ("visitor", "guest") else as_role(column)

    return client


@pytest.fixture
def attach(app):
    """A function: give an article a file; return the address's part that names it."""

    def add(article):
        data = f"attachment of {article.id}".encode()
        sha256 = files.keep(app.config["KB_SETTINGS"].attachments, data)
        row = {
            "name": "a.txt",
            "media_type": "text/plain",
            "size": len(data),
            "created_at": article.created_at,
        }
        with writing(app.extensions["kb.engine"]) as session:
            session.add(Attachment(article_id=article.id, sha256=sha256, **row))
            head = session.get(Revision, article.head_id)
            head.sections = head.sections | {"body": f"[ログ](attachment:{sha256})"}
        return sha256

    return add


def guide_in(make_article):
    """Return an article for engineers that carries a guide."""
    return make_article(kind="fault_isolation", audience="engineer", sections=with_guide(reader_walk()))


def walked(app, article, people):
    """Return the number of an engineer's open walk through an article's guide, one step answered."""
    moment = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
    with writing(app.extensions["kb.engine"]) as session:
        run = GuideRun(article_id=article.id, revision_id=article.published_id, person_id=people["engineer"])
        run.started_at = run.changed_at = run.step_at = moment
        run.results = [["plug", "not_fixed", 2.0]]
        session.add(run)
        session.flush()
        return run.id


@pytest.fixture
def group(app):
    """The number of a group of words that the ward added to the thesaurus."""
    with writing(app.extensions["kb.engine"]) as session:
        row = ThesaurusGroup(
            words=["窓口くん", "総合窓口端末"], updated_at=datetime(2026, 11, 20, tzinfo=UTC)
        )
        session.add(row)
        session.flush()
        return row.id


def submitted(app, make_article, people):
    """Return a published article with a draft by its author that waits as submission 1."""
    article = make_article()
    now = datetime(2026, 11, 21, tzinfo=UTC)
    with writing(app.extensions["kb.engine"]) as session:
        row = session.get(Article, article.id)
        text = replace(service.text_of(row.head), title="直した題")
        revision = service.revise(session, row, text, by=people["author"], now=now)
        reviewing.submit(session, row, base=revision.id, by=people["author"], now=now)
    return article


@pytest.mark.parametrize(("method", "path", "expected"), place_rows(), ids=named)
def test_a_place_answers_each_role_as_written(
    app, client_of, people, group, make_article, make_incident, make_action, method, path, expected
):
    fields = FIELDS.get(path, {})
    known = {"person": people["untrained"], "group": group, "shipped": groups.address(shipped()[0])}
    known |= {"submitted": submitted(app, make_article, people).id} if "{submitted}" in path else {}
    found = []
    for column in COLUMNS:
        fresh = {"incident": make_incident().id} if "{incident}" in path else {}
        fresh |= {"action": make_action(make_incident()).id} if "{action}" in path else {}
        fresh |= {"guide": guide_in(make_article).id} if "{guide}" in path else {}
        fresh |= {"run": walked(app, guide_in(make_article), people)} if "{run}" in path else {}
        found.append(status(client_of(column), method, path.format(**known, **fresh), fields))

    assert found == expected


@pytest.mark.parametrize(("method", "path", "expected"), article_rows(), ids=named)
def test_an_article_answers_each_role_as_written(client_of, make_article, attach, method, path, expected):
    assert list(expected) == list(OBJECTS)
    found = {kind: [] for kind in OBJECTS}
    for kind, fields in OBJECTS.items():
        article = make_article(**fields)
        attachment = attach(article) if "{attachment}" in path else ""
        for column in COLUMNS:
            address = path.format(id=article.id, revision=article.head_id, attachment=attachment)
            data = form_of(article, title="別の題名") | SENT if method == "POST" else None
            found[kind].append(status(client_of(column), method, address, data))
            if method == "POST" and found[kind][-1] == 303:
                article = make_article(**fields)  # this one may have been changed

    assert found == expected


def test_every_route_is_in_the_table(app):
    adapter = app.url_map.bind("localhost")
    written = set()
    for method, path, _ in [*place_rows(), *article_rows()]:
        known = {"person": 1, "id": 1, "revision": 1, "group": 1, "shipped": "0", "attachment": "0"}
        address = path.format(**known, incident=1, action=1, guide=1, run=1, submitted=1)
        rule, _ = adapter.match(address.partition("?")[0], method=method, return_rule=True)
        written.add((method, rule.endpoint))
    routes = {
        (method, rule.endpoint)
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }

    assert routes == written


def test_every_route_states_a_permission_that_is_listed(app):
    stated = {name: getattr(view, "permission", None) for name, view in app.view_functions.items()}

    assert {name: given for name, given in stated.items() if given not in PERMISSIONS} == {}


def test_a_route_without_a_stated_permission_answers_nobody(app, as_role):
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")

    assert as_role("administrator").get("/forgotten").status_code == 403


def test_a_hidden_article_answers_like_one_that_is_not_there(as_role, make_article):
    hidden = make_article(audience="restricted")

    def page(number):
        text = as_role("untrained").get(f"/articles/{number}").text
        text = re.sub('name="csrf_token" value="[^"]+"', "", text)  # it holds the second of the request
        return text.replace(f"/articles/{number}", "/articles/N")

    assert page(hidden.id) == page(hidden.id + 1)
