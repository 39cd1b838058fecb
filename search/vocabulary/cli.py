"""Commands of the thesaurus: take the ward's groups out as a file, and in again."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from kb.domain.periods import japan_date
from kb.settings import Settings
from kb.store.db import writing
from kb.web import db
from kb.web.locale import refusal, t
from search.vocabulary import groups, lines
from search.vocabulary.service import Act

commands = AppGroup("thesaurus", help="Take the ward's groups of words out as a file, and in again.")


@commands.command("export")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def export(path: Path) -> None:
    """Write what the ward added, changed and does not use to PATH."""
    _require_database()
    with db.reading() as session:
        entries = groups.everything(session)
    path.write_text(
        lines.written(entries, t("thesaurus.file", day=japan_date(db.now()).isoformat())), encoding="utf-8"
    )
    click.echo(t("thesaurus.exported", n=sum(entry.row is not None for entry in entries)))


@commands.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Read and check everything, change nothing.")
def import_(path: Path, dry_run: bool) -> None:
    """Add the groups of PATH to the ward's; what is there already stays as it is.

    One group a line, as in search/thesaurus.txt: 「落ちる、停止する」 or 「引っ越し → 転入、転出」.
    「- 」 before a shipped group switches it off; 「+ 」 right below that gives the words in its place.
    A wrong line is named and nothing is stored.
    """
    _require_database()
    try:
        wishes = list(lines.read(path.read_text(encoding="utf-8")))
    except (UnicodeDecodeError, OSError) as error:
        raise click.ClickException(t("thesaurus.import.unreadable")) from error
    wrong = lines.problems(wishes)
    for number, reason in wrong:
        click.echo(t("thesaurus.import.line", line=number, reason=refusal(reason)), err=True)
    if wrong:
        raise SystemExit(1)
    if dry_run:
        click.echo(t("thesaurus.import.checked", n=len(wishes)))
        return
    with writing(db.engine()) as session:
        counts = lines.store(session, wishes, Act(None, db.now()))
    for key, number in sorted(counts.items()):
        click.echo(t(f"thesaurus.import.{key}", n=number))


def _require_database() -> None:
    settings: Settings = current_app.config["KB_SETTINGS"]
    if not settings.data.is_dir() or not db.migrated(current_app):
        raise click.ClickException(t("search.no_database"))
