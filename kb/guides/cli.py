"""`flask guides ...`: the engine of the guides from the command line."""

from __future__ import annotations

import sys

import click
from flask.cli import AppGroup

from kb.guides import bench, protocol

commands = AppGroup("guides", help="Guides: the next step for a program, and how long it takes to find.")


@commands.command("policy", with_appcontext=False)
def policy() -> None:
    """Answer one JSON object per line: load, next, close, release (docs/guides.md)."""
    for answer in protocol.answers(sys.stdin):
        click.echo(answer)


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
