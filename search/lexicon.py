"""The words of a part of the index, found by how they are read and by how they are spelt."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from rapidfuzz import process
from rapidfuzz.distance import OSA

from search import analysis
from search.folding import katakana

SPELLINGS = Path(__file__).parent / "sudachidict" / "spellings.txt"
_WORD = re.compile(r"[ァ-ヺー]{2,20}|[a-z0-9][a-z0-9.+'-]{1,29}")
_WITH_KANJI = re.compile(r"(?=.*[一-鿿々])[ぁ-ゖァ-ヺー一-鿿々]{1,12}")
_PAIR = re.compile(r"[一-鿿]{2}")
_SAME_SOUND = str.maketrans("ヂヅ", "ジズ")
_ENDING_IN_KANA = re.compile(r"[ぁ-ゖ]$")
_SHORTEST_READING = 2


class Near(NamedTuple):
    """A word as the index has it, how many slips away, and as people spell it (アウトルック, 1, outlook)."""

    word: str
    slips: int
    spelt: str


class Lexicon:
    """Words as the index spells them. Nothing here knows who may read what: whoever asks checks that."""

    def __init__(self, words: Iterable[str], beside: Lexicon | None = None) -> None:
        """beside: a lexicon that is asked with this one; what it has is left out here."""
        known: frozenset[str] = beside._words if beside else frozenset()
        self._words: frozenset[str] = frozenset(words) - known
        every = sorted(self._words)
        self._spelt: dict[int, list[str]] = defaultdict(list)
        self._pairs: dict[str, list[str]] = defaultdict(list)
        self._read: dict[str, str] = {}
        """By reading, a blank between two words: lists take more."""
        for word in every:
            if _WORD.fullmatch(word):
                self._spelt[len(word)].append(word)
            elif _PAIR.fullmatch(word):
                for kanji in set(word):
                    self._pairs[kanji].append(word)
        latin = _latin()
        self._kana = {spelt: word for word in every if word in latin for spelt in latin[word].split()}
        for spelt in self._kana:
            self._spelt[len(spelt)].append(spelt)
        for reading, word in _readings(every):
            self._read[reading] = f"{self._read[reading]} {word}" if reading in self._read else word

    def read(self, reading: str) -> list[str]:
        """Return the words read so, given in katakana; verbs and adjectives also without their ending."""
        return self._read.get(reading, "").split()

    def near(self, spelt: str, most: int) -> list[Near]:
        """Return the words at most so many slips away.

        A slip is a character dropped, doubled, changed, or changed places with its neighbour.
        """
        lengths = range(max(1, len(spelt) - most), len(spelt) + most + 1)
        choices = (self._spelt.get(length, ()) for length in lengths)
        return [
            Near(self._kana.get(found, found), int(distance), found)
            for words in choices
            for found, distance, _ in process.extract(
                spelt, words, scorer=OSA.distance, score_cutoff=most, limit=None
            )
        ]

    def with_kanji(self, kanji: str) -> list[str]:
        """Return the words of two kanji of which this is one."""
        return self._pairs.get(kanji, [])


@cache
def _latin() -> Mapping[str, str]:
    """Return {kana: the Latin words that the index keeps so}, blanks between them: lists take more."""
    found: dict[str, str] = {}
    for row in SPELLINGS.read_text(encoding="utf-8").splitlines():
        latin, _, kana = row.partition("\t")
        if kana:
            found[kana] = f"{found[kana]} {latin}" if kana in found else latin
    return found


def _readings(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield (reading, word) of the words that somebody might type in kana."""
    kana = [word for word in words if _WORD.fullmatch(word) and not word[0].isascii()]
    yield from ((sound(word), word) for word in kana)
    written = [word for word in words if _WITH_KANJI.fullmatch(word)]
    read = analysis.reading("\n".join(written)).split("\n") if written else []
    for word, reading in zip(written, read, strict=True):
        if len(reading) >= _SHORTEST_READING:
            yield sound(reading), word
            if _ENDING_IN_KANA.search(word) and len(reading) > _SHORTEST_READING:
                yield sound(reading[:-1]), word


def sound(kana: str) -> str:
    """Return kana as katakana in one spelling of each sound."""
    return katakana(kana).translate(_SAME_SOUND).rstrip("ー")
