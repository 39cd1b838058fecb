"""Where a text answers a query: the parts of it that do, cut into what matches and what does not."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from math import fsum
from typing import NamedTuple
from urllib.parse import quote

from search import analysis, identifiers
from search.analysis import Query
from search.folding import fold, fold_with_offsets

Parts = list[tuple[str, bool]]
LENGTH = 120
ENOUGH = 60
"""A piece shorter than this leaves room for one from another part of the text."""
_SCANNED = 30_000
_LONGEST_LINE = 60
_LINE_END = 25
_LEAD = 25
_OTHER_WORTH = 0.2  # of another word for one that was typed: the typed ones decide where both stand
_LISTS = frozenset({"error_codes", "synonyms", "environment"})
_BREAK = re.compile(r"[。．！？\n]|\. ")
_SENTENCE = re.compile(r"(?<=[。．！？])|(?<=\. )")
_PART_OF_WORD = re.compile(r"[ぁ-ゖ]*[ァ-ヺー一-鿿々][ぁ-ゖァ-ヺー一-鿿々]+|[ぁ-ゖ]+[ァ-ヺー一-鿿々]")
"""Two letters or more, not in hiragana alone: where they stand inside another word, they mean the same."""
_SPACE = re.compile(r"\s+")


class Sentence(NamedTuple):
    """A sentence as written (a blank at the end where its line ends), folded, and the line it stands in."""

    text: str
    folded: str
    line: str


@dataclass(frozen=True)
class Passage:
    """A part of an article. name: its field ("symptom") or section ("section.steps").

    anchor: where it stands on the article's page, "" for the top; heading: the author's own above it.
    """

    name: str
    anchor: str
    heading: str
    text: str

    @cached_property
    def sentences(self) -> list[Sentence]:
        """The text taken apart, the first _SCANNED characters of it."""
        lines = [_SPACE.sub(" ", line).strip() for line in self.text[:_SCANNED].split("\n")]
        cut = [[piece for piece in _SENTENCE.split(line) if piece] for line in lines]
        folded = iter(fold("\n".join(chain.from_iterable(cut))).split("\n"))  # at once: folding one is slow
        return [
            Sentence(piece + " " * (number == len(pieces)), next(folded), line)
            for line, pieces in zip(lines, cut, strict=True)
            for number, piece in enumerate(pieces, 1)
        ]

    @cached_property
    def folded(self) -> str:
        """The same folded, a line each sentence."""
        return "\n".join(sentence.folded for sentence in self.sentences)


@dataclass(frozen=True)
class Piece:
    """A piece of a passage, as (text, is match), and the line in which the match stands, "" for none."""

    passage: Passage
    parts: Parts
    line: str

    @property
    def address(self) -> str:
        """Where on the article's page it stands: "#anchor:~:text=line", "" for the top of the page.

        The line is for browsers that scroll to a text; the others stop at the anchor.
        """
        if not self.passage.anchor:
            return ""
        whole = len(self.line) <= _LONGEST_LINE
        ends = [self.line] if whole else [self.line[:_LINE_END], self.line[-_LINE_END:]]
        text = ",".join(quote(end, safe="").replace("-", "%2D") for end in ends if end)
        return f"#{self.passage.anchor}" + (f":~:text={text}" if text else "")


@dataclass(frozen=True)
class _Window:
    """Neighbouring sentences from `start` to before `end`, which of the needles they hold, and its worth."""

    start: int
    end: int
    held: frozenset[str]
    worth: float


def pieces(passages: Iterable[Passage], query: Query, length: int = LENGTH) -> list[Piece]:
    """Return one or two pieces of at most about `length` characters together, the better first.

    They come from the passages that hold most of what was typed; if none does, the first passage begins.
    """
    needles = _needles(query)
    windows = [(passage, _best_window(passage, needles, length)) for passage in passages if passage.folded]
    windows.sort(key=lambda pair: -pair[1].worth)  # equal ones stay in the order of reading
    found = [_piece(passage, window, query, length) for passage, window in windows[:1]]
    if found and sum(len(text) for text, _ in found[0].parts) < ENOUGH:
        found += [_piece(*other, query, length) for other in _beside(windows)[:1]]
    return found


def _beside(windows: Sequence[tuple[Passage, "_Window"]]) -> list[tuple[Passage, "_Window"]]:
    """Return what may stand beside the first: what holds other words; beside mere lists, the symptom."""
    (first, best), *rest = windows
    lists = first.name in _LISTS
    return [
        (passage, window)
        for passage, window in rest
        if window.held - best.held or (lists and passage.name == "symptom")
    ]


def held(folded: str, query: Query) -> frozenset[str]:
    """Return which of the typed words and identifiers stand in a folded text."""
    return frozenset(needle for needle in _needles(query) if _stands_in(needle, folded))


def snippet(text: str, query: Query, length: int = LENGTH) -> Parts:
    """Return about `length` characters of a plain text around the densest matches, as (text, is match).

    Dots stand where something was left out. The parts are plain text: whoever shows them escapes them.
    """
    found = pieces([Passage("", "", "", text)], query, length)
    return found[0].parts if found else []


def _best_window(passage: Passage, needles: Mapping[str, float], length: int) -> _Window:
    """Return the sentences, together at most `length` characters or one alone, that hold the most worth."""
    sentences = passage.sentences
    present = [needle for needle in needles if _stands_in(needle, passage.folded)]
    if not present:
        return _window(sentences, [frozenset()] * len(sentences), 0, needles, length)
    holding = [frozenset(n for n in present if _stands_in(n, sentence.folded)) for sentence in sentences]
    starts = (at for at, inside in enumerate(holding) if inside)
    windows = (_window(sentences, holding, at, needles, length) for at in starts)
    return max(windows, key=lambda window: window.worth)  # the first of equal ones


def _window(
    sentences: Sequence[Sentence],
    holding: Sequence[frozenset[str]],
    start: int,
    needles: Mapping[str, float],
    length: int,
) -> _Window:
    """Return the window that begins with a sentence and takes in as many as fit."""
    end = start + 1
    size = len(sentences[start].text)
    while end < len(sentences) and size + len(sentences[end].text) <= length:
        size += len(sentences[end].text)
        end += 1
    inside = frozenset().union(*holding[start:end])
    return _Window(start, end, inside, fsum(needles[needle] for needle in inside))  # in any order the same


def _piece(passage: Passage, window: _Window, query: Query, length: int) -> Piece:
    sentences = passage.sentences[window.start : window.end]
    text = "".join(sentence.text for sentence in sentences).strip()
    line = next((s.line for s in sentences if any(n in s.folded for n in window.held)), "")
    start, end = (0, len(text)) if len(text) <= length else _cut(text, query, length)
    parts = marked(text[start:end].strip(), query)
    before = [("…", False)] if start or window.start else []
    after = [("…", False)] if end < len(text) or window.end < len(passage.sentences) else []
    return Piece(passage, [*before, *parts, *after], line)


def _cut(text: str, query: Query, length: int) -> tuple[int, int]:
    """Return where in a long sentence to begin and to end."""
    start = _start(text, query, length)
    return start, _end(text, start + length)


def marked(text: str, query: Query) -> Parts:
    """Return the whole text as (text, is match): words in any form of theirs, identifiers in any spelling."""
    folded, origin = fold_with_offsets(text)
    parts: Parts = []
    end = 0
    for start, stop in _joined(sorted(_matches(folded, query))):
        first, last = origin[start], origin[stop]
        if first > end:
            parts.append((text[end:first], False))
        if last > max(first, end):
            parts.append((text[max(first, end) : last], True))
            end = last
    return [*parts, (text[end:], False)] if end < len(text) else parts


def _matches(folded: str, query: Query) -> Iterator[tuple[int, int]]:
    """Yield the places of the query's words, also as parts of longer ones, and of its identifiers."""
    words = {term.key for term in query.words} | {key for other in query.others for key in other.keys}
    yield from ((t.start, t.end) for t in analysis.tokens(folded) if t.key in words)
    for typed in {_folded(term.typed) for term in query.words}:
        if _PART_OF_WORD.fullmatch(typed):
            yield from ((at, at + len(typed)) for at in _places(folded, typed))
    keys = {term.key for term in query.codes}
    if keys:
        for found in (*identifiers.find(folded), *identifiers.find_spaced(folded)):
            if found.key in keys:
                yield found.start, found.end


