"""What a paste says: the lines that tell which problem it is, and few enough for an address to send.

A stack trace names its cause at the end and its frames by the hundred; cutting after so many characters
would keep the frames.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

from search import identifiers
from search.analysis import QUERY_CHARS
from search.folding import fold

ADDRESS_BYTES = 3_600
"""Of a query in an address. Beyond 4,096 characters browsers no longer tell a page where its reader came
from, beyond 8,190 common proxies refuse. Japanese takes nine a letter: 400 of them, more than count.
"""
_READ = 200_000
_PIECE = 300
_GLUED = re.compile(
    r"(?:(?:\\r)?\\n(?:\\t|\s){0,9}|(?:\\t|\s){1,9})(?=at [\w.$<>/]{1,200}\(|Caused by:|\.\.\. \d)"
)
"""Where the lines of a stack trace were joined into one, with or without the signs of a line's end."""
_FRAME = re.compile(
    r"(?:at [\w.$<>/]{1,200}\(.*|File \"[^\"]*\", line \d+.*|\.\.\. \d+ more|#\d+\s+0x[0-9a-f]+.*"
    r"|from [^:]{1,200}:\d+:in .*|[-=*_~+ ]{3,})$",
    re.IGNORECASE,
)
_WHEN = re.compile(
    r"\[?\d{4}[-/]\d\d?[-/]\d\d?[T ]\d\d?:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?\s*"
)
_TELLS = re.compile(
    r"error|exception|caused by|fail|fatal|denied|refused|timeout|timed out|cannot|could not|not found|"
    r"unable|エラー|異常|失敗|できま|拒否|例外|障害|タイムアウト|見つかりません",
    re.IGNORECASE,
)


def fits(text: str) -> bool:
    """Return whether a text can be searched with as it is."""
    return len(text) <= QUERY_CHARS and len(quote(text, errors="replace")) <= ADDRESS_BYTES


def telling(text: str) -> str:
    """Return a text of several lines without what says nothing of the problem, any other as it is.

    That is: frames of a stack, rulers, and the time that a line of a log begins with.
    """
    if len(text) <= _PIECE and "\n" not in text:
        return text
    return "\n".join(dict.fromkeys(_lines(text))) or text


def gist(text: str) -> str:
    """Return the text if it fits, else its most telling lines that fit, each once, in their order.

    Codes tell most, then lines that speak of an error, then the first ones. Any text will do; of a very
    long one the two ends are read, 100,000 characters each.
    """
    if fits(text):
        return text
    lines = list(dict.fromkeys(_lines(text)))
    kept: set[int] = set()
    characters = size = 0
    for at in sorted(range(len(lines)), key=lambda at: (-_worth(lines[at]), at)):
        line_size = len(quote(lines[at], errors="replace")) + 3
        if characters + len(lines[at]) < QUERY_CHARS and size + line_size <= ADDRESS_BYTES:
            kept.add(at)
            characters += len(lines[at]) + 1
            size += line_size
    return "\n".join(lines[at] for at in sorted(kept)) or _cut(text)


def _lines(text: str) -> Iterator[str]:
    """Yield the lines that say something, long ones in pieces, without the time they begin with."""
    if len(text) > _READ:
        text = text[: _READ // 2] + "\n" + text[-_READ // 2 :]
    for line in _GLUED.sub("\n", text).splitlines():
        rest = _WHEN.sub("", " ".join(line.split()), count=1)
        if rest and not _FRAME.match(rest):
            yield from _pieces(rest)


def _pieces(line: str) -> Iterator[str]:
    """Yield a line in pieces of at most _PIECE characters, cut at a blank where there is one."""
    while line:
        end = line.rfind(" ", 1, _PIECE) if len(line) > _PIECE else -1
        end = end if end > 0 else _PIECE
        yield line[:end].strip()
        line = line[end:].strip()


def _worth(line: str) -> int:
    """Return 3 for a line with a code that speaks of an error, 2 for a code, 1 for an error, else 0."""
    code = any(True for found in identifiers.find(fold(line)) if any(map(str.isdigit, found.key)))
    return 2 * code + bool(_TELLS.search(line))


def _cut(text: str) -> str:
    """Return as much of the beginning as fits, whatever its letters are."""
    return text[: ADDRESS_BYTES // 12].strip()
