"""Where a text answers a query: a part of it, cut into pieces that match and pieces that do not."""

import re
from collections.abc import Iterator

from search import analysis, identifiers
from search.analysis import Query
from search.folding import fold_with_offsets

Parts = list[tuple[str, bool]]
LENGTH = 120
_SCANNED = 30_000
_LEAD = 25
_BREAK = re.compile(r"[。．！？\n]|\. ")
_SPACE = re.compile(r"\s+")


def snippet(text: str, query: Query, length: int = LENGTH) -> Parts:
    """Return about `length` characters of a plain text around the densest matches, as (text, is match).

    Dots stand where something was left out. The parts are plain text: whoever shows them escapes them.
    """
    text = _SPACE.sub(" ", text[:_SCANNED]).strip()
    if len(text) <= length:
        return marked(text, query)
    start = _start(text, query, length)
    end = _end(text, start + length)
    parts = marked(text[start:end].strip(), query)
    return [*([("…", False)] if start else []), *parts, *([("…", False)] if end < len(text) else [])]


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
    """Yield the places of the query's words and identifiers."""
    words = {term.key for term in query.words}
    yield from ((t.start, t.end) for t in analysis.tokens(folded) if t.key in words)
    keys = {term.key for term in query.identifiers if term.weight == analysis.WHOLE_WEIGHT}
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


def _needles(query: Query) -> dict[str, float]:
    """Return what to look for in the folded text, with its weight: words as typed, without inflection."""
    needles: dict[str, float] = {}
    for term in query.words:
        typed = fold_with_offsets(term.typed)[0]
        needles[typed] = max(needles.get(typed, 0.0), term.weight * len(typed))
        needles.setdefault(term.key, term.weight * len(term.key))
    for term in query.identifiers:
        if term.typed:
            needles[fold_with_offsets(term.typed)[0]] = 2.0 * len(term.typed)
    return {needle: weight for needle, weight in needles.items() if needle}


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
