"""The page on which authors who never see YAML make a guide; a part of the article's form.

It carries the article's form in hidden fields and gives it back with the guide written into its text: what is
saved is the article, as one revision, under the same rules (a stale save answers 409).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from flask import render_template, request

from articles import guide_acts
from articles.autosaving import new_key
from articles.forms import Form
from articles.guide_form import GuideForm, number_problems, of_guide, open_causes, packed, to_guide, unpacked
from articles.guide_view import GuideView
from kb.domain.articles import Text
from kb.domain.diagnosis.checking import MOST_ANSWERS, MOST_CAUSES, MOST_STEPS, problems, staff_problems
from kb.domain.errors import Refused
from kb.store.article_guides import SECTION, WITH_GUIDE, draft_of, for_staff, with_guide, without_guide
from kb.store.guide_blocks import LONGEST, written
from kb.store.models import Article
from kb.web import kept
from kb.web.forms import text

_STATE = "guide"
"""The hidden field with the guide; it says that a form was posted from this page."""
ACTION = "guide"
"""Of the button that leads here, and before the colon of every button on the page."""
_LIMITS = {"causes": MOST_CAUSES, "steps": MOST_STEPS, "answers": MOST_ANSWERS}


def taken_in(form: Form) -> tuple[Form, GuideForm | None]:
    """Return the posted article's form with its guide written in; with the guide if its page is to be shown.

    Raises Reasons where the text holds a guide that cannot be read, Refused for a hidden field that is none.
    """
    action = text("action")
    if form.kind not in WITH_GUIDE:
        return form, None
    if _STATE not in request.form:
        return form, _of_form(form) if action == ACTION else None
    guide = unpacked(request.form[_STATE])
    guide_acts.take_in(guide)
    if action.startswith(f"{ACTION}:") or kept.resuming():
        guide_acts.act(guide, action.removeprefix(f"{ACTION}:"))
        return form, guide
    return _with(form, guide), guide if _unwritable(guide) else None


def written_in(form: Form) -> Form:
    """Return what is kept by itself of a posted form: with its guide, once that can be written."""
    if form.kind not in WITH_GUIDE or _STATE not in request.form:
        return form
    guide = unpacked(request.form[_STATE])
    guide_acts.take_in(guide)
    return form if _unwritable(guide) else _with(form, guide)


def _unwritable(guide: GuideForm) -> list[Refused]:
    """Return why a form cannot become a block that opens again: no numbers, or too much of it."""
    found = [*number_problems(guide)]
    if len(written(to_guide(guide))) > LONGEST:
        found.append(Refused("guides.too_long", most=LONGEST))
    return found


def opened(form: Form) -> GuideForm:
    """Return the guide in a form's text. Raises Reasons where it cannot be read."""
    return _of_form(form)


def _of_form(form: Form) -> GuideForm:
    guide = draft_of(_text(form))
    return of_guide(guide) if guide else GuideForm()


def _text(form: Form) -> Text:
    return Text(form.kind, form.title, audience=form.audience, sections=form.sections)


def _with(form: Form, guide: GuideForm) -> Form:
    """Return the article's form with this guide in its text; a guide of nothing is taken out."""
    before = form.sections.get(SECTION, "")
    some = guide.causes or guide.steps
    after = with_guide(before, written(to_guide(guide))) if some else without_guide(before).strip("\n")
    return replace(form, sections={**form.sections, SECTION: after})


@dataclass(frozen=True)
class Problem:
    """Why a guide cannot be walked. place: the id of what is to be mended on the page; title: its name."""

    reason: Refused
    place: str
    title: str


class Checked:
    """What is said of a guide while it is written."""

    def __init__(self, form: GuideForm, audience: Text) -> None:
        self.form = form
        self.staff = for_staff(audience)

    @cached_property
    def unwritable(self) -> list[Refused]:
        """Every reason why not even a draft can keep it."""
        return _unwritable(self.form)

    @cached_property
    def problems(self) -> list[Problem]:
        """Every reason why it cannot be walked, in the order of the page."""
        guide = to_guide(self.form)
        unfit = staff_problems(guide) if self.staff else []
        found = [*self.unwritable, *problems(guide), *unfit]
        once = {(one.key, one.values.get("step"), one.values.get("cause")): one for one in found}
        return [self._placed(reason) for reason in once.values()]

    def _placed(self, reason: Refused) -> Problem:
        place = next((name for name in ("step", "cause") if name in reason.values), None)
        if place is None:
            return Problem(reason, "guide-whole", "")
        id = reason.values[place]
        title = {row.id: row.title for row in (*self.form.causes, *self.form.steps)}.get(id, "")
        return Problem(Refused(reason.key, **reason.values | {place: title}), f"{place}-{id}", title)

    @cached_property
    def view(self) -> GuideView | None:
        """The guide as readers will see it, once nothing is wrong with it."""
        return None if self.problems else GuideView(to_guide(self.form))


def page(form: Form, guide: GuideForm, article: Article | None = None) -> tuple[str, int]:
    """Return the page of a guide, with 422 where it was to be left and holds what is no number."""
    action, step = text("action"), guide.step(guide.open)
    stays = action == "" or action.split(":")[0] == ACTION
    shown = render_template(
        "articles/guide_edit.html",
        article=article,
        form=form if form.key else replace(form, key=new_key()),
        guide=guide,
        step=step,
        state=packed(guide),
        checked=Checked(guide, _text(form)),
        causes_left=open_causes(guide, step) if step else [],
        limits=_LIMITS,
        left=not stays,
        did=action.removeprefix(f"{ACTION}:").split(":")[0],
    )
    return shown, 200 if stays else 422
