"""How often somebody may be wrong: counted per address and per account, in this process's memory.

Only failures count, so that an office behind one address signs in as it likes. The account's limit lies
above the ten failures that lock it: what an administrator unlocked works at once.
"""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask_limiter import Limiter, RequestLimit
from flask_login import current_user
from limits import parse

from kb.people.terms import fold_login
from kb.store import audit
from kb.store.db import writing
from kb.web import db

PER_ACCOUNT = "20 per 10 minutes"
PER_ADDRESS = "100 per 10 minutes"
TELL = parse("1 per minute")
"""How often a limit that stops an address is audited: a flood must not flood the log."""


def address() -> str:
    """Return the client's address; behind proxies the one that KB_TRUSTED_PROXIES lets through."""
    return (request.remote_addr or "")[:45]


def _account() -> str:
    return "login:" + fold_login(request.form.get("login", "")[:200])


def _person() -> str:
    return f"person:{current_user.id}"


def _failed(response: Response) -> bool:
    return response.status_code == 422


def _tell(limit: RequestLimit) -> None:
    if not limiter.limiter.hit(TELL, "told", address()):
        return
    db.close()
    with writing(db.engine()) as session:
        audit.record(session, "people.sign_in_limited", at=db.now(), by=current_user.id, address=address())


limiter = Limiter(address, storage_uri="memory://", strategy="moving-window")
_rules: dict[str, Any] = {"methods": ["POST"], "deduct_when": _failed, "on_breach": _tell}
failures_of_an_address = limiter.limit(PER_ADDRESS, key_func=address, **_rules)
failures_of_an_account = limiter.limit(PER_ACCOUNT, key_func=_account, **_rules)
failures_of_a_person = limiter.limit(PER_ACCOUNT, key_func=_person, **_rules)
