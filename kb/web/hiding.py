"""Hosts and IP addresses are for those who mend things: ward readers get black squares instead (C-11).

It is done to the answer, whatever it is made of: page, snippet, suggestion, feed, calendar or JSON. Only
characters between tags and in attributes change, no tag does. What the reader typed themselves stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from flask import Flask, Response, request

from kb.domain.personal_data import HIDE, find, plain
from kb.web.access import can

_TEXTS = ("text/", "application/json", "application/xml", "application/atom+xml")
_OPENED = str.maketrans("<>", "\n\n")
_PART = re.compile(r"<[^<>]*>|\n|[^<\n]")


def init_app(app: Flask) -> None:
    """Look at every answer for those who may not read hosts."""
    app.after_request(_hide)


def _hide(response: Response) -> Response:
    if response.direct_passthrough or response.is_streamed or not response.mimetype.startswith(_TEXTS):
        return response
    if request.endpoint in (None, "static") or can("hosts.read"):
        return response
    text = response.get_data(as_text=True)
    own = {plain(request.host), plain(request.host.rsplit(":", 1)[0])}
    typed = plain(" ".join([request.args.get("q", ""), *request.form.values()]))
    hidden = without_hosts(text, lambda value: value in own or value in typed)
    if hidden != text:
        response.set_data(hidden)
    return response


def without_hosts(text: str, known: Callable[[str], bool] = lambda _: False) -> str:
    """Return the text with hosts in black squares, tags as they are. known: plain value -> leave it.

    What a reader sees first, across tags; then what stands in the tags themselves, an address of a link.
    """
    text = _without(text, text, known)
    return _without(text, text.translate(_OPENED), known)


def _without(text: str, looked_at: str, known: Callable[[str], bool]) -> str:
    parts, place = [], 0
    for found in find(looked_at, (HIDE,)):
        value = text[found.start : found.end]
        if known(plain(value)):
            continue
        parts += [text[place : found.start], _PART.sub(_square, value)]
        place = found.end
    return "".join([*parts, text[place:]])


def _square(part: re.Match[str]) -> str:
    return part[0] if len(part[0]) > 1 or part[0] == "\n" else "■"
