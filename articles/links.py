"""Which articles a text leads to."""

from __future__ import annotations

import re
from collections.abc import Mapping

_LINK = re.compile(r'href="/articles/(\d{1,15})["#?]')


def linked_articles(html: Mapping[str, str]) -> set[int]:
    """Return the ids of the articles that gated HTML links to."""
    return {int(number) for part in html.values() for number in _LINK.findall(part)}
