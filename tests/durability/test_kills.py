"""What was acknowledged stays, whenever the process dies. `make drill` does the same a hundred times."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time

from tests.durability.kills import drill
from tests.e2e.server import ROOT, Server


def test_every_acknowledged_save_outlives_kill_9_and_is_found(tmp_path):
    result = drill(tmp_path / "kb", times=3)

    assert result.kills == 3 and len(result.saves) > 3
    assert result.not_stored == [] and result.not_found == []


def test_an_import_killed_in_the_middle_goes_on_and_ends_with_every_file_once(tmp_path):
    files = tmp_path / "files"
    files.mkdir()
    for number in range(300):
        text = f"---\ntitle: 記事 {number}\n---\n本文 {number}。[次](f{(number + 1) % 300}.md)\n"
        (files / f"f{number}.md").write_text(text, encoding="utf-8")
    server = Server(tmp_path / "kb")
    server.data.mkdir()
    server.flask("init")
    chance = random.Random(7)

    codes = []
    for _ in range(3):
        running = subprocess.Popen(
            [sys.executable, "-m", "flask", "articles", "import", str(files)],
            cwd=ROOT,
            env=server.environment,
            stdout=subprocess.DEVNULL,
        )
        _wait_for_some(server, running)
        time.sleep(chance.uniform(0, 0.4))
        running.kill()
        codes.append(running.wait())
    printed = server.flask("articles", "import", str(files))
    again = server.flask("articles", "import", str(files))

    assert -signal.SIGKILL in codes
    assert "refused" not in printed and "unchanged 300" in again
    with sqlite3.connect(server.data / "kiriwake.db") as database:
        rows = database.execute(
            "SELECT source, count(*) FROM articles WHERE source LIKE 'files/%' GROUP BY source"
        )
        assert [count for _, count in rows] == [1] * 300
        links = (
            "SELECT count(*) FROM article_links JOIN articles ON id = source_id WHERE source LIKE 'files/%'"
        )
        assert database.execute(links).fetchone() == (300,)
        assert database.execute("SELECT count(*) FROM to_index").fetchone() == (0,)
    found = server.flask("search", "query", "記事 299", "--as", "engineer")
    assert "記事 299" in found


def _wait_for_some(server, running):
    """Wait until the import has committed a batch more, or has ended."""
    with sqlite3.connect(server.data / "kiriwake.db") as database:
        count = "SELECT count(*) FROM articles"
        before = database.execute(count).fetchone()
        while running.poll() is None and database.execute(count).fetchone() == before:
            time.sleep(0.05)
