"""What a process gives back is there again when it is needed."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from search import analysis, memory

TEXT = "転入届の印刷ができない"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nothing is given back")
def test_the_dictionarys_pages_are_given_back_and_its_words_stay_the_same():
    words = analysis.words(TEXT)
    before = held_of_the_dictionary()

    memory.let_go()

    assert held_of_the_dictionary() < before / 2
    assert analysis.words(TEXT) == words


def held_of_the_dictionary():
    """Return how many KiB of the dictionary's file count as this process's."""
    found = re.search(r"\.dic\n.*?^Rss: +(\d+) kB", Path("/proc/self/smaps").read_text(), re.M | re.S)
    return int(found[1])
