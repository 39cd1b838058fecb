"""Names for places in a text that survive a new revision: they come from the heading's own words."""

from __future__ import annotations

import re
import unicodedata


def slug(text: str) -> str:
    """Return the anchor for a heading: 「切り分け　手順」 -> "切り分け-手順".

    An anchor of ASCII only gets "s-" before it, so that it never meets an id of the page itself.
    """
    folded = unicodedata.normalize("NFKC", text).strip().lower()
    name = re.sub(r"[^\w]+", "-", folded).strip("-_")[:80].strip("-_")
    return f"s-{name}".rstrip("-") if name.isascii() else name


class Anchors:
    """Hands out anchors, each once: the second 「確認」 of a page is 確認-2."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def __contains__(self, name: object) -> bool:
        return name in self._used

    def take(self, text: str) -> str:
        """Return a free anchor for this heading."""
        name = wanted = slug(text)
        number = 1
        while name in self._used:
            number += 1
            name = f"{wanted}-{number}"
        self._used.add(name)
        return name
