"""Flagging an article, and the page of the conversation that comes of it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, make_response, redirect, render_template, url_for
from flask_login import current_user

from articles import flags, queries
from kb.domain.errors import Refused
from kb.domain.upkeep import FLAG_KINDS
from kb.store.models import Article, Flag
from kb.store.paging import LARGEST_ID
from kb.web import db, kept
from kb.web.access import can, may, scope
from kb.web.forms import block, text
from kb.web.locale import t

bp = Blueprint("flags", __name__)


@bp.app_template_global()
def article_flags(article_id: int) -> Any:
    """Return the conversations that an article's page leads to, for the person of this request."""
    if not can("article.flag"):
        return ()
    return flags.of_article(db.session(), article_id, reader_id=current_user.id, edits=can("article.edit"))


@bp.app_template_global()
def flag_kinds() -> Any:
    """Return the kinds that a reader chooses from."""
    return FLAG_KINDS


@bp.post("/articles/<int:article_id>/flags")
@may("article.flag", keeps_text=True)
def begin(article_id: int) -> Any:
    """Keep what a reader says of an article."""
    article = queries.article(db.session(), article_id, scope())
    if kept.resuming():
        return _form(article)
    try:
        sent = text("flag_kind"), block("flag_text")
        flag = flags.begin(db.session(), article, *sent, by=current_user.id, now=db.now())
        db.session().commit()
    except Refused as refused:
        _let_go(refused)
        return make_response(_form(_article(article_id), refused), refused.status)
    flash(t("flags.sent"), "success")
    return redirect(url_for(".show", article_id=article_id, flag_id=flag.id), 303)


def _form(article: Article, refused: Refused | None = None) -> str:
    values = {"kind": text("flag_kind"), "text": block("flag_text")}
    return render_template("articles/flag_new.html", article=article, values=values, refused=refused)


@bp.get("/articles/<int:article_id>/flags/<int:flag_id>")
@may("article.flag")
def show(article_id: int, flag_id: int) -> str:
    """Show a conversation to its reader and to those who may edit the article."""
    article = _article(article_id)
    return _page(article, _flag(article, flag_id))


@bp.post("/articles/<int:article_id>/flags/<int:flag_id>/messages")
@may("article.flag", keeps_text=True)
def answer(article_id: int, flag_id: int) -> Any:
    """Go on with a conversation, or close it."""
    article = _article(article_id)
    flag = _flag(article, flag_id)
    if kept.resuming():
        return _page(article, flag)
    closes = bool(text("close"))
    try:
        session, words = db.session(), block("flag_text")
        flags.answer(session, flag, words, closes=closes, by=current_user.id, now=db.now())
        session.commit()
    except Refused as refused:
        _let_go(refused)
        article = _article(article_id)
        return make_response(_page(article, _flag(article, flag_id), refused), refused.status)
    flash(t("flags.closed_now") if closes else t("flags.said_now"), "success")
    return redirect(url_for(".show", article_id=article_id, flag_id=flag_id), 303)


def _let_go(refused: Refused) -> None:
    """Give the transaction up, so that the page can be shown again; what does not exist stays so."""
    db.close()
    if refused.status in (403, 404):
        raise refused


def _article(article_id: int) -> Article:
    return queries.article(db.session(), article_id, scope())


def _flag(article: Article, flag_id: int) -> Flag:
    edits, flag_id = can("article.edit", article), min(flag_id, LARGEST_ID)
    return flags.conversation(db.session(), article, flag_id, reader_id=current_user.id, edits=edits)


def _page(article: Article, flag: Flag, refused: Refused | None = None) -> str:
    mine = flag.person_id == current_user.id
    words = {"article": article, "flag": flag, "mine": mine, "written": block("flag_text")}
    return render_template("articles/flag.html", refused=refused, **words)
