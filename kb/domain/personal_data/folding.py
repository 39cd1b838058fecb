"""Text as its reader sees it: width, invisible characters, Markdown and HTML make no difference."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from html import unescape
from typing import NamedTuple

_KANA = {code: unicodedata.normalize("NFKC", chr(code)) for code in range(0xFF61, 0xFFA0)}
_DIGITS = {
    ord(character): str(unicodedata.digit(character))
    for first, last in (
        (0xB2, 0xB3), (0xB9, 0xB9), (0x660, 0x669), (0x6F0, 0x6F9), (0x966, 0x96F), (0x2070, 0x2070),
        (0x2074, 0x2079), (0x2080, 0x2089), (0x1D7CE, 0x1D7FF),
    )
    for character in map(chr, range(first, last + 1))
}  # fmt: skip
_ONE_FOR_ONE = (
    {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
    | _KANA
    | _DIGITS
    | dict.fromkeys([0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000], " ")
    | dict.fromkeys([*range(0x2010, 0x2016), 0x2212, 0x2500, 0x2501, 0xFE58, 0xFE63], "-")
)
"""Only one character for one: places stay what they are."""
_INLINE = "a|b|i|u|s|em|strong|span|font|mark|code|kbd|tt|small|big|sub|sup|ins|del|wbr|label|nobr"
_BREAKS = "br|p|div|li|ul|ol|tr|table|thead|tbody|dl|dt|dd|pre|h[1-6]|hr"
_IRREGULAR = re.compile(
    "(?P<nothing>[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\U000e0020-\U000e007f\U000e0100-\U000e01ef]+"
    rf"|</?(?:{_INLINE})(?=[\s/>])[^<>]{{0,200}}>|<!--[^<>]{{0,200}}-->"
    r"|(?<!\*)\*{1,3}(?!\*)|(?<!~)~~(?!~)|(?<!_)__(?!_)|(?<!`)`(?!`)|\\(?=[-*.|@:+#()\[\]]))"
    rf"|(?P<line></?(?:{_BREAKS})(?=[\s/>])[^<>]{{0,200}}>)"
    r"|(?P<cell></?t[dh](?=[\s/>])[^<>]{0,200}>)"
    r"|(?P<entity>&(?:\#[0-9]{1,6}|\#[xX][0-9A-Fa-f]{1,5}|nbsp|amp|quot|colon|commat|hyphen|period);)"
    "|(?P<kana>[カ-トハ-ホウ][ﾞﾟ\u3099\u309a\u309b\u309c])",
    re.IGNORECASE,
)
_REPLACED = {"nothing": "", "line": "\n", "cell": "|"}


class Folded(NamedTuple):
    """Folded text, and where its stretches come from: start here, start there, and the end of the stretch."""

    text: str
    starts: list[int]
    origins: list[int]
    ends: list[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where a stretch of the folded text stands in the text as given."""
        if not self.starts:
            return start, end
        first = bisect_right(self.starts, start) - 1
        last = bisect_right(self.starts, end - 1) - 1
        begin = self.origins[first] + start - self.starts[first]
        replaced = self.ends[last]
        return begin, replaced if replaced else self.origins[last] + end - self.starts[last]


def fold(text: str) -> Folded:
    """Return the text narrow and without what splits its words. Linear in its length."""
    text = text.translate(_ONE_FOR_ONE)
    parts: list[str] = []
    starts, origins, ends = [0], [0], [0]
    length = place = 0
    for match in _IRREGULAR.finditer(text):
        start, end = match.span()
        parts.append(text[place:start])
        length += start - place
        new = _replacement(match)
        if new:
            starts.append(length)
            origins.append(start)
            ends.append(end)
            parts.append(new)
            length += len(new)
        starts.append(length)
        origins.append(end)
        ends.append(0)
        place = end
    if not parts:
        return Folded(text, [], [], [])
    parts.append(text[place:])
    return Folded("".join(parts), starts, origins, ends)


def _replacement(match: re.Match[str]) -> str:
    group = match.lastgroup or "nothing"
    if group == "entity":
        return unescape(match[0]).translate(_ONE_FOR_ONE)
    if group == "kana":
        mark = "\u3099" if match[0][1] in "ﾞ\u3099\u309b" else "\u309a"
        return unicodedata.normalize("NFC", match[0][0] + mark)
    return _REPLACED[group]
