"""The difference of two texts as a person reads it: line by line, the changed words marked, Japanese too.

Comparing is quadratic; what is long is compared more coarsely, so that no text takes minutes.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

Piece = tuple[str, str]
"""What was done and to which words: (" ", in both), ("-", only before), ("+", only after)."""

CONTEXT = 3
"""Unchanged lines shown before and after a change."""
MANY = 2_000
"""Words of a line from which it is compared by its sentences."""
MATCHES = 100_000
"""Equal pairs from which lines, or words, that stand everywhere are not compared."""
ALIKE = 0.35
"""From how much in common a line counts as changed, not as another one."""
SHARED = 0.2
"""Less than this part of a line in common is chance: the line is shown as written anew."""
LARGEST_BLOCK = 900
"""Pairs of lines within a changed block that are compared to find which became which."""
_WORD = re.compile(
    r"[A-Za-z]+|\d+|[\u30a0-\u30ff\uff66-\uff9f]+|[\u3040-\u309f]+|[\u3005\u4e00-\u9fff\uf900-\ufaff]+|\s+|.",
    re.DOTALL,
)
_SENTENCE = re.compile(r"[^。、\n]*[。、\n]|[^。、\n]+$")


@dataclass(frozen=True)
class Row:
    """A line of two texts. kind: "same", "changed", "removed", "added", or "gap" for lines left out.

    old, new: numbers from 1, None where the text has no such line; of a gap those of its first line.
    skipped: how many lines a gap leaves out.
    """

    kind: str
    old: int | None
    new: int | None
    pieces: tuple[Piece, ...] = ()
    skipped: int = 0

    @property
    def before(self) -> list[Piece]:
        """The pieces of the old line."""
        return [piece for piece in self.pieces if piece[0] != "+"]

    @property
    def after(self) -> list[Piece]:
        """The pieces of the new line."""
        return [piece for piece in self.pieces if piece[0] != "-"]


@dataclass(frozen=True)
class Change:
    """A field of a text with its rows. name: as forms name it ("section.steps")."""

    name: str
    rows: tuple[Row, ...]

    @property
    def differs(self) -> bool:
        """Whether anything in it changed."""
        return any(row.kind in ("changed", "removed", "added") for row in self.rows)


def changes(
    before: Mapping[str, str], after: Mapping[str, str], *, context: int | None = CONTEXT, every: bool = False
) -> list[Change]:
    """Return the fields that differ, in the order of the new text, then those that are gone.

    before, after: name of the field -> its text. context: None shows every line. every: unchanged fields too.
    """
    names = [*after, *(name for name in before if name not in after)]
    found = [Change(name, tuple(rows(before.get(name, ""), after.get(name, ""), context))) for name in names]
    return [change for change in found if change.differs or (every and change.rows)]


def rows(old: str, new: str, context: int | None = CONTEXT) -> Iterator[Row]:
    """Yield the lines of both texts in order; runs of unchanged ones further away than context as a gap."""
    before, after = lines_of(old), lines_of(new)
    every = [_row(before, after, i, j) for i, j in aligned(before, after)]
    if context is None:
        yield from every
        return
    near = _near([row.kind != "same" for row in every], context)
    start = 0
    while start < len(every):
        end = start
        while end < len(every) and near[end] == near[start]:
            end += 1
        if near[start] or end - start == 1:
            yield from every[start:end]
        else:
            yield Row("gap", every[start].old, every[start].new, skipped=end - start)
        start = end


def lines_of(text: str) -> list[str]:
    """Return the lines of a text; an empty one has none."""
    return text.split("\n") if text else []


def _row(before: Sequence[str], after: Sequence[str], i: int | None, j: int | None) -> Row:
    old, new = (None if i is None else i + 1), (None if j is None else j + 1)
    if i is None:
        return Row("added", old, new, (("+", after[j or 0]),))
    if j is None:
        return Row("removed", old, new, (("-", before[i]),))
    if before[i] == after[j]:
        return Row("same", old, new, ((" ", after[j]),))
    return Row("changed", old, new, tuple(pieces(before[i], after[j])))


def _near(changed: Sequence[bool], context: int) -> list[bool]:
    """Return for each line whether a change stands within so many lines."""
    near = [False] * len(changed)
    for at, is_changed in enumerate(changed):
        if is_changed:
            for place in range(max(0, at - context), min(len(changed), at + context + 1)):
                near[place] = True
    return near


def aligned(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[int | None, int | None]]:
    """Yield which line became which, in order: (place before, place after), None for a side without one."""
    for op, a, b, c, d in _compared(before, after):
        if op == "equal":
            yield from zip(range(a, b), range(c, d), strict=True)
        else:
            yield from _paired(before, after, range(a, b), range(c, d))


def _compared(before: Sequence[str], after: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    """Return difflib's operations; a text of the same few lines is compared without them."""
    first, second = Counter(before), Counter(after)
    many = sum(number * second[word] for word, number in first.items()) > MATCHES
    return SequenceMatcher(None, before, after, autojunk=many).get_opcodes()


