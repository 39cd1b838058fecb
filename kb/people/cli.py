"""`flask people ...`: accounts from the command line, for whoever runs the server.

What is done here is audited as done by nobody who signed in. Exit code 1 with every reason if refused.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup
from sqlalchemy.orm import Session

from kb.domain.errors import Refused
from kb.domain.people import ORGANISATIONS, ROLES
from kb.people import passwords, queries, service
from kb.people.entry import Act
from kb.people.terms import Terms, fingerprint, fold_email, fold_login, fold_name, terms_of
from kb.store.db import writing
from kb.web import db
from kb.web.locale import refusal, refusals

commands = AppGroup("people", help="Accounts: add, email, disable, enable, reset, unlock, list.")
DAY = click.DateTime(["%Y-%m-%d"])


@contextmanager
def _store() -> Iterator[Session]:
    """Yield a session in one write transaction; a refusal ends the command with its reasons."""
    _require_tables()
    try:
        with writing(db.engine()) as session:
            yield session
    except Refused as refused:
        raise click.ClickException("\n".join(refusals(refused))) from refused


def _require_tables() -> None:
    if not db.migrated(current_app):
        raise click.ClickException("The database is not up to date: run `flask init`.")


def _act() -> Act:
    return Act(None, db.now())


@commands.command()
@click.argument("login")
@click.option("--name", required=True, help="As colleagues write it.")
@click.option("--role", required=True, type=click.Choice(list(ROLES)))
@click.option("--organisation", required=True, type=click.Choice(list(ORGANISATIONS)))
@click.option("--consent-reference", default="", help="Of the ward's written consent (C-10).")
@click.option("--access-until", type=DAY, help="Last day; required outside the ward (C-10).")
@click.option("--trained-on", type=DAY, help="Day of the privacy training (C-11).")
@click.option("--email", default="", help="Where reminders are sent.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, one line.")
def add(login: str, name: str, role: str, organisation: str, password_stdin: bool, **terms: Any) -> None:
    """Add an account; print its one-time password once, unless a password is given."""
    password = _password_line(login) if password_stdin else passwords.one_time_password()
    hashed = passwords.hashed(password)
    agreed = Terms(
        name=fold_name(name),
        role=role,
        organisation=organisation,
        consent_reference=terms["consent_reference"].strip(),
        access_until=_day(terms["access_until"]),
        trained_on=_day(terms["trained_on"]),
        email=fold_email(terms["email"]),
    )
    with _store() as session:
        service.add(session, login, agreed, hashed, _act(), one_time=not password_stdin)
    click.echo(f"Added {fold_login(login)} ({role}).")
    if not password_stdin:
        _print_one_time(password)


def _password_line(login: str) -> str:
    password = sys.stdin.readline().rstrip("\r\n")
    problem = passwords.problem(password, fold_login(login))
    if problem is not None:
        raise click.ClickException(refusal(problem))
    return password


def _day(moment: datetime | None) -> Any:
    return moment.date() if moment else None


def _print_one_time(password: str) -> None:
    click.echo(f"One-time password: {password}")
    click.echo("It is shown only now, works for 24 hours and must be changed at the first sign-in.")


@commands.command()
@click.argument("login")
@click.argument("address", default="")
def email(login: str, address: str) -> None:
    """Set the address to which a person's reminders are sent; without one, none are sent."""
    with _store() as session:
        person = queries.person_by_login(session, login)
        terms = terms_of(person)
        changed = replace(terms, email=fold_email(address))
        service.change(session, person, changed, _act(), base=fingerprint(terms))
    click.echo(f"Reminders for {login}: {changed.email or 'none'}.")


@commands.command()
@click.argument("login")
def disable(login: str) -> None:
    """Let a person in no longer and end their sessions."""
    with _store() as session:
        service.disable(session, queries.person_by_login(session, login), _act())
    click.echo(f"Disabled {login}; every session has ended.")


@commands.command()
@click.argument("login")
def enable(login: str) -> None:
    """Let a disabled person in again."""
    with _store() as session:
        service.enable(session, queries.person_by_login(session, login), _act())
    click.echo(f"Enabled {login}.")


@commands.command()
@click.argument("login")
def unlock(login: str) -> None:
    """Let a person try again after too many wrong passwords."""
    with _store() as session:
        service.unlock(session, queries.person_by_login(session, login), _act())
    click.echo(f"Unlocked {login}.")


@commands.command()
@click.argument("login")
def reset(login: str) -> None:
    """Replace a forgotten password by a one-time password, printed once."""
    password = passwords.one_time_password()
    hashed = passwords.hashed(password)
    with _store() as session:
        service.reset(session, queries.person_by_login(session, login), hashed, _act())
    click.echo(f"Reset the password of {login}; every session has ended.")
    _print_one_time(password)


@commands.command("list")
def list_() -> None:
    """List the accounts: login, name, role, organisation, last day, state."""
    _require_tables()
    click.echo("\t".join(("login", "name", "role", "organisation", "last day", "state")))
    with db.reading() as session:
        for person in queries.everyone(session):
            until = person.access_until.isoformat() if person.access_until else "-"
            states = ",".join(queries.states(person, db.now()))
            click.echo(
                "\t".join((person.login, person.name, person.role, person.organisation, until, states))
            )


def create_first_administrator() -> None:
    """Add the first administrator if there is none, and print the one-time password once."""
    with _store() as session:
        password = service.create_first_administrator(session, db.now())
    if password is not None:
        click.echo("First administrator: sign in as admin")
        _print_one_time(password)
