"""What stands in a sealed copy: texts that other programs read, pages for the eye, bags that fit a stick, and nothing left out."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import tarfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pyrage
import pytest

from desktop.archive import attachments
from desktop.services.exporting import Exporting, Recipient, SealedExport
from desktop.services.sealing.scope import Scope, of_kind
from desktop.services.signers import signing_key
from sync.contract.errors import Refused
from sync.vault.copy_check import CopyFlaw, CopyVerdict
from tests.desktop.services.office import SmallOffice, begin_office
from tests.tampering.changes import list_anew
from tests.tampering.sealing_again import seal, sign

EVIL = "=cmd|' /C calc'!A0 <script>alert(1)</script>"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallOffice]:
    """Six marriages of three years, one with words that a program might obey, two that share a file."""
    made = begin_office(tmp_path_factory.mktemp("sealing") / "office")
    made.file_marriage(data=b"%PDF- shared")
    made.file_marriage(data=b"%PDF- shared", cert_no="J339921-2016-000011", note=EVIL)
    for number, year in enumerate((2014, 2014, 2016, 2018)):
        day = f"{year}-02-27"
        made.file_marriage(
            data=b"%PDF- " + bytes([number]) * 3000, cert_no=f"J339921-{year}-0000{20 + number}", reg_date=day
        )
    yield made
    made.archive.close()


@pytest.fixture
def exporting(office: SmallOffice) -> Exporting:
    office.clock.forward(office.clock().resolution * 1_000_000)
    return Exporting(office.archive, office.kinds, "吴审计", office.clock)


def export(exporting: Exporting, folder: Path, **asked) -> tuple[SealedExport, Recipient]:
    reader = exporting.make_recipient()
    folder.mkdir()
    return exporting.export(folder, [reader.public_key], lambda _: None, lambda: False, **asked), reader


def verdict_on(exporting: Exporting, path: Path, reader: Recipient) -> CopyVerdict:
    return exporting.verify(path, exporting.signature_key(), reader.key_file)


def inside(path: Path, reader: Recipient) -> dict[str, bytes]:
    secret = reader.key_file.read_text(encoding="ascii").splitlines()[-1]
    plain = pyrage.decrypt(path.read_bytes(), [pyrage.x25519.Identity.from_str(secret)])
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        return {one.name.partition("/")[2]: tar.extractfile(one).read() for one in tar}


def test_texts_are_what_other_programs_read(exporting: Exporting, tmp_path: Path) -> None:
    made, reader = export(exporting, tmp_path / "stick")
    files = inside(made.path, reader)
    rows = list(csv.reader(io.StringIO(files["data/index.csv"].decode("utf-8-sig"))))
    assert len(rows) == 7
    assert all(not cell or cell[0] not in "=+-@|%＝＋－＠\t\r" for row in rows for cell in row)
    aid = ElementTree.fromstring(files["data/ead.xml"])
    places = {"e": "http://ead3.archivists.org/schema/"}
    assert len(aid.findall(".//e:c[@level='item']", places)) == 6
    assert {one.get("href") for one in aid.findall(".//e:dao", places)} == {
        name.removeprefix("data/") for name in files if name.startswith("data/files/")
    }
    packages = [ElementTree.fromstring(files[name]) for name in files if name.startswith("data/da48/")]
    assert sum(len(one.findall("电子文件封装包")) for one in packages) == 6
    lines = [line for name in files if name.startswith("data/records/") for line in files[name].splitlines()]
    assert any(json.loads(line)["body"]["fields"].get("note") == EVIL for line in lines)
    report = json.loads(files["verification-report.json"])
    assert {line["rule"]: line["failed"] for line in report["lines"]} == dict.fromkeys(
        ("Z1", "Z9", "W1", "W7", "K1", "A4"), 0
    )
    assert next(line["checked"] for line in report["lines"] if line["rule"] == "Z1") == 5


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag, attrs) -> None:
        self.tags.add(tag)
        given = dict(attrs)
        assert not any(name.startswith("on") or name == "style" for name in given)
        self.links += [given["href"]] if "href" in given else []
        self.ids |= {given["id"]} if "id" in given else set()


def test_pages_have_no_script_and_every_link_leads_to_something_in_the_copy(
    exporting: Exporting, tmp_path: Path
) -> None:
    made, reader = export(exporting, tmp_path / "stick")
    files = inside(made.path, reader)
    reached: set[str] = set()
    for name in [name for name in files if name.endswith(".html")]:
        text = files[name].decode()
        assert "default-src 'none'" in text
        page = _Page()
        page.feed(text)
        assert not page.tags & {"script", "img", "link", "iframe", "object", "form"}
        for link in page.links:
            place, _, mark = link.partition("#")
            target = (Path("/") / Path(name).parent / place).as_posix() if place else f"/{name}"
            target = re.sub(r"/[^/]+/\.\.", "", target)[1:]
            assert target in files, link
            assert not mark or mark.startswith("page=") or mark in page.ids
            reached.add(target)
    assert {name for name in files if name.startswith(("data/files/", "data/list/"))} <= reached


def test_a_range_of_a_kind_and_years_is_whole_and_says_so(exporting: Exporting, tmp_path: Path) -> None:
    made, reader = export(exporting, tmp_path / "stick", scope=of_kind("marriage", 2014, 2016))
    verdict = verdict_on(exporting, made.path, reader)
    assert (verdict.ok, verdict.complete, verdict.records) == (True, True, 5)
    proof = json.loads(inside(made.path, reader)["data/proof.json"])
    assert (proof["size"], proof["left"]) == (6, "")
    assert proof["right"].startswith("marriage 2018 ")


@pytest.mark.parametrize(
    ("text", "scope"),
    [
        ("", Scope()),
        (" 结婚 2014-2016 ", of_kind("marriage", 2014, 2016)),
        ("结婚登记２０１６", of_kind("marriage", 2016)),
        ("marriage", of_kind("marriage")),
        ("结婚 2014至2016年", of_kind("marriage", 2014, 2016)),
        ("2016", Scope(first_year=2016)),
        ("2016-2014", None),
        ("结婚、离婚 2016", Scope(("marriage", "divorce"), 2016)),
        (
            "结婚 村：白石 人:何晨、陈思 风险:迟归档 抽:3 种子:ab",
            Scope(("marriage",), 0, 0, ("白石",), ("何晨", "陈思"), ("late",), 3, "ab"),
        ),
        ("风险:无此规则", None),
        ("抽:多", None),
        ("结婚 2016-2014", None),
        ("无此门类", None),
    ],
)
def test_a_range_is_typed_as_people_say_it(exporting: Exporting, text: str, scope: Scope | None) -> None:
    if scope is None:
        with pytest.raises(Refused):
            exporting.read_scope(text)
    else:
        assert exporting.read_scope(text) == scope
        assert {exporting.read_scope(one) for one in (scope.spelled(), scope.said(exporting._kinds))} == {scope}


def test_a_range_with_nothing_in_it_is_proved_to_be_empty(exporting: Exporting, tmp_path: Path) -> None:
    made, reader = export(exporting, tmp_path / "stick", scope=of_kind("marriage", 2015))
    verdict = verdict_on(exporting, made.path, reader)
    assert (verdict.complete, verdict.records) == (True, 0)
    proof = json.loads(inside(made.path, reader)["data/proof.json"])
    assert proof["left"].startswith("marriage 2014 ")
    assert proof["right"].startswith("marriage 2016 ")


def test_a_copy_too_large_for_a_stick_is_several_bags_of_which_each_opens_alone(
    exporting: Exporting, tmp_path: Path
) -> None:
    made, reader = export(exporting, tmp_path / "stick", most_bytes=60_000)
    assert len(made.copies) > 1
    whole = verdict_on(exporting, made.path, reader)
    assert (whole.complete, whole.records, whole.bags) == (True, 6, len(made.copies))
    assert {len(inside(one.path, reader)) > 10 for one in made.copies} == {True}
    made.copies[1].path.unlink()
    assert {one.flaw for one in verdict_on(exporting, made.path, reader).findings} == {CopyFlaw.PART_AWAY}


def test_the_sm3_of_a_file_is_taken_once_and_not_again_at_the_next_export(
    exporting: Exporting, office: SmallOffice, tmp_path: Path
) -> None:
    with office.archive.act("test", office.clock()) as act:
        act.connection.exec_driver_sql("UPDATE attachment SET sm3 = ''")  # as in an archive from before
    first, reader = export(exporting, tmp_path / "first")
    assert len(first.copies[0].found) == 5
    assert verdict_on(exporting, first.path, reader).complete
    office.clock.forward(office.clock().resolution * 1_000_000)
    second, reader = export(exporting, tmp_path / "second")
    assert second.copies[0].found == {}
    assert verdict_on(exporting, second.path, reader).complete
    with office.archive.reading() as connection:
        assert all(one.sm3 for one in attachments.find_all(connection, first.copies[0].found).values())


def test_a_key_under_a_passphrase_opens_the_copy_and_nobody_chose_the_passphrase(
    exporting: Exporting, tmp_path: Path
) -> None:
    reader = exporting.make_recipient(by_passphrase=True)
    assert re.fullmatch(r"(\d{5}-){5}\d{5}", reader.passphrase)
    locked = reader.key_file.read_bytes()
    assert locked.startswith(b"age-encryption.org/")
    (tmp_path / "stick").mkdir()
    beside = {"four-properties.json": b"{}"}
    made = exporting.export(tmp_path / "stick", [reader.public_key], lambda _: None, lambda: False, beside=beside)
    assert exporting.verify(made.path, exporting.signature_key(), reader.key_file, reader.passphrase).complete


def test_the_verifier_lies_beside_the_copy(exporting: Exporting, tmp_path: Path) -> None:
    made, _ = export(exporting, tmp_path / "stick")
    names = {one.name for one in (tmp_path / "stick").iterdir()}
    assert names == {made.path.name, f"{made.path.name}.minisig", "lantai_verify.py"}


def told(exporting: Exporting, made: SealedExport, reader: Recipient) -> tuple[bool, bool | None, int]:
    verdict = verdict_on(exporting, made.path, reader)
    return verdict.complete, verdict.choice, verdict.records


@pytest.mark.parametrize(
    ("typed", "choice", "count"),
    [
        ("结婚 抽:3 种子:ab12", False, 3), ("2014-2016 抽:500 种子:ab12", False, 5), ("2016", False, 3),
        ("风险:迟归档", True, 6), ("人:何晨 抽:2 种子:x", True, 2), ("村:无此村", True, 0),
    ],
)  # fmt: skip
def test_a_choice_is_proved_as_far_as_the_roll_can_tell(
    exporting: Exporting, tmp_path: Path, typed: str, choice: bool, count: int
) -> None:
    made, reader = export(exporting, tmp_path / "stick", scope=exporting.read_scope(typed))
    assert told(exporting, made, reader) == (True, choice, count)


def test_the_sample_is_drawn_again_by_the_script_of_the_document(exporting: Exporting, tmp_path: Path) -> None:
    made, reader = export(exporting, tmp_path / "stick", scope=exporting.read_scope("结婚 2016 抽:2 种子:ab12"))
    files = inside(made.path, reader)
    document = (Path(__file__).parents[3] / "docs" / "auditor.md").read_text(encoding="utf-8")
    script = next(one for one in re.findall(r"```bash\n(.*?)```", document, re.S) if "lantai.sample.1" in one)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "roll.txt").write_bytes(files["data/roll.txt"])
    done = subprocess.run(
        ["bash", "-c", script.replace("head -n 50", "head -n 2")],
        cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    held = [json.loads(line)["record"] for line in files["data/chosen/marriage-2016-001.jsonl"].splitlines()]
    assert done.stdout.split() == sorted(held)
    assert len(held) == 2


def without_last(content: bytes) -> bytes:
    return b"".join(content.splitlines(keepends=True)[:-1])


@pytest.fixture(scope="module")
def drawn(
    office: SmallOffice, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Exporting, Recipient, str, dict[str, bytes], bytes]:
    """A copy of two records drawn from six, and the line of a third that was not."""
    office.clock.forward(office.clock().resolution * 1_000_000)
    service, folder = Exporting(office.archive, office.kinds, "吴审计", office.clock), tmp_path_factory.mktemp("drawn")
    made, reader = export(service, folder / "two", scope=service.read_scope("抽:2 种子:ab12"))
    files = inside(made.path, reader)
    held = {json.loads(line)["record"] for name in files if "/chosen/" in name for line in files[name].splitlines()}
    office.clock.forward(office.clock().resolution * 1_000_000)
    every, other = export(service, folder / "every", scope=service.read_scope("2014-2018"))
    lines = [
        line
        for name, content in inside(every.path, other).items()
        if "/chosen/" in name
        for line in content.splitlines(True)
    ]
    return service, reader, made.path.name, files, next(one for one in lines if json.loads(one)["record"] not in held)


@pytest.mark.parametrize(
    "change", ["nothing", "another", "added", "fewer", "seed", "roll", "no choice", "range", "body"]
)
def test_a_choice_made_otherwise_is_found_even_if_the_office_signs_it_anew(
    drawn: tuple[Exporting, Recipient, str, dict[str, bytes], bytes], office: SmallOffice, tmp_path: Path, change: str
) -> None:
    service, reader, name, files, strange = drawn
    files, proof = dict(files), json.loads(files["data/proof.json"])
    last = sorted(one for one in files if "/chosen/" in one)[-1]
    if change in ("another", "added"):
        files["data/chosen/marriage-2016-009.jsonl"] = strange
    if change in ("another", "fewer"):
        files[last] = without_last(files[last])
    if change == "roll":
        files["data/roll.txt"] = without_last(files["data/roll.txt"])
    if change == "body":
        files[last] = files[last].replace("何晨".encode(), "何辰".encode())
    if change == "no choice":
        del proof["choice"]
    proof |= {"seed": {"choice": {**proof.get("choice", {}), "seed": "cd34"}}, "range": {"from": "marriage 2014"}}.get(
        change, {}
    )
    files["data/proof.json"] = json.dumps(proof, ensure_ascii=False).encode()
    secret = pyrage.x25519.Identity.from_str(reader.key_file.read_text(encoding="ascii").splitlines()[-1])
    sealed = seal(name.removesuffix(".tar.age"), list_anew(list(files.items())), secret)
    (tmp_path / name).write_bytes(sealed)
    key = signing_key(office.archive, "signing.吴审计", "吴审计", office.clock)
    (tmp_path / f"{name}.minisig").write_text(sign(key, sealed), encoding="utf-8")
    assert verdict_on(service, tmp_path / name, reader).ok is (change == "nothing")
