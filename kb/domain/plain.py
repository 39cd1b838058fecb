"""Plain text out of gated HTML: for search, snippets and counts; never shown as HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser

BLOCKS = frozenset("p br hr h1 h2 h3 h4 h5 h6 ul ol li dl dt dd pre blockquote table tr th td div".split())


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
    reader.feed(html)
    reader.close()
    return reader


def _tidy(parts: Sequence[str]) -> str:
    text = "".join(parts).replace("|", " ")
    return re.sub(r"[ \t\u3000]*\n\s*", "\n", re.sub(r"[ \t\u3000]+", " ", text)).strip()


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.headings: list[tuple[int, int, str, list[str]]] = []  # place in parts, level, id, words
        self.in_heading = False

    def outline(self) -> list[tuple[int, tuple[int, str, str]]]:
        """Return (place in parts, (level, id, words)) of each heading that has an id."""
        return [(at, (level, anchor, "".join(words).strip())) for at, level, anchor, words in self.headings]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append(
            "\n" if tag in BLOCKS else " " if tag not in ("strong", "em", "b", "i", "a") else ""
        )
        anchor = dict(attrs).get("id")
        if re.fullmatch("h[1-6]", tag) and anchor:
            self.headings.append((len(self.parts), int(tag[1]), anchor, []))
            self.in_heading = True

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self.parts.append("\n")
            self.in_heading = False

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
        if self.in_heading:
            self.headings[-1][3].append(data)
