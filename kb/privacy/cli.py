"""`flask personal-data ...`: how well it is found, what is stored, how a value is removed."""

from __future__ import annotations

from pathlib import Path

import click
from flask.cli import AppGroup

from kb.privacy.measuring import counted, measured

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
