"""Passwords and keys: a value after the word for it, or a value whose form alone says what it is.

Manuals are full of passwords that are none (`<your password>`, `$pw`, `password: required`), so the value
must look like one, and what documentation writes instead of one is left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from kb.domain.personal_data.kinds import Finding

_WORD = r"パスワード|パスフレーズ|暗証番号|合言葉|pinコード|pin番号|pass(?:word|wd|phrase)|pwd|pass|pw|pin"
_KEY_WORD = (
    r"(?:api|secret|access|account|client|shared|encryption|private|auth|webhook)[-_ ]?(?:key|token|secret)|"
    r"APIキー|APIトークン|アクセスキー|アクセストークン|シークレットキー|シークレット|共有キー|暗号化キー|秘密鍵|認証キー|"
    r"事前共有鍵|事前共有キー|psk|token|トークン"
)
_SEPARATOR = r"(?:[ \t]*(?:[:=→|\t]|->|=>|は)[ \t]*)"
_NOTE = r"(?:[ \t]?[(（\[][^()（）\[\]\n]{0,20}[)）\]])?"
_QUOTE = r"[「『\"'“<【]?"
_VALUE = r"(?P<value>[!-~]{4,128})"
_LABELLED = re.compile(
    rf"(?:(?P<word>{_WORD})|(?P<key>{_KEY_WORD}))[」』\"'”】]?{_NOTE}{_SEPARATOR}(?P<quote>{_QUOTE}){_VALUE}"
)
"""Of the folded text in small letters, as every pattern here that begins with words: three times as quick."""
_SHORT = frozenset({"pwd", "pass", "pw", "pin", "psk", "token"})
"""Words that count only where no letter stands before them."""
_SPACED = re.compile(
    rf"(?:{_WORD})(?:[ \t]*[をにが][ \t]*|[ \t]+(?:is[ \t]+)?)?(?P<quote>[「『\"])?(?P<value>[!-~]{{8,64}})"
)
_PAIR = re.compile(
    r"(?:(?:id|user(?:name)?|login)|ユーザー?名?|ログイン(?:id|名)?|アカウント)[ \t]?[/・,&、][ \t]?"
    rf"(?:{_WORD})[ \t]*[:=は|][ \t]*[^\s/|,、]{{1,64}}[ \t]?[/|,、 ][ \t]?{_VALUE}"
)
_ACCOUNT = re.compile(
    r"(?<![A-Za-z0-9_.\\-])(?:admin(?:istrator)?|root|sa|guest|user\d*|test\d*|oracle|postgres|管理者)[ \t]{0,2}[/:|,、][ \t]{0,2}"
    r"(?P<value>[!-.0-~]{8,64})",
    re.IGNORECASE,
)
_SHELL = (
    ("", re.compile(r"(?<![\w-])(?:mysql|mysqldump|mariadb|mysqladmin)\b[^\n]{0,200}?[ \t]-p(?P<value>[!-~]{4,64})")),
    ("sshpass", re.compile(r"(?<![\w-])sshpass[ \t]+-p[ \t]*[\"']?(?P<value>[!-~]{4,64})")),
    ("curl", re.compile(r"(?<![\w-])curl\b[^\n]{0,200}?[ \t](?:-u|--user)[ \t]*[\"']?[^\s:\"']{1,64}:(?P<value>[!-~]{4,64})")),
    ("/user:", re.compile(r"net(?:\.exe)? use\b[^\n]{0,200}?/user:\S{1,80}[ \t]+(?P<value>[!-~]{4,64})", re.IGNORECASE)),
    ("", re.compile(r"net(?:\.exe)? user[ \t]+\S{1,64}[ \t]+(?P<value>[^\s/*][!-~]{3,64})", re.IGNORECASE)),
    ("authorization", re.compile(r"(?i:authorization)[\"']?[ \t]?[:=][ \t]?[\"']?(?i:basic|bearer)[ \t]+(?P<value>[A-Za-z0-9+/=_.-]{12,2048})")),
    ("", re.compile(r"-(?:AsPlainText|String)[ \t]+[\"'](?P<value>[!-~]{4,64}?)[\"']")),
    ("", re.compile(r"(?<=[/-](?:p|P):)(?P<value>[!-~]{6,64})")),
)  # fmt: skip
_PLACEHOLDER = re.compile(
    r"(?:[*●•.…_#?=|/\\~^!-]+|[xX]{3,}.*|(?:[<{$%(\[&@|/\\]|--?[a-z]|https?:|\.\.|:).*|"
    r".*(?:[{<$(\[]|example|sample|dummy|placeholder|your|changeme|change_me|redacted|<|\.\.\.|\*\*\*|●|■|xxxx).*|"
    r"(?:null|nil|none|true|false|yes|no|on|off|required|optional|string|int|bool|text|hash|mandatory|unset|empty|"
    r"default|prompt|enabled?|disabled?|input|value|char|varchar|public|private)\W*|"
    r"(?:secret|token|key|credential)s?[\"',;:.)\]>]*|"
    r"[0-9]{1,3}(?:[-~/.,][0-9]{1,3})*[^0-9A-Za-z]*|(?:AES|SHA|MD|RSA|TLS|SSL|NTLM|UTF|RFC|ISO)-?[0-9].*|X\.?509.*|"
    r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+|[0-9]+(?:文字|桁|回|日|chars?|days?).*|"
    r"[A-Za-z_][\w.]*\.(?:[A-Za-z_]\w*)[\"',;)]*)",
    re.IGNORECASE,
)
"""What stands for a password in manuals, code and forms."""
_DICTIONARY = re.compile(
    r"p[a@4][s$]{1,2}(?:w?[o0]?rd?|wd)?[0-9]?[!%]?|pwd[0-9]?|12345(?:6(?:7(?:8(?:90?)?)?)?)?", re.IGNORECASE
)
"""What manuals call a password; a password only where the words before say 初期, or quote it."""
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
_RANDOM = re.compile(r"(?=[^0-9]*[0-9])(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])[A-Za-z0-9+/=]{32,}")
"""A key by its form, though EXAMPLE may stand in it."""
_PUBLIC = re.compile(r"公開(?:キー)?[ \t]?$|public(?: ?key)?[ \t]?$")
_EXAMPLE = re.compile(r"[」』\"'’]?[ \t]?(?:など|等|のよう|といった|とか|のみ)")
_CODE_NAME = re.compile(r"[A-Za-z]+(?:[-_.][A-Za-z]+)*[\"',;:.)\]>}]*")
_INITIAL = re.compile(
    r"(?:初期|仮|共通|共有|管理者|現在の?|新しい|旧|default|initial|temp\w*)[ の]{0,2}$", re.IGNORECASE
)
_KEYS = (
    ("private key", re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[\sA-Za-z0-9+/=:,.]{0,8000}(?:-----END [A-Z0-9 ]{1,40}-----)?")),
    ("putty-user-key-file-", re.compile(r"PuTTY-User-Key-File-[0-9]")),
    ("", re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA|AGPA|AROA)[A-Z0-9]{16}(?![A-Za-z0-9])")),
    ("gh", re.compile(r"(?<![A-Za-z0-9])gh[pousr]_[A-Za-z0-9]{20,}")),
    ("github_pat_", re.compile(r"(?<![A-Za-z0-9])github_pat_[A-Za-z0-9_]{20,}")),
    ("glpat-", re.compile(r"(?<![A-Za-z0-9])glpat-[A-Za-z0-9_-]{16,}")),
    ("xox", re.compile(r"(?<![A-Za-z0-9])xox[abeprs]-[A-Za-z0-9-]{10,}")),
    ("aiza", re.compile(r"(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{35}")),
    ("", re.compile(r"(?<![A-Za-z0-9])(?:sk|rk|pk)[-_](?:live|test|proj|ant)[-_][A-Za-z0-9_-]{16,}")),
    ("sk-", re.compile(r"(?<![A-Za-z0-9])sk-[A-Za-z0-9]{32,}")),
    ("", re.compile(r"(?<![A-Za-z0-9])(?:hf|npm|dop_v1|shpat)_[A-Za-z0-9]{30,}")),
    ("sg.", re.compile(r"(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}")),
    ("eyj", re.compile(r"(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}")),
    ("accountkey=", re.compile(r"AccountKey=[A-Za-z0-9+/]{40,100}={0,2}")),
    ("age-secret-key-1", re.compile(r"AGE-SECRET-KEY-1[A-Z0-9]{50,}")),
    ("hooks.slack.com", re.compile(r"hooks\.slack\.com/services/[A-Z0-9]{6,}/[A-Z0-9]{6,}/[A-Za-z0-9]{16,}")),
    ("://", re.compile(r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{1,15}://[^\s/:@]{1,64}:(?P<value>[^\s/:@]{3,64})@")),
)  # fmt: skip
"""(what must stand in the text in small letters, the pattern)"""


def credentials_in(text: str, low: str) -> Iterator[Finding]:
    """Yield every password and key in the folded text. low: the same in small letters."""
    for literal, pattern in _KEYS:
        for match in pattern.finditer(text) if literal in low else ():
            value = match.groupdict().get("value")
            if not _stands_for_one(value) if value else len(set(match[0][-16:].lower())) > 4:
                yield Finding("secret_key", match.start(), match.end())
    for match in _LABELLED.finditer(low):
        if match["key"] and _PUBLIC.search(low[max(0, match.start() - 6) : match.start()]):
            continue
        if (
            match["word" if match["word"] else "key"] in _SHORT
            and low[match.start() - 1 : match.start()] in _LETTERS
        ):
            continue
        value = _trimmed(text[match.start("value") : match.end("value")], match["quote"])
        if _EXAMPLE.match(text, match.start("value") + len(value)):
            continue
        if _secret_key(value) if match["key"] else _secret(value, _certain(low, match)):
            yield _at(match, value)
    yield from _unlabelled(text, low)


def _unlabelled(text: str, low: str) -> Iterator[Finding]:
    for pattern in (_SPACED, _ACCOUNT):
        for match in pattern.finditer(low):
            value = _trimmed(text[match.start("value") : match.end("value")], "")
            certain = pattern is _SPACED and _certain(low, match)
            if _strong(value, certain):
                yield _at(match, value)
    shell = (pattern.finditer(text) for literal, pattern in _SHELL if literal in low)
    for match in chain(_PAIR.finditer(low), *shell):
        value = _trimmed(text[match.start("value") : match.end("value")], "")
        if len(value) >= 4 and not _known_word(value):
            yield _at(match, value)


def _known_word(value: str) -> bool:
    return (
        any(pattern.fullmatch(value) for pattern in (_PLACEHOLDER, _CODE_NAME, _DICTIONARY))
        or len(set(value)) < 3
    )


def _at(match: re.Match[str], value: str) -> Finding:
    return Finding("password", match.start("value"), match.start("value") + len(value))


def _stands_for_one(value: str) -> bool:
    """Return whether the value is what documentation writes in place of one."""
    return _PLACEHOLDER.fullmatch(value) is not None or len(set(value)) < 3


def _trimmed(value: str, quote: str) -> str:
    """Return the value without what belongs to the sentence or the code around it."""
    if quote in ('"', "'") and quote in value:
        return value[: value.index(quote)]
    value = re.split(r"[\"'<|,;](?:[,;)\]}\s]|$)|</|\\n", value, maxsplit=1)[0]
    return value.rstrip(".,;:\"'`|" + ("" if "(" in value else ")") + ("" if "[" in value else "]"))


def _certain(text: str, match: re.Match[str]) -> bool:
    """Return whether the words say that a value follows: 初期パスワード, or quoted Japanese."""
    return (
        match["quote"] in ("「", "『")
        or _INITIAL.search(text[max(0, match.start() - 12) : match.start()]) is not None
    )


def _secret(value: str, certain: bool) -> bool:
    if len(value) < 4 or _stands_for_one(value) or (_DICTIONARY.fullmatch(value) and not certain):
        return False
    if value.isdigit():
        return len(value) >= 4 and not (len(value) == 4 and value.startswith(("19", "20")) and not certain)
    if _CODE_NAME.fullmatch(value):
        return certain and value.isalpha() and len(value) >= 6 and not value.istitle() and not value.isupper()
    return True


def _secret_key(value: str) -> bool:
    """Return whether a value after the word for a key is one: long, mixed, no word of a language or of code."""
    if len(value) < 8 or (_known_word(value) and not _RANDOM.fullmatch(value)):
        return False
    return (
        any(map(str.isdigit, value))
        and any(map(str.isalpha, value))
        and not re.search(r"[()\[\]{}<>]", value)
    )


def _strong(value: str, certain: bool) -> bool:
    """Return whether a value that merely follows the word looks like a password and nothing else.

    certain: the words before leave little doubt, so that letters and digits are enough.
    """
    return (
        not _stands_for_one(value)
        and any(map(str.isdigit, value))
        and any(map(str.isalpha, value))
        and (certain or re.search(r"[!@#$%^&*?+]", value) is not None)
        and not re.search(r"[()\[\]{}<>/\\=;]", value)
    )
