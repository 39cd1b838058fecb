"""What holds for every row of a table: a new row is tested on the day it is listed."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from kb.domain import access
from kb.domain.articles import KINDS
from kb.domain.people import ROLES
from kb.web.locale import LABELS, LANGUAGES, WORDS, field_label

ROOT = Path(__file__).parent.parent
CODE = [file for folder in ("kb", "articles", "search") for file in (ROOT / folder).rglob("*.py")]
TEMPLATES = list((ROOT / "templates").rglob("*.html"))
KEY = re.compile(r"""(?<![\w.])t\(\s*f?["']([\w.]+)["']""")
"""A literal key of words; keys put together at run time are tested where they are made."""


@pytest.mark.parametrize("key", sorted(WORDS))
def test_every_word_is_there_in_both_languages_with_the_same_places(key):
    words = WORDS[key]

    assert set(words) == set(LANGUAGES) and all(text.strip() for text in words.values())
    places = {language: set(re.findall(r"{(\w+)", words[language])) for language in LANGUAGES}
    assert places["ja"] == places["en"], f"{key}: {places}"


def used_keys():
    """Return (file, key) of every literal t("...") in templates and code."""
    for file in [*TEMPLATES, *CODE, ROOT / "app.py"]:
        for key in KEY.findall(file.read_text(encoding="utf-8")):
            yield file.relative_to(ROOT).as_posix(), key


@pytest.mark.parametrize(("file", "key"), sorted(set(used_keys())))
def test_every_key_that_is_used_has_words(file, key):
    prefix = key.endswith((".", "_"))  # the rest is put together at run time
    assert any(known.startswith(key) for known in WORDS) if prefix else key in WORDS, f"{file}: {key}"


def refused_keys():
    """Return every literal key of a Refused in the code."""
    for file in CODE:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            named = (
                isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refused"
            )
            if named and node.args and isinstance(node.args[0], ast.Constant):
                yield node.args[0].value


@pytest.mark.parametrize("key", sorted(set(refused_keys())))
def test_every_refusal_has_words(key):
    assert key in WORDS


@pytest.mark.parametrize("table", sorted(LABELS))
def test_every_label_is_there_in_both_languages(table):
    assert all(label.ja.strip() and label.en.strip() for label in LABELS[table].values())


@pytest.mark.parametrize(
    ("kind", "section"), [(kind.key, section.key) for kind in KINDS.values() for section in kind.sections]
)
def test_every_section_has_a_hint_for_its_author(kind, section):
    assert f"articles.hint.{kind}.{section}" in WORDS


def test_every_permission_is_for_known_roles():
    for action, roles in access.PERMISSIONS.items():
        assert roles <= {access.ANYONE, *ROLES}, action
        assert "administrator" in roles, f"{action}: the administrator is locked out"


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.relative_to(ROOT / "templates").as_posix())
def test_a_template_has_nothing_inline_and_marks_nothing_safe_itself(file):
    text = file.read_text(encoding="utf-8")

    assert not re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert "|safe" not in text.replace(" ", "") and "Markup(" not in text and "autoescape false" not in text
    assert not re.search(r"https?://(?!www\.w3\.org)", text), "nothing from another host"


ASKED_BY_GET = {"find", "first", "last", "month", "q", "try", "username"}
"""Fields whose form only asks, and the login that stands beside a new password for the browser's sake."""


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.relative_to(ROOT / "templates").as_posix())
def test_every_field_that_takes_text_is_called_by_words(file):
    html = re.sub(r"\{\{ loop\.index0 \}\}", "0", file.read_text(encoding="utf-8"))
    tags = re.findall(r"<(?:textarea|input)\b[^>]*>", html)
    no_text = r'type="(hidden|checkbox|radio|file|password|datetime-local)"'
    free = [tag for tag in tags if not re.search(no_text, tag)]
    named = {name for tag in free for name in re.findall(r'\bname="([^"{]+)"', tag)}
    named |= set(re.findall(r'\b(?:field|textarea)\(\s*"([^"]+)"', html))

    assert not {name for name in named - ASKED_BY_GET if field_label(name) == name}


def test_only_the_gate_and_the_time_filters_make_markup():
    makers = [f.relative_to(ROOT).as_posix() for f in CODE if "Markup(" in f.read_text(encoding="utf-8")]

    assert makers == ["kb/web/shell.py"]
