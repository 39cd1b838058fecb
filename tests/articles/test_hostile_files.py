"""Files made to do harm: refused soon, and the server's own process hardly notices."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.articles import hostile
from tests.e2e.server import ROOT

MOST_GROWTH = 64.0
"""Megabytes by which the process that hands over a file may grow."""


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """name -> (answer, seconds, megabytes) of each hostile file, one after the other in a fresh process."""
    folder = tmp_path_factory.mktemp("hostile")
    hostile.write(folder)
    command = [sys.executable, "-m", "tests.articles.hostile", str(folder)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    cells = [line.split("\t") for line in done.stdout.splitlines()]
    return {name: (answer, float(seconds), float(grown)) for name, answer, seconds, grown, _ in cells}


def test_every_hostile_file_is_refused_or_made_harmless(rows):
    assert set(rows) == set(hostile.FILES)
    assert {name for name, (answer, _, _) in rows.items() if answer.startswith("taken")} == hostile.TAKEN


def test_the_server_grows_by_less_than_64_mb(rows):
    assert {name: grown for name, (_, _, grown) in rows.items() if grown >= MOST_GROWTH} == {}


def test_the_measure_notices_a_process_that_grows():
    grow = "b = highest(); x = bytearray(b'x') * (80 << 20); print(highest() - b)"
    command = [sys.executable, "-c", f"from tests.articles.hostile import highest; {grow}"]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)

    assert int(done.stdout) > MOST_GROWTH * 2**20
