"""What readers flag: a small conversation between a reader and who is in charge, until it is answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from kb.domain import personal_data
from kb.domain.articles import READABLE
from kb.domain.errors import Refused, refuse_all
from kb.domain.upkeep import FLAG_KINDS, LONGEST_MESSAGE
from kb.store import audit
from kb.store.models import Article, Flag, FlagMessage
from kb.store.notices import notify
from kb.store.ownership import in_charge

MOST_AN_HOUR = 20
"""Messages that one person may write within an hour: many more than a person does."""


def begin(session: Session, article: Article, kind: str, text: str, *, by: int, now: datetime) -> Flag:
    """Keep what a reader says of an article, within the transaction; tell who is in charge.

    While an earlier conversation of this reader about the article is open, the words go on there.
    Raises Refused for an unknown kind, no words, personal data, a draft, or too many in an hour (429).
    """
    if article.confidence not in READABLE:
        raise Refused("articles.not_found", status=404)
    if kind not in FLAG_KINDS:
        raise Refused("flags.kind_missing", field="flag_kind")
    _check(session, text, by, now)
    mine = Flag.article_id == article.id, Flag.person_id == by, Flag.closed_at.is_(None)
    flag = session.scalar(select(Flag).where(*mine))
    if flag is None:
        flag = Flag(article_id=article.id, revision_id=article.published_id, person_id=by, kind=kind, at=now)
        session.add(flag)
        session.flush()
        _record(session, "article.flagged", flag, by=by, now=now)
    _say(session, flag, article, text, by=by, now=now)
    return flag


def answer(session: Session, flag: Flag, text: str, *, closes: bool, by: int, now: datetime) -> None:
    """Add to a conversation, or close it, or both, within the transaction; tell the other side.

    Raises Refused 409 for one that is closed, 422 without words unless its reader only closes it.
    """
    if flag.closed_at is not None:
        raise Refused("flags.closed", status=409)
    if text.strip() or not (closes and by == flag.person_id):
        _check(session, text, by, now)
        _say(session, flag, flag.article, text, by=by, now=now)
    if closes:
        flag.closed_at, flag.closed_by, flag.waits_for = now, by, ""
        _record(session, "article.flag_closed", flag, by=by, now=now)


def _check(session: Session, text: str, by: int, now: datetime) -> None:
    refuse_all(personal_data.problems({"flag_text": text}))
    if not text.strip():
        raise Refused("flags.words_missing", field="flag_text")
    if len(text) > LONGEST_MESSAGE:
        raise Refused("articles.too_long", field="flag_text", most=LONGEST_MESSAGE)
    lately = FlagMessage.person_id == by, FlagMessage.at > now - timedelta(hours=1)
    if (session.scalar(select(func.count()).select_from(FlagMessage).where(*lately)) or 0) >= MOST_AN_HOUR:
        raise Refused("flags.too_often", status=429)


def _say(session: Session, flag: Flag, article: Article, text: str, *, by: int, now: datetime) -> None:
    session.add(FlagMessage(flag_id=flag.id, person_id=by, at=now, text=text.strip()))
    session.flush()
    about = ("article", article.id)
    if by == flag.person_id:
        flag.waits_for = "owner"
        notify(session, "flag_raised", in_charge(session, article, now), about=about, at=now, by=by)
    else:
        flag.waits_for = "reader"
        _record(session, "article.flag_answered", flag, by=by, now=now)
        notify(session, "flag_answered", [flag.person_id], about=about, at=now, by=by)


def _record(session: Session, action: str, flag: Flag, *, by: int, now: datetime) -> None:
    number = {"object_type": "article", "object_id": flag.article_id}
    audit.record(session, action, at=now, by=by, **number, flag=flag.id, kind=flag.kind)


def of_article(
    session: Session, article_id: int, *, reader_id: int | None, edits: bool, most: int = 5
) -> Sequence[Flag]:
    """Return the newest conversations that an article's page leads to.

    The reader's own, closed ones too; for whoever may edit the article every open one.
    """
    own = Flag.person_id == reader_id
    seen = or_(own, Flag.closed_at.is_(None)) if edits else own
    rows = select(Flag).where(Flag.article_id == article_id, seen)
    return session.scalars(rows.order_by(Flag.closed_at.is_not(None), Flag.id.desc()).limit(most)).all()


def conversation(session: Session, article: Article, flag_id: int, *, reader_id: int, edits: bool) -> Flag:
    """Return a conversation about this article, or raise Refused 404 for anybody who has no part in it."""
    rows = select(Flag).where(Flag.id == flag_id, Flag.article_id == article.id)
    messages = selectinload(Flag.messages).joinedload(FlagMessage.person)
    flag = session.scalar(rows.options(joinedload(Flag.person), messages))
    if flag is None or not (edits or flag.person_id == reader_id):
        raise Refused("articles.not_found", status=404)
    return flag
