"""`python -m tests.bench` lists the benchmarks; `python -m tests.bench NAME [options]` runs one."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Mapping

BENCHES = {
    "backup": "the ways to copy an open archive, beside cp and a flush; and saves while a backup is made",
    "keys": "another key for a whole archive, beside a plain copy and PRAGMA rekey; and how soon it stops",
    "seal": "a sealed copy of 2 GB of pages, beside tar | age; opened by stock tools and judged; --sparse-gib 50 for one large file",
    "startup": "start to the first painted window, and password to a usable desk with 10,000 records",
    "imports": "a register of marriages read, tried, filed, imported again and taken back, beside reading it alone",
    "search": "each way to ask, beside tantivy, Whoosh and a LIKE scan; --records 1000000 for a county",
    "ingest": "a bulk of filings and one save, beside tantivy's build and an unencrypted file",
    "linking": "who the people of marriages without numbers are, in generated counties, beside a naive match",
    "ocr": "scan-like pages with exact labels: wrong characters, fields right, CPU a page, under a red seal too; beside the recogniser as it comes",
    "documents": "every odd PDF and OFD through the inbox: crashes, hangs, files without a sentence; a drawn page beside MuPDF alone",
    "table": "a jump anywhere in a long list, a key in the search box, the window's thread, memory; --records 1000000 for a county",
    "keystrokes": "the keys of the clerk's daily acts, replayed in the real window, beside what an expert would need",
    "duplicates": "who is filed twice in a county of 200,000: precision and recall, beside the same number only",
    "county": "the board, a batch of a thousand, the conflicts in a county's book; --records 2000000 for a large one",
    "slice": "whose file lies in another township, found in the desk's own archive; --people 2000000 for a county",
    "blobs": "200 attachments to a county beside rsync with the same flushes, and what a cut costs",
    "sync": "a hand-over on SQLCipher and PostgreSQL beside the store alone and PouchDB",
    "increment": "one changed record in a large archive: requests and bytes; nothing new; and a new epoch",
    "audit": "a line of the audit log alone and among others, a commit beside one without it, the whole log verified",
    "numbers": "20 desks numbering in all weathers: numbers given twice, gaps without a reason",
}


def report(bench: str, figures: Mapping[str, float], ratios: Mapping[str, float]) -> None:
    """The closing line that machines read."""

    def rounded(values: Mapping[str, float]) -> dict[str, float]:
        return {
            name: value if value is True or value is False else float(f"{value:.4g}") for name, value in values.items()
        }

    print(json.dumps({"bench": bench, "figures": rounded(figures), "ratios": rounded(ratios)}))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("name", nargs="?", choices=sorted(BENCHES))
    asked, rest = parser.parse_known_args()
    if asked.name is None:
        for name, what in BENCHES.items():
            print(f"{name:11} {what}")
        return 0
    figures, ratios = importlib.import_module(f"tests.bench.{asked.name}").run(rest)
    report(asked.name, figures, ratios)
    return 0


if __name__ == "__main__":
    sys.exit(main())
