"""A person at a browser without script: forms, cookies, tokens; nothing but the standard library."""

from __future__ import annotations

import http.cookiejar
import urllib.error
import urllib.parse
import urllib.request
from html.parser import HTMLParser


class Visitor:
    """Opens pages of one server and posts forms as a browser does."""

    def __init__(self, url: str) -> None:
        self.url = url
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(cookies)

    def get(self, path: str) -> str:
        """Return the page's text. Raises OSError if nobody answers, HTTPError for a refusal."""
        with self.opener.open(self.url + urllib.parse.quote(path, safe="/?=&%"), timeout=30) as answer:
            return str(answer.read().decode())

    def post(self, path: str, form_at: str, **fields: str) -> str:
        """Post the form of the page at form_at with these fields changed; return the address after it."""
        data = first_form(self.get(form_at), path) | fields
        body = urllib.parse.urlencode(data).encode()
        with self.opener.open(self.url + path, body, timeout=30) as answer:
            answer.read()
            return str(answer.url)

    def sign_in(self, login: str, password: str) -> None:
        """Sign in through the form."""
        self.post("/sign-in", "/sign-in", login=login, password=password)


def first_form(page: str, action: str) -> dict[str, str]:
    """Return the named values of the first form on the page that posts to this path."""
    reader = _Forms(action)
    reader.feed(page)
    return reader.values


class _Forms(HTMLParser):
    def __init__(self, action: str) -> None:
        super().__init__()
        self.action = action
        self.inside = self.done = False
        self.area: str | None = None
        self.choice: str | None = None
        self.values: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "form" and not self.done:
            target = urllib.parse.urlsplit(named.get("action") or self.action).path
            self.inside = named.get("method", "").lower() == "post" and target == self.action
        if not self.inside:
            return
        name = named.get("name")
        if tag == "input" and name and named.get("type") not in ("submit", "checkbox", "radio"):
            self.values[name] = named.get("value") or ""
        elif tag == "textarea":
            self.area = name
            self.values[name or ""] = ""
        elif tag == "select":
            self.choice = name
        elif tag == "option" and self.choice and ("selected" in named or self.choice not in self.values):
            self.values[self.choice] = named.get("value") or ""

    def handle_data(self, data: str) -> None:
        if self.area:
            self.values[self.area] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self.area:
            self.values[self.area] = self.values[self.area].removeprefix("\n")
            self.area = None
        elif tag == "select":
            self.choice = None
        elif tag == "form" and self.inside:
            self.inside, self.done = False, True