def _joined(places: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the places with those that touch or overlap as one."""
    current: tuple[int, int] | None = None
    for start, end in places:
        if current is not None and start <= current[1]:
            current = (current[0], max(current[1], end))
        else:
            if current is not None:
                yield current
            current = (start, end)
    if current is not None:
        yield current


def _start(text: str, query: Query, length: int) -> int:
    """Return where to begin so that the piece holds the most worth of what was typed."""
    folded, origin = fold_with_offsets(text)
    hits = sorted((at, weight, key) for key, weight in _needles(query).items() for at in _places(folded, key))
    best, best_worth = 0, 0.0
    for number, (at, _, _) in enumerate(hits):
        inside: dict[str, float] = {}
        for other, weight, key in hits[number:]:
            if other > at + length - _LEAD:
                break
            inside[key] = weight
        if sum(inside.values()) > best_worth:
            best, best_worth = origin[at], sum(inside.values())
    return _sentence_start(text, best)


@lru_cache(maxsize=4_096)
def _folded(typed: str) -> str:
    """Return what was typed for a word, folded: asked anew for each of a page's results."""
    return fold(typed)


@lru_cache(maxsize=16)
def _needles(query: Query) -> Mapping[str, float]:
    """Return what to look for in the folded text, with its weight: words as typed, without inflection."""
    needles: dict[str, float] = {}
    for term in query.words:
        typed = _folded(term.typed)
        needles[typed] = max(needles.get(typed, 0.0), term.weight * len(typed))
        needles.setdefault(term.key, term.weight * len(term.key))
    for other in query.others:
        for key in other.keys:
            needles.setdefault(key, _OTHER_WORTH * other.weight * len(key))
    for term in query.identifiers:
        if term.typed:
            needles[_folded(term.typed)] = 2.0 * len(term.typed)
    return {needle: weight for needle, weight in needles.items() if needle}


def _stands_in(needle: str, folded: str) -> bool:
    """Return whether the text holds it; Latin words have to begin there: "ora" is not in "storage"."""
    if needle not in folded or not needle.isascii():
        return needle in folded
    return re.search(rf"(?<![a-z0-9]){re.escape(needle)}", folded) is not None


def _places(folded: str, needle: str, most: int = 30) -> Iterator[int]:
    at = folded.find(needle)
    while at >= 0 and most:
        yield at
        most -= 1
        at = folded.find(needle, at + len(needle))


def _sentence_start(text: str, at: int) -> int:
    """Return the start of the sentence if it is near, else a little before the match."""
    lead = text[max(0, at - 2 * _LEAD) : at]
    breaks = list(_BREAK.finditer(lead))
    if breaks:
        return max(0, at - 2 * _LEAD) + breaks[-1].end()
    return 0 if at <= 2 * _LEAD else at - _LEAD


def _end(text: str, at: int) -> int:
    """Return the end of the sentence if it is near, else `at`."""
    after = _BREAK.search(text, max(0, at - 20), at + 20)
    return after.end() if after else min(at, len(text))
