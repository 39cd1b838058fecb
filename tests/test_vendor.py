"""Vendored front-end files are the ones that were published, with their licences."""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copytree

import pytest

from tools import vendor


@pytest.fixture
def copied(tmp_path, monkeypatch):
    """A copy of static/vendor that a test may spoil."""
    monkeypatch.setattr(vendor, "ROOT", tmp_path)
    copytree(vendor.MANIFESTS[0].parent, tmp_path / "vendor")
    return tmp_path / "vendor/manifest.json"


@pytest.mark.parametrize("manifest", vendor.MANIFESTS, ids=["served", "for_tests"])
def test_every_vendored_file_is_listed_and_unchanged(manifest):
    assert vendor.problems(manifest) == []


@pytest.mark.parametrize("manifest", vendor.MANIFESTS, ids=["served", "for_tests"])
def test_every_vendored_package_names_its_source_and_brings_its_licence(manifest):
    for package in vendor.load(manifest):
        assert package["name"] and package["version"] and package["licence"]
        assert package["integrity"].startswith("sha512-")
        assert any(Path(file["path"]).name == "LICENSE" for file in package["files"])


def test_a_changed_a_missing_and_an_unlisted_file_are_each_told(copied):
    (copied.parent / "htmx/htmx.min.js").write_text("changed")
    (copied.parent / "htmx/LICENSE").unlink()
    (copied.parent / "htmx/extra.js").write_text("")

    assert vendor.problems(copied) == [
        "vendor/htmx/htmx.min.js is not the file that was vendored",
        "vendor/htmx/LICENSE is missing",
        "vendor/htmx/extra.js is not in the manifest",
    ]


def test_notices_name_every_vendored_package_with_its_version():
    notices = (vendor.MANIFESTS[0].parents[2] / "THIRD_PARTY.md").read_text("utf-8")

    for manifest in vendor.MANIFESTS:
        for package in json.loads(manifest.read_text("utf-8")):
            assert f"{package['name']} {package['version']}" in notices
