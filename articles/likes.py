"""「もうあります」: the existing articles that are most like what somebody is writing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from kb.domain.access import Scope
from kb.domain.articles import READABLE
from kb.domain.likeness import SAME, likeness
from kb.store.models import Article
from kb.web import finding

MOST = 5
CHARACTERS = 400
"""As much of a symptom as says what it is about."""
FAINT = 0.12
"""Below this the search found a word in common, not a like article."""


@dataclass(frozen=True)
class Like:
    """An existing article. same: of the same kind, in nearly the same words.

    Articles of other kinds stand beside each other on purpose: what staff try, what engineers isolate.
    """

    article: Article
    same: bool


def likes(
    session: Session, scope: Scope, title: str, symptom: str, *, kind: str, but: int | None = None
) -> Sequence[Like]:
    """Return at most so many published articles that exist for the writer, the likest first.

    but: the article that is being written, which is like itself.
    """
    words = f"{title} {symptom[:CHARACTERS]}".strip()
    found = []
    for hit in finding.articles(session, scope, words, 4 * MOST):
        article = hit.article
        if article.id == but or article.confidence not in READABLE or article.published is None:
            continue
        near = max(likeness(title, article.title), likeness(symptom[:CHARACTERS], article.published.symptom))
        if near >= FAINT:
            found.append((near, Like(article, near >= SAME and article.kind == kind)))
    found.sort(key=lambda one: -one[0])
    return [like for _, like in found[:MOST]]
