"""Which article is the post-mortem of which incident (C-5)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from kb.domain.access import Scope
from kb.store.models import Article, Incident, IncidentArticle
from kb.store.visibility import visible

KIND = "post_mortem"


def of_incident(session: Session, incident: Incident, scope: Scope) -> Article | None:
    """Return the post-mortem in use that exists for the reader; the one on record before others."""
    made = select(IncidentArticle.article_id).where(
        IncidentArticle.incident_id == incident.id, IncidentArticle.part == "made"
    )
    rows = select(Article).where(
        Article.kind == KIND,
        Article.confidence != "archived",
        or_(Article.id == incident.post_mortem_id, Article.id.in_(made)),
        visible(scope),
    )
    on_record = Article.id == incident.post_mortem_id
    return session.scalars(rows.order_by(on_record.desc(), Article.id).limit(1)).first()


def of_article(session: Session, article: Article) -> Sequence[Incident]:
    """Return the incidents that a post-mortem is about, oldest first; of another kind of article none."""
    if article.kind != KIND:
        return ()
    made = select(IncidentArticle.incident_id).where(
        IncidentArticle.article_id == article.id, IncidentArticle.part == "made"
    )
    about = or_(Incident.post_mortem_id == article.id, Incident.id.in_(made))
    return session.scalars(select(Incident).where(about).order_by(Incident.id)).all()
