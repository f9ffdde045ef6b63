"""A masked copy tells nobody: names and numbers planted in every place and spelling are hidden, or the copy is refused."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.services.exporting import Exporting, Recipient, SealedExport
from desktop.services.sealing.masking import Masking, NameLeft, parties_of
from desktop.services.sealing.parties import Parties
from sync.vault import audit
from sync.vault.bag import BagFile
from tests.desktop.services.office import SmallOffice, begin_office
from tests.desktop.services.test_sealing import inside

NAMES = ("何晨", "陳思", "欧阳雪莹", "阿不都·热合曼")
NUMBERS = ("339921198903080032", "339921199103070025", "13805781234", "05788-123456")
SPELLINGS = (
    "何晨", "何 晨", "何　晨", "何·晨", "何-晨", "何\u200b晨", "陳思", "陈思", "陈 思", "歐陽雪瑩", "阿不都热合曼", "hechen", "He Chen", "HE-CHEN",
    "339921198903080032", "339921 19890308 0032", "３３９９２１１９８９０３０８００３２", "13805781234", "138-0578-1234", "138 0578 1234",
    "05788123456", "13912345678", "330102199001011234",
)  # fmt: skip
HARMLESS = ("结婚登记审查处理表", "2016-02-27", "339921102", "J339921-2016-000010", "晨光何在", "size", "3.9 GB")


def hides(text: str) -> bool:
    """Whether none of what was planted can be read in the text: looked for without any code of ours."""
    bare = re.sub(r"[\s\-·.\u200b]", "", text).lower()
    told = (
        "何晨",
        "陳思",
        "陈思",
        "欧阳雪莹",
        "歐陽雪瑩",
        "阿不都热合曼",
        "hechen",
        "339921198903080032",
        "339921199103070025",
        "1380578",
        "05788123456",
        "13912345678",
    )
    return not any(one in bare for one in told)


@pytest.fixture(scope="module")
def parties() -> Parties:
    return Parties([*NAMES, "Nguyen Thi Hoa", "张三、李四", "王"], NUMBERS)


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_every_spelling_is_found_and_hidden(parties: Parties, spelled: str) -> None:
    told, times = parties.masked(f"见证人{spelled}到场。")
    assert times
    assert hides(told)
    assert parties.find(told, spelled=True) == []


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_name_and_no_number_stays(parties: Parties, text: str) -> None:
    assert parties.masked(text) == (text, 0)


def test_names_in_latin_letters_and_several_in_one_field_are_on_the_list(parties: Parties) -> None:
    assert {"张三", "李四"} <= parties.names
    assert "王" not in parties.names
    assert parties.masked("NGUYEN THI HOA 与李四") == ("N************* 与李*", 2)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from((*SPELLINGS, *HARMLESS, "，", "与", " ", "\n")), max_size=8))
def test_whatever_stands_beside_it_nothing_is_left_when_it_was_hidden(pieces: list[str]) -> None:
    parties = Parties(NAMES, NUMBERS)
    told, _ = parties.masked("".join(pieces))
    assert parties.find(told, spelled=True) == []


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallOffice]:
    """Three marriages: names in notes, in a title, in a reason, in the text of a page; one amended, so that a name is of former times."""
    made = begin_office(tmp_path_factory.mktemp("masking") / "office")
    made.file_marriage(
        text="何晨、陳思 339921198903080032", note="男方何 晨（He Chen）电话138-0578-1234，证人欧阳雪莹在场"
    )
    made.file_marriage(
        data=b"%PDF- 2", cert_no="J339921-2018-000011", reg_date="2018-05-01", husband__name="欧阳雪莹", husband__phone="13805781234",
        husband__village="云泽县青石镇白石村3组18号", wife__name="平安",
    )  # fmt: skip
    made.file_marriage(
        data=b"%PDF- 3", cert_no="J339921-2019-000012", reg_date="2019-05-01", husband__name="阿不都·热合曼"
    )
    yield made
    made.archive.close()


@pytest.fixture
def exporting(office: SmallOffice) -> Exporting:
    office.clock.forward(office.clock().resolution * 1_000_000)
    return Exporting(office.archive, office.kinds, "吴审计", office.clock)


def masked(exporting: Exporting, folder: Path, typed: str = "", **beside: bytes) -> tuple[SealedExport, Recipient]:
    reader = exporting.make_recipient()
    folder.mkdir()
    scope = exporting.read_scope(typed)
    return exporting.export(
        folder, [reader.public_key], lambda _: None, lambda: False, scope=scope, masked=True,
        beside={f"{name}.json": content for name, content in beside.items()},
    ), reader  # fmt: skip


def test_a_masked_copy_holds_no_name_no_number_and_no_page_and_the_verifier_says_what_it_is(
    exporting: Exporting, tmp_path: Path
) -> None:
    made, reader = masked(exporting, tmp_path / "stick")
    files = inside(made.path, reader)
    for name, content in files.items():
        assert hides(name), name
        assert hides(content.decode()), name
        if name != "data/index.html":
            assert "平安" not in content.decode(), name
    assert not any(name.startswith(("data/files/", "data/da48/", "data/records/", "data/chosen/")) for name in files)
    lines = [json.loads(line) for name in files if "/masked/" in name for line in files[name].splitlines()]
    assert len(lines) == 3
    told = next(
        line["body"]["fields"] for line in lines if line["body"]["fields"]["cert_no"].startswith("J339921-2018")
    )
    assert (told["husband.name"], told["husband.id_no"], told["husband.village"]) == (
        "欧***",
        "＊＊",
        "云泽县青石镇白石村",
    )
    assert told["reg_date"] == "2018-05-01"
    assert all(line["body"]["pages_left_out"][0]["sha256"] for line in lines)
    assert b"Lantai-Masked: names, numbers" in files["bag-info.txt"]
    assert "结婚登记,2018,白石村,*" in files["data/statistics.csv"].decode()
    report = json.loads(files["data/masking.json"])
    assert report["names"] == 5
    assert report["hidden"]["in text"] >= 4
    verdict = exporting.verify(made.path, exporting.signature_key(), reader.key_file)
    assert (verdict.complete, verdict.masked, verdict.choice, verdict.records) == (True, True, False, 3)


def test_a_masked_sample_is_still_proved_to_be_the_one_that_was_drawn(exporting: Exporting, tmp_path: Path) -> None:
    made, reader = masked(exporting, tmp_path / "stick", "结婚 2016-2018 抽:1 种子:ab12")
    verdict = exporting.verify(made.path, exporting.signature_key(), reader.key_file)
    assert (verdict.complete, verdict.masked, verdict.choice, verdict.records) == (True, True, False, 1)


@pytest.mark.parametrize("planted", ["何晨", "何-晨", "339921 19890308 0032", "138 0578 1234", "歐陽雪瑩"])
def test_a_name_that_comes_by_another_way_is_refused_and_nothing_stands_in_the_folder(
    exporting: Exporting, office: SmallOffice, tmp_path: Path, planted: str
) -> None:
    with pytest.raises(NameLeft):
        masked(exporting, tmp_path / "stick", report=f'{{"note": "{planted}"}}'.encode())
    assert list((tmp_path / "stick").iterdir()) == []
    with office.archive.reading() as connection:
        last = audit.events(connection, after=audit.head(connection).size - 1)[-1]
    assert (last.act, last.details) == ("copy-refused", {"place": "report.json"})


@pytest.mark.parametrize(
    ("name", "text", "refused"),
    [
        ("data/list/x.html", "何晨", True), ("data/x.csv", "a,b\n何\u200b晨,1", True), ("data/hechen.jsonl", "{}", True),
        ("data/13805781234.txt", "", True), ("data/log.jsonl", '["陈晓兰"]', False), ("data/list/x.html", "陈晓兰", True),
        ("data/index.csv", "档号,门类", False),
    ],
)  # fmt: skip
def test_every_file_is_looked_through_as_it_flows_by_its_name_too(
    office: SmallOffice, name: str, text: str, refused: bool
) -> None:
    with office.archive.reading() as connection:
        masking = Masking.of(connection, office.kinds, "云泽县青石镇")
        listed = parties_of(connection, office.kinds)
    masking = replace(masking, parties=Parties({*listed.names, "陈晓兰"}, listed.numbers), staff=frozenset({"陈晓兰"}))
    blocks = [text.encode()[place : place + 5] for place in range(0, len(text.encode()), 5)]

    def passed() -> bytes:
        return b"".join(bytes(one) for one in masking.guarded(BagFile(name, len(text.encode()), blocks)).content)

    if refused:
        with pytest.raises(NameLeft):
            passed()
    else:
        assert passed() == text.encode()
