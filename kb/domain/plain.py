"""Plain text out of gated HTML: for search, snippets and counts; never shown as HTML.

What the gate lets through is well formed, so that tags can be told by a pattern: many times quicker than a
parser, which every result of every search would wait for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

BLOCKS = frozenset("p br hr h1 h2 h3 h4 h5 h6 ul ol li dl dt dd pre blockquote table tr th td div".split())
_WITHIN_WORDS = frozenset("strong em b i a".split())
_TAG = re.compile(r"<(?P<closes>/?)(?P<name>[a-z][a-z0-9]*)(?P<attributes>(?:[^<>\"]|\"[^\"]*\")*)>")
_HEADING = re.compile("h[1-6]")
_ID = re.compile(r'\sid="([^"]+)"')


def plain_text(html: str) -> str:
    """Return the text; a block ends a line, every other tag and `|` becomes a space."""
    return _tidy(_read(html).parts)


def passages(html: str) -> list[tuple[str, str, str]]:
    """Return (id, heading, text) of what stands before the first heading with an id, then of each such.

    The heading's own words begin its text. What has no text is left out.
    """
    reader = _read(html)
    cuts = [(0, "", ""), *((at, anchor, words) for at, (_, anchor, words) in reader.outline())]
    ends = [at for at, _, _ in cuts[1:]] + [len(reader.parts)]
    pieces = (
        (anchor, words, _tidy(reader.parts[at:end]))
        for (at, anchor, words), end in zip(cuts, ends, strict=True)
    )
    return [piece for piece in pieces if piece[2]]


def outline(html: str) -> list[tuple[int, str, str]]:
    """Return (level, id, text) for each heading that has an id, in order."""
    return [heading for _, heading in _read(html).outline()]


def _read(html: str) -> _Reader:
    reader = _Reader()
    end = 0
    for tag in _TAG.finditer(html):
        reader.take(html[end : tag.start()])
        if tag["closes"]:
            reader.close(tag["name"])
        else:
            reader.open(tag["name"], tag["attributes"])
        end = tag.end()
    reader.take(html[end:])
    return reader


def _tidy(parts: Sequence[str]) -> str:
    text = "".join(parts).replace("|", " ")
    return re.sub(r"[ \t\u3000]*\n\s*", "\n", re.sub(r"[ \t\u3000]+", " ", text)).strip()


class _Reader:
    def __init__(self) -> None:
        self.parts: list[str] = []
        self.headings: list[tuple[int, int, str, list[str]]] = []  # place in parts, level, id, words
        self.in_heading = False

    def outline(self) -> list[tuple[int, tuple[int, str, str]]]:
        """Return (place in parts, (level, id, words)) of each heading that has an id."""
        return [(at, (level, anchor, "".join(words).strip())) for at, level, anchor, words in self.headings]

    def open(self, tag: str, attributes: str) -> None:
        self.parts.append("\n" if tag in BLOCKS else "" if tag in _WITHIN_WORDS else " ")
        if _HEADING.fullmatch(tag) and (anchor := _ID.search(attributes)):
            self.headings.append((len(self.parts), int(tag[1]), unescape(anchor[1]), []))
            self.in_heading = True

    def close(self, tag: str) -> None:
        if tag in BLOCKS:
            self.parts.append("\n")
            self.in_heading = False

    def take(self, text: str) -> None:
        words = unescape(text)
        self.parts.append(words)
        if self.in_heading:
            self.headings[-1][3].append(words)
