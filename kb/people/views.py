"""The pages of accounts: signing in, one's password, and what an administrator sees and does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, replace
from operator import itemgetter
from typing import Any

from flask import (
    Blueprint,
    Flask,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_limiter import RateLimitExceeded
from flask_login import current_user

from kb.domain.errors import Reasons, Refused
from kb.domain.people import ORGANISATIONS, ROLES
from kb.people import entry, forms, limits, passwords, queries, service, trail
from kb.people.entry import Act
from kb.people.forms import Form
from kb.store.models import Person
from kb.web import db, kept, sessions
from kb.web.access import may
from kb.web.forms import text as posted
from kb.web.locale import label, local_path, t

bp = Blueprint("people", __name__)


def init_app(app: Flask) -> None:
    """Count wrong passwords from now on."""
    limits.limiter.init_app(app)


def act() -> Act:
    """Return who does this request, when, and from where."""
    return Act(current_user.id, db.now(), limits.address())


@bp.route("/sign-in", methods=["GET", "POST"])
@may("open")
@limits.failures_of_an_address
@limits.failures_of_an_account
def sign_in() -> Any:
    """Let somebody in. Every failure gets the same sentence."""
    if request.method != "POST":
        return _onward() if current_user.is_authenticated else _sign_in_page()
    with db.reading() as reading:
        tried = entry.attempt(reading, posted("login"), request.form.get("password", ""))
    former = current_user.token if current_user.is_authenticated else None
    try:
        person, token = entry.sign_in(db.session(), tried, act(), former=former)
    except Refused as refused:
        return _sign_in_page(refused), 422
    sessions.enter(person, token)
    return _to_password() if person.must_change_password else _back_to_text() or _onward()


def _sign_in_page(problem: Refused | None = None) -> str:
    return render_template("people/sign_in.html", problem=problem, login=posted("login"), **_carried())


def _carried() -> dict[str, str | None]:
    """Return what a form hands on: where the person was going, and the text that they were writing."""
    target = request.form.get("next") or request.args.get("next")
    return {"next": local_path(target), "kept": request.form.get("kept") or None}


def _to_password() -> Any:
    """Lead to the password first; text that waits comes along."""
    carried = _carried()
    if carried["kept"]:
        return _password_page()
    return redirect(url_for(".password", next=carried["next"]), 303)


def _back_to_text() -> Response | None:
    payload = request.form.get("kept")
    page = kept.give_back(payload) if payload else None
    if payload and page is None:
        flash(t("people.kept_lost"), "warning")
    return page


def _onward() -> Any:
    return redirect(_carried()["next"] or url_for("articles.home"), 303)


@bp.errorhandler(RateLimitExceeded)
def too_often(error: RateLimitExceeded) -> Any:
    """Say so on the form that was sent too often, so that kept text stays in it."""
    problem = Refused("people.too_often", status=429)
    page = _password_page((problem,)) if request.endpoint == "people.password" else _sign_in_page(problem)
    response = make_response(page, 429)
    response.headers["Retry-After"] = "600"
    return response


@bp.post("/sign-out")
@may("open")
def sign_out() -> Any:
    """End the session here and in the browser."""
    if current_user.is_authenticated:
        entry.sign_out(db.session(), current_user.id, current_user.token, act())
        sessions.leave()
    flash(t("people.signed_out"), "success")
    return redirect(url_for(".sign_in"), 303)


@bp.route("/password", methods=["GET", "POST"])
@may("session")
@limits.failures_of_a_person
def password() -> Any:
    """Change one's own password; whoever has a one-time password is led here first."""
    if request.method != "POST":
        return _password_page()
    typed = [request.form.get(name, "") for name in ("current", "new", "again")]
    try:
        with db.reading() as reading:
            hashes = entry.new_hash(reading, current_user.id, *typed)
        person, token = entry.change_password(db.session(), current_user.id, hashes, act())
    except Refused as refused:
        return _refused_password(refused)
    sessions.enter(person, token)
    flash(t("people.password_changed"), "success")
    return _back_to_text() or _onward()


def _password_page(problems: Any = ()) -> str:
    shown = {reason.values.get("field", ""): reason for reason in problems}
    return render_template("people/password.html", problems=problems, by_field=shown, **_carried())


def _refused_password(refused: Refused) -> Any:
    reasons = refused.reasons if isinstance(refused, Reasons) else (refused,)
    if any(reason.key == "people.current_password_wrong" for reason in reasons):
        entry.refuse_current_password(db.session(), current_user.id, act())
    return _password_page(reasons), refused.status


@bp.get("/people/")
@may("people.manage")
def index() -> str:
    """List the accounts."""
    words = request.args.get("q", "").strip()[:100]
    page = queries.listed(db.session(), words, request.args.get("page", 1, type=int))
    rows = [(person, queries.states(person, db.now())) for person in page.rows]
    return render_template("people/index.html", page=page, rows=rows, q=words)


