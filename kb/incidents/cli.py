"""Commands of incidents: import, export, and how quick the pages are."""

from __future__ import annotations

from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from kb.domain.errors import Refused
from kb.incidents import exporting, importing
from kb.incidents.bench import LIMIT_MS
from kb.incidents.bench import bench as measure
from kb.store import export_requests
from kb.store.db import reading, writing
from kb.web import db, imports
from kb.web.locale import refusals, t

commands = AppGroup("incidents", help="Import and export incidents.")


@commands.command("import")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Read and check everything, change nothing.")
def import_(path: Path, dry_run: bool) -> None:
    """Import past incidents from PATH, a .jsonl or .csv file; docs/incidents.md has its columns.

    May be run again at any time: the same row changes nothing, a changed row changes its incident
    unless people have worked on it here. Exit code 1 if any row was refused.
    """
    _require_database()
    try:
        outcome = importing.run(db.engine(), path, db.now, dry_run=dry_run)
    except Refused as refused:
        raise click.ClickException(" ".join(refusals(refused))) from refused
    imports.tell(outcome)


@commands.command("export")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--approval",
    required=True,
    metavar="REFERENCE",
    help="The approved request to take data out (C-11): EXP-2027-0001.",
)
def export(path: Path, approval: str) -> None:
    """Write every incident into the new file PATH (.jsonl or .csv), masked and without persons."""
    _require_database()
    try:
        with reading(db.engine()) as session:
            export_requests.require(session, approval, "incidents", db.now())
            number, data = exporting.collected(session, path)
        with writing(db.engine()) as session:  # nobody waits for what was collected
            request = export_requests.require(session, approval, "incidents", db.now())
            exporting.keep(path, data)
            beside = path.with_name(path.name + ".approval.txt")
            exporting.keep(beside, export_requests.stamp(request, number, db.now()).encode())
            export_requests.use(session, request, number, db.now())
    except Refused as refused:
        raise click.ClickException(" ".join(refusals(refused))) from refused
    click.echo(t("numbers.exported", number=number, path=path))


@commands.command("bench")
@click.option("--incidents", type=click.IntRange(min=20), default=2_000, show_default=True)
@click.option("--events", type=click.IntRange(min=100), default=20_000, show_default=True)
@click.option("--rounds", type=click.IntRange(min=1), default=40, show_default=True, help="Requests a page.")
def bench(incidents: int, events: int, rounds: int) -> None:
    """Measure the pages on a filled temporary database; the instance's own data is not touched.

    Exit code 1 if a page's 95th percentile is 200 ms or more.
    """
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    if not measure(app, incidents, events, rounds, db.now(), _say):
        raise SystemExit(1)


def _say(page: str, middle: float, late: float) -> None:
    verdict = "" if late < LIMIT_MS else "  TOO SLOW"
    click.echo(f"median {middle:6.1f} ms   p95 {late:6.1f} ms   {page}{verdict}")


def _require_database() -> None:
    if not db.migrated(current_app):
        raise click.ClickException(t("import.no_database"))
