"""The auditor's copy is proved from the file alone, and finds a file that changed in the archive."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from desktop.services.exporting import Exporting
from desktop.services.sealing.tables import safe_cell
from sync.contract.errors import LantaiError, Refused, SealBroken, UnreadableFile
from sync.vault import audit
from tests.desktop.services.office import SmallOffice, begin_office


@pytest.fixture
def office(tmp_path: Path):
    made = begin_office(tmp_path / "office")
    made.file_marriage()
    made.file_marriage(data=b"%PDF- another paper")
    yield made
    made.archive.close()


@pytest.fixture
def exporting(office: SmallOffice) -> Exporting:
    return Exporting(office.archive, office.kinds, "吴审计", office.clock)


def export(exporting: Exporting, folder: Path, recipient: str):
    folder.mkdir(exist_ok=True)
    return exporting.export(folder, [recipient], lambda progress: None, lambda: False)


def test_a_copy_is_proved_by_its_key_and_holds_every_record(exporting: Exporting, tmp_path: Path) -> None:
    recipient = exporting.make_recipient()
    made = export(exporting, tmp_path / "stick", recipient.public_key)
    for key in (exporting.signature_key(), exporting.signature_key().splitlines()[1]):
        verdict = exporting.verify(made.path, key, recipient.key_file)
        assert (verdict.findings, verdict.complete, verdict.records) == ((), True, 2)
    assert verdict.files == made.files


def test_a_copy_changed_by_one_byte_or_signed_by_another_is_refused(
    exporting: Exporting, office: SmallOffice, tmp_path: Path
) -> None:
    recipient = exporting.make_recipient()
    made = export(exporting, tmp_path / "stick", recipient.public_key)
    other = Exporting(office.archive, office.kinds, "别人", office.clock).signature_key()
    assert exporting.verify(made.path, other, recipient.key_file).findings
    content = bytearray(made.path.read_bytes())
    content[len(content) // 2] ^= 1
    made.path.write_bytes(content)
    assert exporting.verify(made.path, exporting.signature_key(), recipient.key_file).findings


def test_a_file_that_changed_in_the_archive_is_found_by_the_export(
    exporting: Exporting, office: SmallOffice, tmp_path: Path
) -> None:
    sealed = next(path for path in (office.archive.folder / "files").rglob("*") if path.is_file())
    content = bytearray(sealed.read_bytes())
    content[-1] ^= 1
    sealed.write_bytes(content)
    recipient = exporting.make_recipient()
    with pytest.raises(LantaiError):
        export(exporting, tmp_path / "stick", recipient.public_key)
    assert not list((tmp_path / "stick").iterdir())


def test_a_cancelled_export_leaves_nothing(exporting: Exporting, tmp_path: Path) -> None:
    recipient = exporting.make_recipient()
    (tmp_path / "stick").mkdir()
    with pytest.raises(Refused):
        exporting.export(tmp_path / "stick", [recipient.public_key], lambda progress: None, lambda: True)
    assert not list((tmp_path / "stick").iterdir())


def test_every_reader_gets_a_key_of_their_own_that_only_its_owner_can_read(
    exporting: Exporting, office: SmallOffice
) -> None:
    first = exporting.make_recipient()
    office.clock.forward(timedelta(seconds=1))
    second = exporting.make_recipient()
    assert first.public_key != second.public_key
    assert first.key_file != second.key_file
    assert first.key_file.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("text", ["=1+1", "+86", "-1", "@x", " =1", "＝1", "\t=1", "|cmd"])
def test_no_cell_becomes_a_formula(text: str) -> None:
    assert safe_cell(text).startswith("'")
    assert json.dumps(safe_cell("何晨")) == json.dumps("何晨")


def test_a_stick_pulled_out_or_a_file_that_is_no_key_gets_a_sentence(exporting: Exporting, tmp_path: Path) -> None:
    recipient = exporting.make_recipient()
    made = export(exporting, tmp_path / "stick", recipient.public_key)
    key = exporting.signature_key()
    with pytest.raises(UnreadableFile):
        exporting.verify(made.path, key, tmp_path / "gone.key")
    picture = tmp_path / "picture.key"
    picture.write_bytes(bytes(range(256)))
    with pytest.raises(SealBroken):
        exporting.verify(made.path, key, picture)
    made.path.unlink()
    with pytest.raises(UnreadableFile):
        exporting.verify(made.path, key, recipient.key_file)


def test_keys_made_and_copies_verified_stand_in_the_log(
    exporting: Exporting, office: SmallOffice, tmp_path: Path
) -> None:
    recipient = exporting.make_recipient()
    made = export(exporting, tmp_path / "stick", recipient.public_key)
    exporting.verify(made.path, exporting.signature_key(), recipient.key_file)
    with office.archive.reading() as connection:
        acts = [event.act for event in audit.events(connection)]
    assert acts[-7:-4] == ["copy-key-made", "export-asked", "export-single-handed"]
    assert acts[-4:] == ["signing-key-made", "copy-begun", "copy-exported", "copy-verified"]


def test_threads_that_ask_for_the_signature_key_at_once_get_the_same_one(exporting: Exporting) -> None:
    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(lambda _: exporting.signature_key(), range(12)))) == 1
