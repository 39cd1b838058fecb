"""`flask personal-data ...`: how well it is found, what is stored, how a value is removed."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from kb.domain.personal_data import knowing
from kb.domain.personal_data.tracing import SHORTEST, letters
from kb.privacy import purging, scanning
from kb.privacy.measuring import counted, measured
from kb.store.db import reading, writing
from kb.web import db, indexing, screening
from kb.web.locale import t

commands = AppGroup(
    "personal-data", help="Personal data: measure the recogniser, scan and purge what is stored."
)


@commands.command("evaluate", with_appcontext=False)
@click.argument("path", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--documents", is_flag=True, help="PATH holds ordinary documents: count what is refused in them."
)
def evaluate(path: Path, documents: bool) -> None:
    """Measure the recogniser on PATH: labelled lines, or ordinary documents (a .jsonl[.gz] file or a folder).

    Prints ids, kinds and lines, never a value. docs/personal-data.md has the file's form.
    """
    if documents:
        seen = counted(path)
        for name, kind, line in seen.refused:
            click.echo(f"{name}\tline {line}\t{kind}")
        click.echo(
            f"documents {seen.documents}, with something refused {len({n for n, _, _ in seen.refused})}"
        )
        click.echo(
            "holding: " + (", ".join(f"{k} {n}" for k, n in sorted(seen.holding.items())) or "nothing")
        )
        return
    result = measured(path)
    for name in sorted(result.of):
        found, of = result.found[name], result.of[name]
        click.echo(f"{name:26} {found:4} of {of:4}  {100 * found / of:5.1f} %")
    if result.wrong:
        click.echo("wrong: " + " ".join(result.wrong))


@commands.command("scan")
@click.option("--fix", is_flag=True, help="Mask what stands in the tables; attachments are only listed.")
def scan(fix: bool) -> None:
    """List what is stored though it should not be: kind and place, never the value.

    Exit code 1 while anything is left.
    """
    _require_database()
    settings = current_app.config["KB_SETTINGS"]
    with knowing(screening.known):
        if fix:
            with writing(db.engine()) as session:
                fixed = scanning.fix(session, None, db.now())
            click.echo("masked: " + (", ".join(f"{k} {n}" for k, n in sorted(fixed.items())) or "nothing"))
            indexing.rebuild()
            purging.compact(db.engine())
        with reading(db.engine()) as session:
            left = list(scanning.scan(session, settings.attachments))
    for one in left:
        click.echo(f"{one.kind}\t{one.place}\tline {one.line}")
    click.echo(f"places: {len(left)}")
    if left:
        raise SystemExit(1)


@commands.command("purge")
@click.option(
    "--reason", required=True, help="Why, for the audit log: the request's number, never the value."
)
@click.option("--backups", type=click.Path(exists=True, file_okay=False, path_type=Path), multiple=True)
def purge(reason: str, backups: tuple[Path, ...]) -> None:
    """Remove the value given on standard input from every byte of the data folder. Stop the server first.

    Reads every file again afterwards; exit code 1 if the value is still somewhere below the data folder.
    --backups: folders of backups, in which it is only looked for.
    """
    _require_database()
    value = sys.stdin.readline().strip()
    if len(letters(value)) < SHORTEST:
        raise click.ClickException(t("privacy.purge.short", least=SHORTEST))
    settings = current_app.config["KB_SETTINGS"]
    secret = str(current_app.secret_key)
    done = purging.purge(db.engine(), settings.data, value, secret, indexing.rebuild, db.now(), reason=reason)
    click.echo("rows: " + (", ".join(f"{k} {n}" for k, n in sorted(done.rows.items())) or "none"))
    click.echo(f"files: {done.files}")
    for folder in backups:
        for path in purging.holding(folder, value):
            click.echo(f"backup: {path}")
    for path in done.left:
        click.echo(f"STILL THERE: {path}", err=True)
    click.echo("proof: every file below the data folder was read again" if not done.left else "NOT GONE")
    if done.left:
        raise SystemExit(1)


def _require_database() -> None:
    if not db.migrated(current_app):
        raise click.ClickException(t("import.no_database"))
