"""The real server for browser tests: initialised like `make run` does, in a process of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 60
"""Seconds until a server that does not answer is given up; a started one answers in a few."""


class Server:
    """One instance: its data folder, its address, its command line.

    data: an empty folder. url: without a slash at the end.
    """

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port()
        self.host = f"127.0.0.1:{self.port}"
        self.url = f"http://{self.host}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("KB_", "FLASK_"))}
        self.environment = kept | {"KB_DATA": str(data), "PORT": str(self.port), "PYTHONUNBUFFERED": "1"}
        self.log = data / "server.log"

    def flask(self, *arguments: str, words: str = "") -> str:
        """Run a command of the application with words as its input; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "flask", *arguments],
            cwd=ROOT, env=self.environment, input=words, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"flask {' '.join(arguments)} failed:\n{done.stdout}"
        return done.stdout

    def start(self) -> None:
        """Serve, and return once a page is answered."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "flask", "serve"],
                cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + PATIENCE
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise AssertionError(f"flask serve did not answer:\n{self.log.read_text('utf-8')[-4000:]}")
            time.sleep(0.1)

    def answers(self) -> bool:
        """Return whether something answers HTTP at the address, with whatever status."""
        try:
            with urllib.request.urlopen(f"{self.url}/", timeout=5):
                return True
        except urllib.error.HTTPError as error:
            error.close()
            return True
        except OSError:
            return False

    def stop(self) -> None:
        """End the process; the data stays."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def free_port() -> int:
    """Return a port of the loopback address that nothing uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
