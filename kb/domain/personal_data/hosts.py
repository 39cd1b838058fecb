"""Hosts and IP addresses of the ward's network: engineers need them, ward readers do not."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kb.domain.personal_data.kinds import Finding

_IPV4 = re.compile(
    r"(?<![0-9A-Za-z._-])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?:/[0-9]{1,2})?(?![0-9A-Za-z_]|\.[0-9]|-[0-9])"
)
_IPV6 = re.compile(
    r"(?<![0-9A-Za-z:.])(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}(?![0-9A-Za-z:])"
    r"|(?<![0-9A-Za-z:.])(?:fe80|f[cd][0-9a-f]{2}|2[0-9a-f]{3}):(?:[0-9A-Fa-f]{0,4}:){1,6}[0-9A-Fa-f]{0,4}(?![0-9A-Za-z:])",
    re.IGNORECASE,
)
_MAC = re.compile(
    r"(?<![0-9A-Za-z:-])[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}(?![0-9A-Za-z:-])"
)
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_INTERNAL = re.compile(
    rf"(?<![A-Za-z0-9._@-])(?:{_NAME}\.){{1,6}}(?:local|internal|intranet|intra|lan|corp|home\.arpa|lg\.jp)(?![A-Za-z0-9-]|\.[A-Za-z0-9])",
    re.IGNORECASE,
)
_SHARE = re.compile(
    r"(?<![\\A-Za-z0-9:])\\\\(?:\\\\)?(?P<host>[A-Za-z0-9][A-Za-z0-9._-]{1,62})(?=\\|[\s」』)）、。\"<]|$)",
    re.MULTILINE,
)
"""Also as JSON writes it, and where a string or an element ends behind it."""
_LABELLED = re.compile(
    r"(?:ホスト名?|サーバー?名?|コンピューター?名|端末名|機器名|hostname|host|server)[ \t]{0,2}[:=|\t][ \t]{0,2}"
    r"(?P<host>(?=[A-Za-z0-9.-]{0,63}[0-9-])[A-Za-z][A-Za-z0-9.-]{2,62})(?![A-Za-z0-9_(\[])",
    re.IGNORECASE,
)
_SPACED = re.compile(
    r"(?:サーバー?|端末|ホスト)[ \t](?P<host>[a-z]{2,15}(?:-[a-z]{2,15}){0,2}-?[0-9]{2,4})(?![A-Za-z0-9_.-])"
)
_SSH = re.compile(
    r"(?<![A-Za-z0-9-])(?:ssh|scp|rsync|telnet|ping|tracert|nslookup|mstsc /v:|sftp)[ \t]+(?:-[A-Za-z]+[ \t]+(?:[0-9]+[ \t]+)?)?(?:[A-Za-z0-9._-]{1,32}@)?"
    r"(?P<host>(?=[A-Za-z0-9.-]{0,63}[0-9-])[A-Za-z][A-Za-z0-9.-]{2,62})(?![A-Za-z0-9_(])"
)
_VERSION = re.compile(
    r"(?:ver(?:sion)?\.?|バージョン|版数?|v|build|ビルド|KB|release|リリース|OID|節|章|項|第)[ :=]?$",
    re.IGNORECASE,
)


def hosts_in(text: str, low: str) -> Iterator[Finding]:
    """Yield host names and addresses of networks in the folded text; what documentation uses is none."""
    for match in _IPV4.finditer(text):
        if _real(match[0]) and not _VERSION.search(text[max(0, match.start() - 10) : match.start()]):
            yield Finding("host", match.start(), match.end())
    for match in _IPV6.finditer(text):
        if not match[0].lower().startswith(("2001:db8", "2001:0db8")) and match[0] != "::":
            yield Finding("host", match.start(), match.end())
    for match in _MAC.finditer(text):
        if len(set(match[0]) - set(":-")) > 1:
            yield Finding("host", match.start(), match.end())
    for match in _INTERNAL.finditer(text):
        if not match[0].lower().startswith(("www.", "http")) and "example" not in match[0].lower():
            yield Finding("host", match.start(), match.end())
    for pattern in (_SHARE, _LABELLED, _SPACED, _SSH):
        for match in pattern.finditer(text):
            if match["host"].lower().rstrip(".") not in (
                "localhost",
                "server",
                "host",
                "computer",
                "servername",
            ):
                yield Finding("host", match.start("host"), match.end("host"))


def _real(written: str) -> bool:
    parts = [int(part) for part in written.split("/")[0].split(".")]
    if any(part > 255 for part in parts) or parts[0] in (0, 127, 255) or parts[0] >= 224:
        return False
    return tuple(parts[:3]) not in {(192, 0, 2), (198, 51, 100), (203, 0, 113)} and parts[1:] != [0, 0, 0]
