"""`flask guides ...`: the engine of the guides from the command line."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask import current_app
from flask.cli import AppGroup

from kb.domain.errors import Refused
from kb.guides import bench, importing, protocol
from kb.web import db, imports
from kb.web.locale import refusals, t

commands = AppGroup(
    "guides",
    help="Guides: starting runs out of old tickets; the next step for a program.",
)


@commands.command("policy", with_appcontext=False)
def policy() -> None:
    """Answer one JSON object per line: load, next, close, release (docs/guides.md)."""
    for answer in protocol.answers(sys.stdin):
        click.echo(answer)


@commands.command("learn")
@click.argument("path", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--article", default="", metavar="KB-0001", help="The guide's article, for lines without one.")
@click.option("--dry-run", is_flag=True, help="Read and check everything, change nothing.")
def learn(path: Path, article: str, dry_run: bool) -> None:
    """Give guides old tickets as starting runs: a .jsonl or .csv FILE; docs/guides.md has its columns.

    May be run again at any time: a line is taken once by its source. Exit code 1 if any line was refused.
    """
    if not db.migrated(current_app):
        raise click.ClickException(t("import.no_database"))
    try:
        outcome = importing.learn(db.engine(), path, db.now, article=article, dry_run=dry_run)
    except Refused as refused:
        raise click.ClickException(" ".join(refusals(refused))) from refused
    imports.tell(outcome)


@commands.command("bench", with_appcontext=False)
def run_bench() -> None:
    """Measure the next step in made-up guides of 50 causes and 100 steps."""
    click.echo(f"next step, {bench.CAUSES} causes, {bench.CHECKS} checks, {bench.REPAIRS} repairs (ms)")
    for name, dense in (("sparse", False), ("dense", True)):
        found = bench.measured(dense)
        click.echo(
            f"{name:7} median {found.median:.1f}  p95 {found.p95:.1f}  longest {found.longest:.1f}"
            f"  of {found.times}"
        )
