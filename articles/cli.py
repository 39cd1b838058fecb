"""Commands of articles: import and export."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy import func, select

from articles import cleaning, exporting
from articles.importing import Import, Options, Outcome
from articles.sources import open_source
from kb.domain.articles import AUDIENCES, CONFIDENCES, KINDS, article_number
from kb.domain.errors import Refused
from kb.domain.personal_data import knowing
from kb.store import export_requests
from kb.store.db import reading, writing
from kb.store.models import Article, Person
from kb.web import db, indexing, screening
from kb.web.locale import refusals, t

commands = AppGroup("articles", help="Import and export articles.")
STARTER = Path(__file__).parent / "starter"


@commands.command("import")
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option("--kind", type=click.Choice(list(KINDS)), default="self_help", show_default=True)
@click.option("--audience", type=click.Choice(list(AUDIENCES)), default="engineer", show_default=True)
@click.option(
    "--confidence",
    type=click.Choice([key for key in CONFIDENCES if key not in ("archived", "unapproved")]),
    default="not_validated",
    show_default=True,
    help="work_in_progress imports drafts.",
)
@click.option("--owner", metavar="LOGIN", help="Who answers for articles whose file names nobody.")
@click.option("--overwrite", is_flag=True, help="Also replace what was edited here since the last import.")
@click.option("--dry-run", is_flag=True, help="Read and check everything, change nothing.")
def import_(
    path: Path, kind: str, audience: str, confidence: str, owner: str | None, overwrite: bool, dry_run: bool
) -> None:
    """Import Markdown files with YAML front matter from PATH: a folder, a file, a .tar.gz or a .zip.

    A Word document (.docx) becomes a draft of the kind, its pictures attached.

    May be run again at any time: the same file changes nothing, a changed file makes a revision,
    and a run that was interrupted goes on where it stopped. Exit code 1 if any file was refused.
    """
    _require_database()
    options = Options(
        kind=kind,
        audience=audience,
        confidence=confidence,
        owner_id=_owner(owner),
        overwrite=overwrite,
        dry_run=dry_run,
    )
    outcome = _import(path, options, quiet=False)
    for name, refused in outcome.refused:
        click.echo(f"{t('import.refused')}\t{name}\t{' '.join(refusals(refused))}", err=True)
    words = ", ".join(f"{t(f'import.{key}')} {number}" for key, number in sorted(outcome.counts.items()))
    click.echo(words or t("import.nothing"))
    if outcome.refused:
        raise SystemExit(1)


def load_starter() -> None:
    """Load the starter articles into an instance that has no article yet."""
    with reading(db.engine()) as session:
        if session.scalar(select(func.count()).select_from(Article)):
            return
        owner = session.scalar(select(Person.id).where(Person.role == "administrator").order_by(Person.id))
    outcome = _import(STARTER, Options(owner_id=owner), quiet=True)
    click.echo(t("import.starter", number=outcome.counts["imported"]))


@commands.command("export")
@click.argument("path", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--approval", required=True, metavar="REFERENCE", help="The approved request to take data out (C-11)."
)
def export(path: Path, approval: str) -> None:
    """Write every article, masked, and its pictures into the empty folder PATH."""
    _require_database()
    settings = current_app.config["KB_SETTINGS"]
    try:
        with reading(db.engine()) as session, _bar(exporting.count(session)) as bar, knowing(screening.known):
            export_requests.require(session, approval, "articles", db.now())
            number = exporting.export(session, path, settings.attachments, bar.update)
        with writing(db.engine()) as session:
            request = export_requests.require(session, approval, "articles", db.now())
            export_requests.use(session, request, number, db.now())
            (path / "approval.txt").write_text(
                export_requests.stamp(request, number, db.now()), encoding="utf-8"
            )
    except Refused as refused:
        raise click.ClickException(" ".join(refusals(refused))) from refused
    click.echo(t("import.exported", number=number, path=path))


@commands.command("attachments")
@click.option("--days", type=click.IntRange(min=0), default=cleaning.KEPT.days, show_default=True)
@click.option("--clean", is_flag=True, help="Forget them, and delete bytes that nothing names.")
def attachments(days: int, clean: bool) -> None:
    """List the files brought more than DAYS days ago that no revision and no unsaved form names."""
    _require_database()
    now, kept = db.now(), timedelta(days=days)
    with reading(db.engine()) as session:
        found = cleaning.unused(session, now - kept)
    for row, article_id in found:
        place = article_number(article_id) if article_id else t("import.not_saved")
        click.echo(f"{row.sha256}\t{row.size}\t{row.media_type}\t{row.created_at:%Y-%m-%d}\t{place}")
    click.echo(t("import.unused", number=len(found)))
    if not clean:
        return
    with writing(db.engine()) as session:
        cleaning.forget(session, now, kept=kept)
    with writing(db.engine()) as session:
        folder = current_app.config["KB_SETTINGS"].attachments
        click.echo(t("import.swept", number=cleaning.sweep(session, folder, now)))


def _import(path: Path, options: Options, *, quiet: bool) -> Outcome:
    settings = current_app.config["KB_SETTINGS"]
    try:
        source = open_source(path, options.kind)
        with _bar(len(source.texts()), quiet) as bar:
            run = Import(db.engine(), source, settings.attachments, options)
            outcome = run.run(db.now, bar.update)
    except Refused as refused:
        raise click.ClickException(" ".join(refusals(refused))) from refused
    if not options.dry_run:
        with _bar(0, quiet, t("import.indexing")) as bar:
            indexing.drain(lambda done, total: _advance(bar, done, total))
    return outcome


def _bar(length: int, quiet: bool = False, label: str = "") -> Any:
    return click.progressbar(length=length, label=label, hidden=quiet)


def _advance(bar: Any, done: int, total: int) -> None:
    bar.length = total
    bar.update(done - bar.pos)


def _owner(login: str | None) -> int | None:
    if login is None:
        return None
    with reading(db.engine()) as session:
        owner = session.scalar(select(Person.id).where(Person.login == login))
    if owner is None:
        raise click.ClickException(t("import.no_such_owner", login=login))
    return owner


def _require_database() -> None:
    if not db.migrated(current_app):
        raise click.ClickException(t("import.no_database"))
