"""What this browser searched for a moment ago, kept in its own signed session and nowhere else.

It makes the keystrokes of one search one row of the log, and lets "this helped" say for which symptom.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from operator import add
from typing import Any, TypedDict
from urllib.parse import SplitResult, parse_qs, urlsplit

from flask import session
from flask_login import current_user

TYPING = timedelta(minutes=5)
"""After this a text is another search, however much alike."""
READING = timedelta(minutes=60)
"""After this even the same text is another search: people come back from an article to its results."""
ANSWERING = timedelta(hours=8)
"""After this a search is forgotten: whoever sits here then is somebody else, or asks something else."""
_KEY = "searches"
_ELSEWHERE = "read"
_WHOSE = "searches_of"
_KEPT = 3
_CHARS = 150
_MOST_ARTICLES = 20
_LONGEST_ADDRESS = 8_192


class Searched(TypedDict):
    """One search: its token, its words (the first _CHARS), seconds, articles opened, answers by article."""

    token: str
    words: str
    at: int
    opened: list[int]
    answers: dict[str, str]


def typed(words: str, now: datetime, may_begin: Callable[[], bool] = lambda: True) -> str | None:
    """Return the token of the search that these words belong to: the last one typed on, or a new one.

    None where it would be a new one and none may begin now.
    """
    kept = _searches(now)
    words = words[:_CHARS]
    if not kept or not _goes_on(kept[-1], words, now):
        if not may_begin():
            return None
        kept.append(_new(words, now))
    kept[-1] |= {"words": words, "at": int(now.timestamp())}
    _keep(_KEY, kept[-_KEPT:])
    return str(kept[-1]["token"])


def opened(article_id: int, referrer: str, fold: Callable[[str], str | None], now: datetime) -> str | None:
    """Note that an article was opened; return the token of the search whose results led there, or None.

    referrer: the address the browser came from. fold: turns a query into the words the log keeps.
    """
    typed = parse_qs(came_from(referrer).query).get("q", [""])[0]
    words = (fold(typed) or "")[:_CHARS]
    kept = _searches(now)
    for search in reversed(kept):
        if words and search["words"] == words:
            if article_id not in search["opened"]:
                search["opened"] = [*search["opened"], article_id][-_MOST_ARTICLES:]
                _keep(_KEY, kept)
            return search["token"]
    return None


def came_from(referrer: str | None) -> SplitResult:
    """Return the parts of the address a browser says it came from; anybody can send anything there."""
    try:
        return urlsplit((referrer or "")[:_LONGEST_ADDRESS])
    except ValueError:
        return urlsplit("")


def answer_for(article_id: int, now: datetime) -> str:
    """Return what this reader said about the article: "yes", "no" or ""."""
    return _of_article(article_id, now)["answers"].get(str(article_id), "")


def words_for(article_id: int, now: datetime) -> str:
    """Return the words by which this reader came to the article, "" if by no search."""
    return _of_article(article_id, now)["words"]


def answered(article_id: int, answer: str, now: datetime) -> Searched:
    """Keep the reader's answer about the article; return the search it belongs to (words "" if to none)."""
    search = _of_article(article_id, now)
    answers = search["answers"] | {str(article_id): answer}
    search["answers"] = dict(list(answers.items())[-_MOST_ARTICLES:])
    if search["words"]:
        _keep(_KEY, [search if kept["token"] == search["token"] else kept for kept in _searches(now)])
    else:
        _keep(_ELSEWHERE, search)
    return search


def _searches(now: datetime) -> list[Searched]:
    return [search for search in _kept(_KEY) or () if _since(search, now) <= ANSWERING]


def _kept(key: str) -> Any:
    """Return what is kept for whoever sits here; somebody whose session has ended leaves theirs behind."""
    return session.get(key) if session.get(_WHOSE) == current_user.id else None


def _keep(key: str, value: Any) -> None:
    if session.get(_WHOSE) != current_user.id:
        session.pop(_KEY, None)
        session.pop(_ELSEWHERE, None)
        session[_WHOSE] = current_user.id
    session[key] = value


def _of_article(article_id: int, now: datetime) -> Searched:
    """Return the newest search that led to the article, or what stands for all that none led to."""
    led = (search for search in reversed(_searches(now)) if article_id in search["opened"])
    elsewhere: Searched | None = _kept(_ELSEWHERE)
    if elsewhere is None or _since(elsewhere, now) > ANSWERING:
        elsewhere = _new("", now)
    return next(led, elsewhere)


def _since(search: Searched, now: datetime) -> timedelta:
    return timedelta(seconds=int(now.timestamp()) - search["at"])


def _new(words: str, now: datetime) -> Searched:
    token = secrets.token_urlsafe(16)
    return Searched(token=token, words=words, at=int(now.timestamp()), opened=[], answers={})


def _goes_on(last: Searched, words: str, now: datetime) -> bool:
    since = _since(last, now)
    if words == last["words"]:
        return since <= READING
    return since <= TYPING and not last["opened"] and alike(last["words"], words)


def alike(before: str, after: str) -> bool:
    """Return whether one text is the other typed on or mended: half of the shorter one's pairs of letters."""
    if before.startswith(after) or after.startswith(before):
        return True
    first, second = (set(map(add, text, text[1:])) for text in (before, after))
    return 2 * len(first & second) >= min(len(first), len(second)) > 0
