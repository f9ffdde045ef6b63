"""The peer of a push: PouchDB sending the same bodies to express-pouchdb, both from npm, installed for this run alone."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

PACKAGES = ("pouchdb@9", "express@5", "express-pouchdb@4", "pouchdb-adapter-memory@9")
INSTALL_S, RUN_S = 180, 900


def push_by_pouchdb(said: Sequence[bytes]) -> dict[str, float] | None:
    """Return what it took, as pouchdb.js tells it; None, and a loud line, where npm or its registry is not there."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        print("SKIPPED: PouchDB is not measured, npm is not on this machine")
        return None
    with tempfile.TemporaryDirectory(prefix="lantai-pouchdb-") as name:
        folder = Path(name)
        install = [npm, "install", "--no-audit", "--no-fund", "--silent", "--prefix", name, *PACKAGES]
        try:
            subprocess.run(install, check=True, capture_output=True, timeout=INSTALL_S)
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            print(f"SKIPPED: PouchDB is not measured, npm cannot install it: {type(error).__name__}")
            return None
        documents = folder / "documents.ndjson"
        documents.write_text("".join(f"{_document(number, body)}\n" for number, body in enumerate(said)), "utf-8")
        program = Path(__file__).with_suffix(".js")
        command = [node, str(program), str(documents), str(folder / "stores")]
        done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder, timeout=RUN_S)
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    if told["written"] != len(said):
        raise SystemExit(f"PouchDB wrote {told['written']} of {len(said)} documents")
    return told


def _document(number: int, body: bytes) -> str:
    return json.dumps({"_id": f"{number:032x}", **json.loads(body)}, ensure_ascii=False)
