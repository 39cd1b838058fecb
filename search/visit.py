"""What this browser searched for a moment ago, kept in its own signed session and nowhere else.

It makes the keystrokes of one search one row of the log, and lets "this helped" say for which symptom.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from operator import add
from typing import Any, TypedDict
from urllib.parse import parse_qs, urlsplit

from flask import session

TYPING = timedelta(minutes=5)
"""After this a text is another search, however much alike."""
READING = timedelta(minutes=60)
"""After this even the same text is another search: people come back from an article to its results."""
_KEY = "searches"
_ELSEWHERE = "read"
_KEPT = 3
_CHARS = 150
_MOST_ARTICLES = 20


class Searched(TypedDict):
    """One search: its token, its words (the first _CHARS), seconds, articles opened, answers by article."""

    token: str
    words: str
    at: int
    opened: list[int]
    answers: dict[str, str]


def typed(words: str, now: datetime) -> str:
    """Return the token of the search that these words belong to: the last one typed on, or a new one."""
    kept = _searches()
    words = words[:_CHARS]
    if not kept or not _goes_on(kept[-1], words, now):
        kept.append(_new(words))
    kept[-1] |= {"words": words, "at": int(now.timestamp())}
    session[_KEY] = kept[-_KEPT:]
    return kept[-1]["token"]


def opened(article_id: int, referrer: str, fold: Any) -> str | None:
    """Note that an article was opened; return the token of the search whose results led there, or None.

    referrer: the address the browser came from. fold: turns a query into the words the log keeps.
    """
    typed = parse_qs(urlsplit(referrer).query).get("q", [""])[0]
    words = (fold(typed) or "")[:_CHARS]
    kept = _searches()
    for search in reversed(kept):
        if words and search["words"] == words:
            if article_id not in search["opened"]:
                search["opened"] = [*search["opened"], article_id][-_MOST_ARTICLES:]
                session[_KEY] = kept
            return search["token"]
    return None


def answer_for(article_id: int) -> str:
    """Return what this reader said about the article: "yes", "no" or ""."""
    return _of_article(article_id)["answers"].get(str(article_id), "")


def words_for(article_id: int) -> str:
    """Return the words by which this reader came to the article, "" if by no search."""
    return _of_article(article_id)["words"]


def answered(article_id: int, answer: str) -> Searched:
    """Keep the reader's answer about the article; return the search it belongs to (words "" if to none)."""
    search = _of_article(article_id)
    answers = search["answers"] | {str(article_id): answer}
    search["answers"] = dict(list(answers.items())[-_MOST_ARTICLES:])
    if search["words"]:
        session[_KEY] = [search if kept["token"] == search["token"] else kept for kept in _searches()]
    else:
        session[_ELSEWHERE] = search
    return search


def _searches() -> list[Searched]:
    return list(session.get(_KEY, []))


def _of_article(article_id: int) -> Searched:
    """Return the newest search that led to the article, or what stands for all that none led to."""
    led = (search for search in reversed(_searches()) if article_id in search["opened"])
    return next(led, None) or session.get(_ELSEWHERE) or _new("")


def _new(words: str) -> Searched:
    token = secrets.token_urlsafe(16)
    return Searched(token=token, words=words, at=0, opened=[], answers={})


def _goes_on(last: Searched, words: str, now: datetime) -> bool:
    since = timedelta(seconds=int(now.timestamp()) - last["at"])
    if words == last["words"]:
        return since <= READING
    return since <= TYPING and not last["opened"] and alike(last["words"], words)


def alike(before: str, after: str) -> bool:
    """Return whether one text is the other typed on or mended: half of the shorter one's pairs of letters."""
    if before.startswith(after) or after.startswith(before):
        return True
    first, second = (set(map(add, text, text[1:])) for text in (before, after))
    return 2 * len(first & second) >= min(len(first), len(second)) > 0