@bp.route("/people/new", methods=["GET", "POST"])
@may("people.manage", keeps_text=True)
def new() -> Any:
    """Add an account; its one-time password is shown on the answer and nowhere else."""
    if request.method != "POST":
        return _form(Form())
    form = forms.posted()
    if kept.resuming():
        return _form(form)
    try:
        one_time = passwords.one_time_password()
        hashed = passwords.hashed(one_time)
        person = service.add(db.session(), form.login, forms.to_terms(form), hashed, act())
    except Refused as refused:
        return _refused_form(form, refused)
    return _one_time_page(person, one_time, added=True)


@bp.get("/people/<int:person_id>")
@may("people.manage")
def show(person_id: int) -> str:
    """Show an account with what can be done about it."""
    person = queries.person(db.session(), person_id)
    return render_template("people/show.html", person=person, states=queries.states(person, db.now()))


@bp.route("/people/<int:person_id>/edit", methods=["GET", "POST"])
@may("people.manage", keeps_text=True)
def edit(person_id: int) -> Any:
    """Change an account's terms. A stale form answers 409 and shows what is on record beside it."""
    person = queries.person(db.session(), person_id, to_change=request.method == "POST")
    if request.method != "POST":
        return _form(forms.of_person(person), person)
    form = replace(forms.posted(), login=person.login)
    if kept.resuming():
        return _form(form, person)
    try:
        service.change(db.session(), person, forms.to_terms(form), act(), base=form.base)
    except Refused as refused:
        return _refused_form(form, refused, person_id)
    flash(t("people.changed"), "success")
    return redirect(url_for(".show", person_id=person_id), 303)


def _form(form: Form, person: Person | None = None, *, problems: Any = None, record: Any = None) -> str:
    choices = {
        "role": [(key, label("role", key)) for key in ROLES],
        "organisation": [(key, label("organisation", key)) for key in ORGANISATIONS],
    }
    return render_template(
        "people/edit.html", form=form, person=person, problems=problems or {}, choices=choices, record=record
    )


def _refused_form(form: Form, refused: Refused, person_id: int | None = None) -> tuple[str, int]:
    db.session().rollback()
    db.session().expire_all()
    person = queries.person(db.session(), person_id) if person_id else None
    record = None
    if person is not None and refused.status == 409:
        record = _on_record(form, forms.of_person(person))
        form = replace(form, base=forms.of_person(person).base)
    return _form(form, person, problems=forms.problems(refused), record=record), refused.status


def _on_record(mine: Form, theirs: Form) -> dict[str, str]:
    """Return, for each field that differs, what is on record: both stay in sight."""
    mine_, theirs_ = asdict(mine), asdict(theirs)
    return {name: theirs_[name] for name in theirs_ if name != "base" and theirs_[name] != mine_[name]}


@bp.post("/people/<int:person_id>/disable")
@may("people.manage")
def disable(person_id: int) -> Any:
    """Let a person in no longer."""
    return _change_state(service.disable, person_id, "people.disabled_now")


@bp.post("/people/<int:person_id>/enable")
@may("people.manage")
def enable(person_id: int) -> Any:
    """Let a disabled person in again."""
    return _change_state(service.enable, person_id, "people.enabled_now")


@bp.post("/people/<int:person_id>/unlock")
@may("people.manage")
def unlock(person_id: int) -> Any:
    """Let a locked person try again."""
    return _change_state(service.unlock, person_id, "people.unlocked_now")


def _change_state(change: Callable[..., None], person_id: int, done: str) -> Any:
    person = queries.person(db.session(), person_id, to_change=True)
    change(db.session(), person, act())
    flash(t(done, name=person.name), "success")
    return redirect(url_for(".show", person_id=person_id), 303)


@bp.post("/people/<int:person_id>/reset")
@may("people.manage")
def reset(person_id: int) -> str:
    """Replace a forgotten password; the one-time password is shown on the answer and nowhere else."""
    one_time = passwords.one_time_password()
    hashed = passwords.hashed(one_time)
    person = queries.person(db.session(), person_id, to_change=True)
    service.reset(db.session(), person, hashed, act())
    return _one_time_page(person, one_time, added=False)


def _one_time_page(person: Person, one_time: str, *, added: bool) -> str:
    return render_template("people/one_time.html", person=person, one_time=one_time, added=added)


@bp.get("/audit")
@may("audit.read")
def audit() -> str:
    """Show the audit log."""
    wanted = forms.wanted_audit()
    page = queries.audit(db.session(), wanted, request.args.get("page", 1, type=int))
    names = queries.names(db.session(), page.rows)
    return render_template(
        "people/audit.html",
        page=page,
        lines=[trail.line(row, names) for row in page.rows],
        wanted=wanted,
        args={name: value for name, value in asdict(wanted).items() if value},
        people=[(person.id, f"{person.name}（{person.login}）") for person in queries.everyone(db.session())],
        actions=sorted(_action_choices(), key=itemgetter(1)),
    )


def _action_choices() -> list[tuple[str, str]]:
    return [(key, trail.action_words(key)) for key in queries.actions(db.session())]
