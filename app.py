"""Kiriwake: puts settings, shared web parts, features and commands together."""

from __future__ import annotations

import ctypes
import logging
from contextlib import suppress
from pathlib import Path

import click
import waitress
from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

import articles.cli
import articles.views
import kb.guides.cli
import kb.guides.views
import kb.incidents.cli
import kb.incidents.views
import kb.notices.views
import kb.people.cli
import kb.people.views
import kb.privacy.cli
import kb.privacy.views
import search.cli
import search.views
from kb.settings import Settings, SettingsError, from_environment, generate_secret
from kb.store.db import make_engine
from kb.web import (
    access,
    db,
    errors,
    forms,
    headers,
    hiding,
    locale,
    mail,
    rounds,
    screening,
    sessions,
    shell,
)

ROOT = Path(__file__).parent
_M_ARENA_MAX = -8  # of glibc's malloc.h
WEB_PARTS = (access, forms, screening, hiding, headers, locale, sessions, shell, errors)
FEATURES = (articles, kb.guides, kb.incidents, kb.people, kb.privacy, search)


def create_app(settings: Settings | None = None) -> Flask:
    """Return the application. Raises click.ClickException with a sentence for each wrong setting."""
    if settings is None:
        try:
            settings = from_environment()
        except SettingsError as mistakes:
            raise click.ClickException(str(mistakes)) from mistakes
    app = Flask(__name__, root_path=str(ROOT))
    configure(app, settings)
    db.init_app(app, make_engine(settings.database_url))
    for part in WEB_PARTS:
        part.init_app(app)
    for feature in FEATURES:
        app.register_blueprint(feature.views.bp)
        app.cli.add_command(feature.cli.commands)
    app.register_blueprint(kb.notices.views.bp)
    search.views.init_app(app)
    kb.people.views.init_app(app)
    app.cli.add_command(mail.commands)
    app.cli.add_command(init)
    app.cli.add_command(serve)
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, count, count, count)  # type: ignore[method-assign]
    return app


def configure(app: Flask, settings: Settings) -> None:
    """Set what Flask and its extensions read."""
    app.config.update(
        KB_SETTINGS=settings,
        SECRET_KEY=settings.secret_key,
        TESTING=settings.testing,
        SESSION_COOKIE_NAME="__Host-session" if settings.https else "session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.https,
        TRUSTED_HOSTS=list(settings.hosts) or None,
        MAX_CONTENT_LENGTH=settings.attachment_bytes + settings.upload_bytes,
        MAX_FORM_MEMORY_SIZE=settings.upload_bytes,
        WTF_CSRF_TIME_LIMIT=None,
        WTF_CSRF_SSL_STRICT=True,
        SEND_FILE_MAX_AGE_DEFAULT=3600,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    logging.getLogger("waitress").setLevel(logging.WARNING)


@click.command()
def init() -> None:
    """Prepare the data folder: secret, database, starter articles, first administrator."""
    app = create_app()
    settings: Settings = app.config["KB_SETTINGS"]
    generate_secret(settings.data)
    db.migrate(app)
    with app.app_context():
        kb.people.cli.create_first_administrator()
        articles.cli.load_starter()


def _share_memory_between_threads() -> None:
    """Let glibc keep two heaps instead of one for each thread: 40 MB less with eight threads."""
    with suppress(OSError, AttributeError):  # another C library has no such thing
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


@click.command()
def serve() -> None:
    """Serve the pages with waitress until stopped."""
    _share_memory_between_threads()
    app = create_app()
    settings: Settings = app.config["KB_SETTINGS"]
    if not settings.secret_key:
        raise click.ClickException("There is no secret key: run `flask init` once, or set KB_SECRET_KEY.")
    if not db.migrated(app):
        raise click.ClickException("The database is not up to date: run `flask init`.")
    search.views.start(app)
    mail.start(app)
    rounds.start(app)
    click.echo(f"Kiriwake: http://{settings.host}:{settings.port} (Ctrl+C stops it)")
    waitress.serve(
        app,
        host=settings.host,
        port=settings.port,
        threads=settings.threads,
        ident=None,
        max_request_body_size=settings.attachment_bytes + settings.upload_bytes,
    )
