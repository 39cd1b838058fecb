"""What a process gives back is there again when it is needed."""

from __future__ import annotations

import re
import sys
from concurrent.futures import ThreadPoolExecutor
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


def test_a_tokenizer_is_lent_to_one_thread_after_another_and_not_kept_after_a_long_text():
    sudachi = analysis._Sudachi()
    words = sudachi.keys(TEXT)
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(sudachi.keys, [TEXT] * 40)) == [words] * 40
    assert 1 <= len(sudachi._idle) <= 4

    for _ in range(len(sudachi._idle)):
        sudachi.keys(TEXT * 1_000)
    assert not sudachi._idle
    assert sudachi.keys(TEXT) == words
