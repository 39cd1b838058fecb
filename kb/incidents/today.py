"""「今日やること」: one list of what waits for the person."""

from __future__ import annotations

from flask import Blueprint, current_app, render_template
from flask_login import current_user

from kb.incidents import todo
from kb.incidents.waiting import Item, Section
from kb.web import db
from kb.web.access import can, may, scope

bp = Blueprint("today", __name__)


@bp.get("/today")
@may("today.read")
def index() -> str:
    """Show what waits for the person."""
    found = [*todo.sections(db.session(), current_user, scope(), db.now()), *_gaps()]
    return render_template(
        "incidents/today.html", sections=found, total=sum(section.total for section in found), more=MORE
    )


MORE = {
    "incidents": ("incidents.index", {"state": "open"}),
    "to_close": ("incidents.index", {"state": "recovered"}),
    "actions": ("incidents.actions.index", {"view": "open"}),
    "checks": ("incidents.actions.index", {"view": "open"}),
    "walks": ("guides.index", {}),
    "flags": ("articles.upkeep.flags", {"owner": "me"}),
    "marks": ("articles.upkeep.marks", {"owner": "me"}),
    "reviews": ("articles.upkeep.overdue", {"owner": "me"}),
    "reports": ("incidents.reports.index", {}),
    "submitted": ("articles.reviews.index", {}),
    "keeps": ("privacy.index", {"_anchor": "keeps"}),
    "exports": ("privacy.index", {"_anchor": "exports"}),
    "returned": ("articles.reviews.index", {"view": "mine"}),
}
"""Where the rest of a long section stands."""


@bp.app_template_global()
def today_count() -> int:
    """Return how many things wait for the person of this request."""
    if not can("today.read"):
        return 0
    return todo.count(db.session(), current_user, scope(), db.now()) + len(_gaps())


def _gaps() -> list[Section]:
    """Return one line for all searches that nobody answered, to those who deal with them."""
    if not can("gaps.handle"):
        return []
    waiting: int = current_app.extensions["search.gaps.count"]()
    line = Item(str(waiting), "gaps", "search.gaps.index")
    return [Section("gaps", 1, [line])] if waiting else []
