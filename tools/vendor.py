"""Check or re-create the front-end files copied from npm.

    tools/vendor.py            every file listed is there, unchanged, and nothing else is
    tools/vendor.py fetch      fetch the listed versions again and check that they are the same
    tools/vendor.py pin        fetch, and write integrity and hashes of the versions listed

A manifest is a JSON list; each entry has the npm name, version, licence, integrity of
the package archive, and for each file kept its path in the archive, here, and its SHA-256.
Needs only the standard library; fetch and pin also need npm.
"""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
MANIFESTS = (ROOT / "static/vendor/manifest.json", ROOT / "tests/vendor/manifest.json")

Package = dict[str, Any]


def problems(manifest: Path) -> list[str]:
    """Return a sentence for each file that is missing, changed or not listed beside manifest."""
    folder, found = manifest.parent, []
    files = [file for package in load(manifest) for file in package["files"]]
    listed = {folder / file["path"]: file["sha256"] for file in files}
    for path, wanted in listed.items():
        if not path.is_file():
            found.append(f"{path.relative_to(ROOT)} is missing")
        elif sha256(path.read_bytes()) != wanted:
            found.append(f"{path.relative_to(ROOT)} is not the file that was vendored")
    present = {path for path in folder.rglob("*") if path.is_file()} - {manifest}
    found += [f"{path.relative_to(ROOT)} is not in the manifest" for path in sorted(present - set(listed))]
    return found


def load(manifest: Path) -> list[Package]:
    """Return the packages listed in manifest."""
    packages: list[Package] = json.loads(manifest.read_text("utf-8"))
    return packages


def sha256(content: bytes) -> str:
    """Return the SHA-256 of content in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def fetch(manifest: Path, *, pin: bool) -> None:
    """Write the files of manifest anew; with pin, record what came instead of comparing with it."""
    packages = load(manifest)
    for package in packages:
        archive = download(package["name"], package["version"])
        agree(package, "integrity", integrity(archive), package["name"], pin=pin)
        for file in package["files"]:
            content = member(archive, file["from"])
            agree(file, "sha256", sha256(content), file["path"], pin=pin)
            target = manifest.parent / file["path"]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    if pin:
        manifest.write_text(json.dumps(packages, indent=2, ensure_ascii=False) + "\n", "utf-8")


def agree(entry: Package, key: str, actual: str, what: str, *, pin: bool) -> None:
    """Record actual under key when pinning; otherwise stop unless it is what entry says."""
    if pin:
        entry[key] = actual
    elif entry[key] != actual:
        raise SystemExit(f"{what}: {key} is {actual}, the manifest says {entry[key]}")


def download(name: str, version: str) -> bytes:
    """Return the archive that npm has for this version."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", "--pack-destination", folder, f"{name}@{version}"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)
        (archive,) = Path(folder).glob("*.tgz")
        return archive.read_bytes()


def integrity(archive: bytes) -> str:
    """Return the integrity string of archive as npm writes it."""
    return "sha512-" + base64.b64encode(hashlib.sha512(archive).digest()).decode()


def member(archive: bytes, name: str) -> bytes:
    """Return one file of the archive."""
    with tempfile.TemporaryFile() as spool:
        spool.write(archive)
        spool.seek(0)
        with tarfile.open(fileobj=spool, mode="r:gz") as packed:
            content = packed.extractfile(f"package/{name}")
            if content is None:
                raise SystemExit(f"{name} is not a file in the archive")
            return content.read()


def main(arguments: list[str]) -> int:
    """Do what the command line asks; return 1 when a check fails."""
    action = arguments[0] if arguments else "verify"
    if action not in ("verify", "fetch", "pin"):
        print(__doc__)
        return 2
    found = []
    for manifest in MANIFESTS:
        if action != "verify":
            fetch(manifest, pin=action == "pin")
        found += problems(manifest)
    print("\n".join(found) or "vendored files are as listed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
