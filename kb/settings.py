"""Settings: read from the environment once, checked at start, then never changed."""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

SECRET_SHORTEST = 32
SENDER = re.compile(r"[!-?A-~]+@[!-?A-~]+")
SMTP_SECURITY = ("none", "starttls", "tls")
WEAK_WORDS = ("secret", "changeme", "change-me", "password", "default", "kiriwake", "development", "example")


class SettingsError(Exception):
    """One or more settings are wrong; `str()` is one clear sentence for each."""


@dataclass(frozen=True)
class Smtp:
    """The mail server that reminders are handed to. security: "none", "starttls" or "tls"."""

    host: str
    sender: str
    port: int = 25
    security: str = "none"
    user: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True)
class Settings:
    """Everything that an operator can set; docs/operate.md lists it by the same names.

    secret_key: None until one is set or generated; commands work without, serving does not.
    smtp: None: no mail is written or sent. base_url: how links in mail begin; "" for none.
    public_contacts: the ward's own numbers, mail and postal addresses, which are no personal data (C-14).
    """

    data: Path
    database_url: str
    secret_key: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    threads: int = 8
    https: bool = False
    trusted_proxies: int = 0
    hosts: tuple[str, ...] = ()
    open_staff_pages: bool = False
    idle: timedelta = timedelta(minutes=30)
    absolute: timedelta = timedelta(hours=12)
    attachment_bytes: int = 20 * 2**20
    upload_bytes: int = 4 * 2**20
    search_log_days: int = 400
    smtp: Smtp | None = None
    base_url: str = ""
    public_contacts: tuple[str, ...] = ()
    testing: bool = False

    @property
    def index(self) -> Path:
        """Where the search index lives: derived from the database, can always be rebuilt."""
        return self.data / "index"

    @property
    def attachments(self) -> Path:
        """Where attachments lie, by their SHA-256."""
        return self.data / "attachments"


def secret_file(data: Path) -> Path:
    """Return where `flask init` keeps the secret it generated."""
    return data / "secret_key"


