"""Plain text out of gated HTML: for search, snippets and counts; never shown as HTML."""

from __future__ import annotations

import re
from html.parser import HTMLParser

BLOCKS = frozenset("p br hr h1 h2 h3 h4 h5 h6 ul ol li dl dt dd pre blockquote table tr th td div".split())


def plain_text(html: str) -> str:
    """Return the text; a block ends a line, every other tag and `|` becomes a space."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    text = "".join(reader.parts).replace("|", " ")
    return re.sub(r"[ \t\u3000]*\n\s*", "\n", re.sub(r"[ \t\u3000]+", " ", text)).strip()


def outline(html: str) -> list[tuple[int, str, str]]:
    """Return (level, id, text) for each heading that has an id, in order."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return [(level, anchor, "".join(parts).strip()) for level, anchor, parts in reader.headings]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.headings: list[tuple[int, str, list[str]]] = []
        self.in_heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.parts.append(
            "\n" if tag in BLOCKS else " " if tag not in ("strong", "em", "b", "i", "a") else ""
        )
        anchor = dict(attrs).get("id")
        if re.fullmatch("h[1-6]", tag) and anchor:
            self.headings.append((int(tag[1]), anchor, []))
            self.in_heading = True

    def handle_endtag(self, tag: str) -> None:
        if tag in BLOCKS:
            self.parts.append("\n")
            self.in_heading = False

    def handle_data(self, data: str) -> None:
        self.parts.append(data)
        if self.in_heading:
            self.headings[-1][2].append(data)
