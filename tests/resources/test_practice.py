"""The practice papers: invented, complete, and fit to be filed."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from desktop.documents.formats import Format
from desktop.documents.pages import PageReader
from sync.contract import identity
from sync.contract.kind_files import load_kinds
from sync.contract.validation import Origin, judge

FOLDER = Path(__file__).parents[2] / "resources" / "practice"
DOCUMENTS = {
    one["file"]: one for one in tomllib.loads((FOLDER / "papers.toml").read_text(encoding="utf-8"))["document"]
}
KINDS = load_kinds()
PLANTED = {"339921197803240028"}  # wrong on the paper, on purpose
each = pytest.mark.parametrize("name", DOCUMENTS)


@pytest.fixture(scope="module")
def reader() -> Iterator[PageReader]:
    with PageReader() as reader:
        yield reader


def numbers_of(document: dict) -> list[str]:
    return [text for key, text in document["fields"].items() if key.endswith(".id_no")]


@each
def test_every_paper_can_be_filed_as_it_is_described(name: str):
    document = DOCUMENTS[name]
    kind = KINDS[document["kind"]]
    defaults = {field.key: field.default for group, field in kind.all_fields() if field.default and not group.repeated}
    judged = judge(
        kind,
        defaults | document["fields"],
        origin=Origin.PAPER,
        today=date(2026, 3, 2),
        papers=dict.fromkeys(document["papers"], 1),
    )
    assert judged.unexcused(document.get("reasons", {})) == ()


@each
def test_its_pages_are_there_and_each_belongs_to_a_paper(name: str, reader: PageReader):
    document = DOCUMENTS[name]
    told = reader.inspect((FOLDER / name).read_bytes())
    assert reader.text((FOLDER / name).read_bytes(), 0) == ""  # a scan: nothing but its picture
    assert (told.format, told.pages, told.repaired, told.active_content) == (Format.PDF, document["pages"], False, ())
    hung = set()
    for ranges in document["papers"].values():
        first, _, last = ranges.partition("-")
        hung |= set(range(int(first), int(last or first) + 1))
    assert hung == set(range(1, document["pages"] + 1))
    assert 2 <= document["pages"] <= 6


@each
def test_nobody_real_is_in_it(name: str):
    for number in numbers_of(DOCUMENTS[name]):
        assert number.startswith("339921")
        assert isinstance(identity.read(number), identity.IdentityNumber) == (number not in PLANTED)
    assert DOCUMENTS[name]["fields"].get("head.phone", "1390000").startswith("1390000")


def test_the_twelve_are_of_four_kinds_and_small():
    kinds = [document["kind"] for document in DOCUMENTS.values()]
    counted = {kind: kinds.count(kind) for kind in kinds}
    assert counted == {"marriage": 4, "dibao": 4, "veteran": 2, "document": 2}
    assert {path.name for path in FOLDER.glob("*.pdf")} == set(DOCUMENTS)
    assert sum(path.stat().st_size for path in FOLDER.glob("*.pdf")) < 2_500_000


def test_what_is_hard_about_old_papers_is_in_them():
    everything = " ".join(text for document in DOCUMENTS.values() for text in document["fields"].values())
    for hard in (
        "一九七八年五月一日",
        "339921660214013",
        "劉鳳英",
        "欧阳",
        "单雅琴",
        "〔2024〕",
        "J339921-2016-000214",
    ):
        assert hard in everything


def test_drawn_again_they_are_the_same():
    script = "import make_practice, tomllib; made = tomllib.loads((make_practice.FOLDER / 'papers.toml').read_text('utf-8'));"
    script += "one = made['document'][8]; content = make_practice.make_pdf(one, made['text']);"
    script += "assert content == (make_practice.FOLDER / one['file']).read_bytes(), one['file']"
    subprocess.run([sys.executable, "-c", script], cwd=FOLDER.parents[1] / "installer", check=True)
