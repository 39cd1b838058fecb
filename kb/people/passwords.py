"""Password hashes and one-time passwords.

argon2id at the cost that OWASP's Password Storage Cheat Sheet recommends: 19 MiB, two passes, one lane.
A hash made with other parameters is made anew at the next sign-in.
"""

from __future__ import annotations

import secrets
import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kb.domain.errors import Refused
from kb.domain.people import PASSWORD_LONGEST, password_problem
from kb.people.guessable import GUESSABLE

HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
EASY_TO_READ = "abcdefghjkmnpqrstuvwxyz23456789"
"""No i, l, o, 0, 1: a one-time password is read out or copied from paper."""


def hashed(password: str) -> str:
    """Return the argon2id hash. Takes tens of milliseconds: never inside a write transaction."""
    return HASHER.hash(_normal(password))


def matches(password_hash: str | None, password: str) -> bool:
    """Return whether the password belongs to the hash; None (no such login) takes the same time."""
    password = _normal(password)[: PASSWORD_LONGEST + 1]
    try:
        right = HASHER.verify(password_hash or _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return right and password_hash is not None


def outdated(password_hash: str) -> bool:
    """Return whether the hash was made with other parameters than today's."""
    return HASHER.check_needs_rehash(password_hash)


def one_time_password() -> str:
    """Return a random password of 16 characters (79 bits) in groups of four."""
    groups = ("".join(secrets.choice(EASY_TO_READ) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def problem(password: str, login: str) -> Refused | None:
    """Return why this password is not accepted for this login, or None."""
    return password_problem(password, GUESSABLE, login)


@cache
def _nobodys_hash() -> str:
    return hashed(secrets.token_hex())


def _normal(password: str) -> str:
    """The same characters typed on another keyboard may arrive composed differently."""
    return unicodedata.normalize("NFC", password)
