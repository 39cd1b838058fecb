"""What became of the lines of a file that a command takes in, and how the command tells it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import click

from kb.domain.errors import Refused
from kb.web.locale import refusals, t


@dataclass
class Outcome:
    """Counts by result (keys of the words `import.`), and (line, reasons) of each refused one."""

    counts: Counter[str] = field(default_factory=Counter)
    refused: list[tuple[int, Refused]] = field(default_factory=list)


def tell(outcome: Outcome) -> None:
    """Print refused lines with their reasons, then the counts; exit with 1 if any line was refused."""
    for line, refused in outcome.refused:
        click.echo(t("numbers.line", line=line, why=" ".join(refusals(refused))), err=True)
    words = ", ".join(f"{t(f'import.{key}')} {number}" for key, number in sorted(outcome.counts.items()))
    click.echo(words or t("numbers.no_rows"))
    if outcome.refused:
        raise SystemExit(1)
