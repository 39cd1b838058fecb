"""Work that a process does beside its requests, in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Background:
    """A thread that runs until it is stopped, mostly asleep; nothing runs before `start`."""

    def __init__(self, name: str, run: Callable[[], None]) -> None:
        """run: does the work until `stopped`, resting in `rest`."""
        self._name = name
        self._run = run
        self._awake = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def started(self) -> bool:
        """Whether there is a thread."""
        return self._thread is not None

    @property
    def stopped(self) -> bool:
        """Whether the work is to end."""
        return self._stopped.is_set()

    def start(self) -> None:
        """Run from now on; once is enough."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the work and wait for it."""
        self._stopped.set()
        self._awake.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def wake(self) -> None:
        """End a rest, or the next one if the work is not resting."""
        self._awake.set()

    def rest(self, seconds: float) -> bool:
        """Wait until woken, so long at most; return whether woken. Stays true until `doze`."""
        return self._awake.wait(seconds)

    def pause(self, seconds: float) -> None:
        """Wait so long whoever wakes; only `stop` ends it."""
        self._stopped.wait(seconds)

    def doze(self) -> None:
        """Forget that somebody woke: what they wanted is about to be done."""
        self._awake.clear()
