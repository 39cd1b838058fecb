"""The arrows of docs/architecture.md, read from the code itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SELDOM = (
    "alembic",
    "mammoth",
    "openpyxl",
    "PIL",
    "pypdf",
    "search.bench",
    "search.evaluate",
    "search.experiment",
)
FEATURES = ("articles", "search", "kb.guides", "kb.incidents", "kb.notices", "kb.people", "kb.privacy")
ALLOWED = {
    "app": {"kb.web", "kb.store.db", "kb.settings", *FEATURES},
    **{
        feature: {feature, "kb.web", "kb.store", "kb.domain", "kb.settings", "kb.on_demand"}
        for feature in FEATURES
    },
    "kb.web": {"kb.web", "kb.store", "kb.domain", "kb.settings", "kb.on_demand"},
    "kb.store": {"kb.store", "kb.domain", "kb.on_demand"},
    "kb.domain": {"kb.domain"},
    "kb.settings": set(),
    "kb.on_demand": set(),
}
"""Package -> what it may import of ours."""

BANNED = {"kb.store": {"flask", "flask_login"}, "kb.domain": {"flask", "sqlalchemy"}}
NAMES_THAT_SAY_NOTHING = {"utils", "helpers", "common", "manager", "misc"}


def modules():
    """Return (dotted name, path) of every module of the product."""
    files = [ROOT / "app.py"]
    files += [file for folder in ("kb", "articles", "search") for file in (ROOT / folder).rglob("*.py")]
    return [(_dotted(file), file) for file in sorted(files) if "versions" not in file.parts]


def _dotted(file):
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def package_of(module):
    """Return the key of ALLOWED that a module belongs to."""
    return next((key for key in sorted(ALLOWED, key=len, reverse=True) if within(module, key)), None)


def within(module, package):
    return module == package or module.startswith(package + ".")


def imports(file):
    """Return every dotted name that a file imports, now or on demand, "from a import b" as a.b."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "on_demand":
            yield from (argument.value for argument in node.args)


@pytest.mark.parametrize(("module", "file"), modules(), ids=lambda value: str(value))
def test_a_module_imports_only_along_the_arrows(module, file):
    if module == "kb":
        return
    package = package_of(module)
    assert package, f"{module} belongs to no package of the map"
    for name in imports(file):
        first = name.split(".")[0]
        assert first not in BANNED.get(package, ()), f"{module} imports {name}"
        if first in {"app", "kb", "articles", "search"}:
            assert any(within(name, allowed) for allowed in ALLOWED[package]), f"{module} imports {name}"


@pytest.mark.parametrize(("module", "file"), modules(), ids=lambda value: str(value))
def test_no_import_hides_inside_a_function(module, file):
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            hidden = [inner for inner in ast.walk(node) if isinstance(inner, ast.Import | ast.ImportFrom)]
            assert not hidden, f"{module}.{node.name} imports inside"


def test_a_serving_process_does_not_hold_what_it_seldom_needs():
    loaded = subprocess.run(
        [sys.executable, "-c", "import app, sys; print(*sys.modules)"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.split()  # fmt: skip

    assert "search.views" in loaded
    assert not [name for name in loaded if any(within(name, seldom) for seldom in SELDOM)]


def test_names_say_what_a_module_is_for():
    assert not [name for name, _ in modules() if NAMES_THAT_SAY_NOTHING & set(name.split("."))]


@pytest.mark.parametrize(("module", "file"), modules(), ids=lambda value: str(value))
def test_every_module_says_what_it_is(module, file):
    assert ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))), f"{module} has no docstring"
