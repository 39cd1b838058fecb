"""Words that find each other: the lines of `search/thesaurus.txt` and what the search makes of them.

A line is a group: 落ちる、停止する (all equal), or 引っ越し → 転入、転出 (whoever types the left also finds
the right). "#" begins a remark.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

SHIPPED = Path(__file__).parent / "thesaurus.txt"


@dataclass(frozen=True)
class Group:
    """Words that find each other; with finds, only the words find those."""

    words: tuple[str, ...]
    finds: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """What stays the same when an update words the group anew: its first word and its kind."""
        return f"{self.words[0]} →" if self.finds else self.words[0]


@dataclass(frozen=True, eq=False)
class Thesaurus:
    """The groups that the search goes by; the same object until one changes, so that caches can tell."""

    groups: tuple[Group, ...] = ()

    @classmethod
    def of(cls, groups: Iterable[Group]) -> Thesaurus:
        """Return the thesaurus of these groups."""
        return cls(tuple(groups))


def parse(text: str) -> tuple[Group, ...]:
    """Return the groups of a file, in its order."""
    rows = (row.partition("#")[0].partition("→") for row in text.splitlines())
    return tuple(Group(_words(words), _words(finds)) for words, _, finds in rows if _words(words))


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split("、") if word.strip())


@lru_cache(maxsize=1)
def shipped() -> tuple[Group, ...]:
    """Return the groups that come with the product."""
    return parse(SHIPPED.read_text(encoding="utf-8"))