def _paired(
    before: Sequence[str], after: Sequence[str], old: range, new: range
) -> Iterator[tuple[int | None, int | None]]:
    """Yield the pairs of a changed block: the order kept, as much in common as can be."""
    pairs = _likeliest(before, after, old, new)
    at, to = old.start, new.start
    for i, j in [*pairs, (old.stop, new.stop)]:
        yield from ((place, None) for place in range(at, i))
        yield from ((None, place) for place in range(to, j))
        if (i, j) != (old.stop, new.stop):
            yield i, j
        at, to = i + 1, j + 1


def _likeliest(before: Sequence[str], after: Sequence[str], old: range, new: range) -> list[tuple[int, int]]:
    if len(before) == len(after) == 1:
        return [(0, 0)]  # a field of one line is that field, however much of it is new
    if len(old) * len(new) > LARGEST_BLOCK:
        return list(zip(old, new, strict=True)) if len(old) == len(new) else []
    likeness = {(i, j): alike(before[i], after[j]) for i in old for j in new}
    best: dict[tuple[int, int], float] = {}
    for i in reversed(old):
        for j in reversed(new):
            taken = likeness[i, j] + best.get((i + 1, j + 1), 0.0) if likeness[i, j] >= ALIKE else 0.0
            best[i, j] = max(taken, best.get((i + 1, j), 0.0), best.get((i, j + 1), 0.0))
    found, i, j = [], old.start, new.start
    while i < old.stop and j < new.stop:
        if best[i, j] == best.get((i + 1, j), 0.0):
            i += 1
        elif best[i, j] == best.get((i, j + 1), 0.0):
            j += 1
        else:
            found.append((i, j))
            i, j = i + 1, j + 1
    return found


def alike(old: str, new: str) -> float:
    """Return how much two lines have in common, 0 to 1, by their pairs of characters."""
    first, second = _pairs(old), _pairs(new)
    whole = first.total() + second.total()
    return 2 * (first & second).total() / whole if whole else 1.0


def _pairs(line: str) -> Counter[str]:
    line = line.strip()[:400]
    return Counter(line[at : at + 2] for at in range(max(1, len(line) - 1)))


def pieces(old: str, new: str) -> list[Piece]:
    """Return the two lines as pieces, word by word; what both have stands once."""
    before, after = _cut(old), _cut(new)
    found: list[Piece] = []
    for op, a, b, c, d in _compared(before, after):
        if op == "equal":
            found.append((" ", "".join(before[a:b])))
        else:
            found += _trimmed("".join(before[a:b]), "".join(after[c:d]))
    shared = sum(len(words) for op, words in found if op == " ")
    if shared < SHARED * max(len(old), len(new)):
        found = [("-", old), ("+", new)]
    return _joined(_bridged(found))


def _cut(text: str) -> list[str]:
    """Cut into words: runs of one kind of letters; a very long line into its sentences."""
    words = _WORD.findall(text)
    return words if len(words) <= MANY else _SENTENCE.findall(text)


def _trimmed(old: str, new: str) -> Iterable[Piece]:
    """Yield what differs between two runs of words: kanji run together may share their beginning or end."""
    head = 0
    while head < min(len(old), len(new)) and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    yield " ", old[:head]
    yield "-", old[head : len(old) - tail]
    yield "+", new[head : len(new) - tail]
    yield " ", old[len(old) - tail :]


def _bridged(found: Sequence[Piece]) -> Iterator[Piece]:
    """Let a single sign between two changes belong to them: nobody reads a text of single letters."""
    for at, (op, words) in enumerate(found):
        inside = 0 < at < len(found) - 1 and found[at - 1][0] != " " != found[at + 1][0]
        if op == " " and inside and len(words) == 1:
            yield "-", words
            yield "+", words
        elif words:
            yield op, words


def _joined(found: Iterable[Piece]) -> list[Piece]:
    """Join neighbours of one kind; within a change what is gone stands before what is new."""
    joined: list[Piece] = []
    gone, new = "", ""
    for op, words in [*found, (" ", "")]:
        if op == "-":
            gone += words
        elif op == "+":
            new += words
        else:
            joined += [piece for piece in (("-", gone), ("+", new)) if piece[1]]
            gone, new = "", ""
            if joined and joined[-1][0] == " ":
                joined[-1] = (" ", joined[-1][1] + words)
            elif words:
                joined.append((" ", words))
    return joined


def place_of(line: int, before: str, after: str) -> int | None:
    """Return which line of the new text a line of the old one became, numbers from 1; None if it is gone."""
    for i, j in aligned(lines_of(before), lines_of(after)):
        if i == line - 1:
            return None if j is None else j + 1
    return None