def generate_secret(data: Path) -> None:
    """Write a new secret, readable by its owner only; keep one that is there."""
    data.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        descriptor = os.open(secret_file(data), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
        file.flush()
        os.fsync(file.fileno())


def from_environment(environment: Mapping[str, str] = os.environ) -> Settings:
    """Return the settings. Raises SettingsError with a sentence for each mistake, all at once."""
    read = _Environment(environment)
    data = Path(environment.get("KB_DATA") or "var").absolute()
    settings = Settings(
        data=data,
        database_url=environment.get("KB_DATABASE_URL") or f"sqlite:///{data / 'kiriwake.db'}",
        secret_key=read.secret(data),
        host=environment.get("KB_HOST") or "127.0.0.1",
        port=read.number("PORT", 8000, 1, 65_535),
        threads=read.number("KB_THREADS", 8, 1, 64),
        https=read.switch("KB_HTTPS"),
        trusted_proxies=read.number("KB_TRUSTED_PROXIES", 0, 0, 5),
        hosts=tuple(environment.get("KB_HOSTS", "").replace(",", " ").split()),
        open_staff_pages=read.switch("KB_OPEN_STAFF_PAGES"),
        idle=timedelta(minutes=read.number("KB_IDLE_MINUTES", 30, 1, 24 * 60)),
        absolute=timedelta(hours=read.number("KB_SESSION_HOURS", 12, 1, 7 * 24)),
        attachment_bytes=read.number("KB_ATTACHMENT_MB", 20, 1, 500) * 2**20,
        smtp=read.smtp(),
        base_url=read.base_url(),
        public_contacts=tuple(
            filter(None, map(str.strip, environment.get("KB_PUBLIC_CONTACTS", "").split(";")))
        ),
        search_log_days=read.number("KB_SEARCH_LOG_DAYS", 400, 0, 3_650),
    )
    read.unknown_names()
    if read.mistakes:
        raise SettingsError("\n".join(read.mistakes))
    return settings


class _Environment:
    """Reads values and collects the mistakes, so that all of them are told together."""

    known = frozenset(
        "KB_DATA KB_DATABASE_URL KB_SECRET_KEY KB_HOST KB_HOSTS KB_THREADS KB_HTTPS KB_TRUSTED_PROXIES "
        "KB_OPEN_STAFF_PAGES KB_IDLE_MINUTES KB_SESSION_HOURS KB_ATTACHMENT_MB KB_SEARCH_LOG_DAYS "
        "KB_SMTP_HOST KB_SMTP_PORT KB_SMTP_SECURITY KB_SMTP_USER KB_SMTP_PASSWORD KB_SMTP_FROM KB_BASE_URL "
        "KB_SCREENSHOTS KB_PUBLIC_CONTACTS".split()
    )

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.mistakes: list[str] = []

    def number(self, name: str, default: int, least: int, most: int) -> int:
        text = self.environment.get(name, "").strip()
        if not text:
            return default
        if text.isascii() and text.isdigit() and least <= int(text) <= most:
            return int(text)
        self.mistakes.append(f"{name}: {text!r} is not a whole number from {least} to {most}.")
        return default

    def switch(self, name: str) -> bool:
        text = self.environment.get(name, "").strip().lower()
        if text in {"", "0", "no", "off", "false"}:
            return False
        if text not in {"1", "yes", "on", "true"}:
            self.mistakes.append(f"{name}: {text!r} is neither 1 nor 0.")
        return True

    def smtp(self) -> Smtp | None:
        host = self.environment.get("KB_SMTP_HOST", "").strip()
        if not host:
            return None
        smtp = Smtp(
            host,
            self.environment.get("KB_SMTP_FROM", "").strip(),
            self.number("KB_SMTP_PORT", 25, 1, 65_535),
            self.environment.get("KB_SMTP_SECURITY", "").strip().lower() or "none",
            self.environment.get("KB_SMTP_USER", ""),
            self.environment.get("KB_SMTP_PASSWORD", ""),
        )
        if not SENDER.fullmatch(smtp.sender):
            self.mistakes.append("KB_SMTP_FROM: give the address that mail is sent from, name@domain.")
        if smtp.security not in SMTP_SECURITY:
            self.mistakes.append(
                f"KB_SMTP_SECURITY: {smtp.security!r} is not one of {', '.join(SMTP_SECURITY)}."
            )
        elif smtp.user and smtp.security == "none":
            self.mistakes.append("KB_SMTP_USER: a password needs KB_SMTP_SECURITY starttls or tls.")
        return smtp

    def base_url(self) -> str:
        given = self.environment.get("KB_BASE_URL", "").strip().rstrip("/")
        parts = urlsplit(given)
        if given and not (parts.scheme in {"http", "https"} and parts.netloc and not parts.query):
            self.mistakes.append(f"KB_BASE_URL: {given!r} does not begin like an address (https://...).")
        return given

    def secret(self, data: Path) -> str | None:
        given = self.environment.get("KB_SECRET_KEY", "")
        if given:
            return self._strong(given)
        file = secret_file(data)
        if not file.exists():
            return None
        if file.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            self.mistakes.append(f"{file}: others can read it; set its mode to 0600.")
        return file.read_text(encoding="ascii").strip()

    def _strong(self, given: str) -> str | None:
        if len(given) < SECRET_SHORTEST or len(set(given)) < 10:
            self.mistakes.append(
                f"KB_SECRET_KEY: too weak; give at least {SECRET_SHORTEST} random characters."
            )
        elif any(word in given.lower() for word in WEAK_WORDS):
            self.mistakes.append("KB_SECRET_KEY: holds a common word; give random characters.")
        return given

    def unknown_names(self) -> None:
        """A misspelt setting would be silently ignored: say so."""
        for name in sorted(self.environment):
            if name.startswith("KB_") and name not in self.known:
                self.mistakes.append(f"{name}: there is no such setting; docs/operate.md lists them.")
