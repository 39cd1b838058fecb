"""The pages of the thesaurus: the list with a place to try it, the form, what can be undone."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_login import current_user

from kb.domain.errors import Refused
from kb.domain.periods import japan_date
from kb.web import db, kept
from kb.web.access import may
from kb.web.locale import t
from search.thesaurus import Group
from search.vocabulary import forms, groups, lines, rules, service
from search.vocabulary.current import Current
from search.vocabulary.forms import Form
from search.vocabulary.groups import Entry
from search.vocabulary.service import Act
from search.vocabulary.trying import widened

bp = Blueprint("thesaurus", __name__, url_prefix="/thesaurus")
_MOST_NAMED = 3
_SHOWN = 60
"""Characters of a group in a message: messages travel in the cookie, which browsers drop beyond 4 KB."""


@bp.get("/")
@may("thesaurus.read")
def index() -> str:
    """List the groups, and show what a query is widened by."""
    words, state, tried = forms.wanted()
    listed = groups.listed(
        groups.everything(db.session()), words, state, request.args.get("page", 1, type=int)
    )
    return render_template(
        "search/thesaurus.html",
        page=listed.page,
        counts=listed.counts,
        states=[(name, _choice(name, listed.counts[name])) for name in groups.STATES],
        args={name: value for name, value in (("q", words), ("state", state), ("try", tried)) if value},
        tried=tried,
        widened=widened(tried, _current().newest(db.session())) if tried else [],
    )


def _choice(state: str, count: int) -> str:
    return t("thesaurus.index.choice", state=t(f"thesaurus.state.{state}"), n=count)


def _current() -> Current:
    current: Current = current_app.extensions["search.thesaurus"]
    return current


@bp.get("/groups.txt")
@may("thesaurus.read")
def export() -> Response:
    """Give the ward's groups as a file that the command can read again."""
    today = japan_date(db.now()).isoformat()
    text = lines.written(groups.everything(db.session()), t("thesaurus.file", day=today))
    answer = Response(text, mimetype="text/plain")
    answer.headers.set("Content-Disposition", "attachment", filename=f"thesaurus-{today}.txt")
    return answer


@bp.route("/new", methods=["GET", "POST"])
@may("thesaurus.edit", keeps_text=True)
def new() -> Any:
    """Add a group of the ward's own."""
    if request.method != "POST":
        return _form(forms.asked())
    form = forms.posted()
    if kept.resuming():
        return _form(form)
    try:
        words, finds = forms.to_group(form)
        service.add(db.session(), words, finds, _act())
    except Refused as refused:
        return _refused_form(form, refused)
    return _saved(Group(words, finds))


@bp.route("/<int:group_id>", methods=["GET", "POST"])
@may("thesaurus.edit", keeps_text=True)
def edit(group_id: int) -> Any:
    """Change what the ward keeps: a group of its own, or its wording of a shipped one."""
    if request.method != "POST":
        return _edit(groups.entry(db.session(), group_id))
    try:
        entry = groups.entry(db.session(), group_id)
    except Refused:
        return _gone()
    return _edit(entry)


@bp.route("/shipped/<name>", methods=["GET", "POST"])
@may("thesaurus.edit", keeps_text=True)
def edit_shipped(name: str) -> Any:
    """Change a shipped group: from then on the ward's wording holds."""
    entry = groups.shipped_entry(db.session(), name)
    if entry.row and request.method != "POST":
        return redirect(url_for(".edit", group_id=entry.row.id), 303)
    return _edit(entry)


def _edit(entry: Entry) -> Any:
    if request.method != "POST":
        return _form(forms.of_entry(entry), entry)
    form = forms.posted()
    if kept.resuming():
        return _form(form, entry)
    try:
        words, finds = forms.to_group(form)
        service.change(db.session(), entry, words, finds, _act(), base=form.base)
    except Refused as refused:
        return _refused_form(form, refused, entry)
    return _saved(Group(words, finds), entry)


def _gone() -> Any:
    """Answer a save of what somebody removed meanwhile; the writer's words stay in the form."""
    form = replace(forms.posted(), base=0)
    if form.shipped in groups.by_address():
        stale = Refused("thesaurus.stale", status=409)
        return _refused_form(form, stale, groups.shipped_entry(db.session(), form.shipped))
    return _refused_form(replace(form, shipped=""), Refused("thesaurus.gone", status=409))


def _form(
    form: Form, entry: Entry | None = None, *, problems: Any = None, record: Entry | None = None
) -> str:
    return render_template(
        "search/thesaurus_edit.html", form=form, entry=entry, problems=problems or {}, record=record
    )


def _refused_form(form: Form, refused: Refused, entry: Entry | None = None) -> tuple[str, int]:
    """Show the form again as typed, the reasons beside it, and after a stale save what is on record."""
    db.session().rollback()
    stale = refused.key == "thesaurus.stale" and entry is not None
    if stale and entry:
        form = replace(form, base=entry.version)
    shown = _form(form, entry, problems=forms.problems(refused), record=entry if stale else None)
    return shown, refused.status


@bp.post("/shipped/<name>/off")
@may("thesaurus.edit")
def switch_off(name: str) -> Any:
    """Use a shipped group no longer."""
    entry = groups.shipped_entry(db.session(), name)
    service.switch_off(db.session(), entry, _act())
    flash(t("thesaurus.done.switched_off", group=_short(entry.line)), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/<int:group_id>/drop")
@may("thesaurus.edit")
def drop(group_id: int) -> Any:
    """Delete the ward's own group, or go back to a shipped one as it came."""
    entry = groups.entry(db.session(), group_id)
    done = service.drop(db.session(), entry, _act(), base=forms.posted_base())
    shown = entry if done == "removed" or not entry.shipped else Entry(entry.shipped, None, entry.shipped)
    flash(t(f"thesaurus.done.{done}", group=_short(shown.line)), "success")
    return redirect(url_for(".index"), 303)


def _saved(group: Group, entry: Entry | None = None) -> Any:
    """Say what was saved, and which other groups hold one of its words: to be seen, not to be mended."""
    flash(t("thesaurus.done.saved", group=_short(rules.line(group.words, group.finds))), "success")
    entries = groups.everything(db.session())
    others = [(word, line) for word, line in rules.sharing(group, groups.in_use(entries)) if line != group]
    if others:
        named = t("thesaurus.and").join(
            t("thesaurus.also", word=_short(word), group=_short(rules.line(other.words, other.finds)))
            for word, other in others[:_MOST_NAMED]
        )
        flash(t("thesaurus.shared", n=len(others), groups=named), "info")
    return redirect(url_for(".index"), 303)


def _short(words: str) -> str:
    return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}…"


def _act() -> Act:
    return Act(current_user.id, db.now(), request.remote_addr or "")
