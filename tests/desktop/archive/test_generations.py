"""What lies at a place: labels, manifests and lists are read as written, and everything else is refused."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.archive.generations import LABEL, Label, Place, PlaceKind
from desktop.archive.manifests import AuditHead, Manifest, Piece
from sync.contract.errors import ArchiveTooNew, NotAllowed, PlaceUnavailable, SealBroken

KEY = bytes(range(32))
ARCHIVE = "6d0f4a1e-0000-4000-8000-000000000001"
MANIFEST = Manifest(
    ARCHIVE, "云泽县青石镇", 12, "2026-03-02T04:00:00.000Z", "0.1.0", Piece(4096, "ab" * 32), Piece(900, "cd" * 32),
    Piece(77, "ef" * 32), 1, (), {"record": 3}, AuditHead(9, "00" * 32, "11" * 32),
)  # fmt: skip


def test_a_manifest_is_read_as_it_was_written() -> None:
    sealed = replace(MANIFEST, seal=MANIFEST.sealed_by(KEY))
    again = Manifest.from_bytes(sealed.to_bytes())
    assert again == sealed
    assert again.is_sealed_by(KEY)
    assert not again.is_sealed_by(bytes(32))


def test_every_flipped_bit_of_a_manifest_is_found_without_a_key_or_with_it() -> None:
    written = bytearray(replace(MANIFEST, seal=MANIFEST.sealed_by(KEY)).to_bytes())
    draw, found = random.Random(1), 0
    for _ in range(400):
        place, bit = draw.randrange(len(written)), 1 << draw.randrange(8)
        written[place] ^= bit
        try:
            read = Manifest.from_bytes(bytes(written))
            found += not read.is_sealed_by(KEY)
        except (SealBroken, ArchiveTooNew):
            found += 1
        written[place] ^= bit
    assert found == 400


def test_a_manifest_written_anew_without_the_key_does_not_carry_its_seal() -> None:
    forged = replace(MANIFEST, number=99, seal=MANIFEST.sealed_by(KEY))
    assert not Manifest.from_bytes(forged.to_bytes()).is_sealed_by(KEY)


def test_a_manifest_of_a_newer_program_is_refused() -> None:
    said = json.loads(MANIFEST.to_bytes())
    with pytest.raises(ArchiveTooNew):
        Manifest.from_bytes(json.dumps(said | {"version": 2}).encode())


def test_a_folder_without_our_label_is_no_place(tmp_path: Path) -> None:
    with pytest.raises(PlaceUnavailable):
        Place.at(tmp_path)
    (tmp_path / LABEL).write_text("format = 'something else'\nversion = 1\n")
    with pytest.raises(PlaceUnavailable):
        Place.at(tmp_path)


def test_a_label_is_read_as_it_was_written_and_kept_when_the_folder_is_chosen_again(tmp_path: Path) -> None:
    made = Place.begin(tmp_path, ARCHIVE, PlaceKind.STICK, '云泽县"青石镇"\\', "2026-03-02").label
    assert Label.read(tmp_path) == made
    assert Place.begin(tmp_path, ARCHIVE, PlaceKind.STICK, "云泽县", "2027-01-01").label == made


def test_a_stick_of_another_archive_is_left_alone(tmp_path: Path) -> None:
    Place.begin(tmp_path, ARCHIVE, PlaceKind.STICK, "云泽县青石镇", "2026-03-02")
    before = (tmp_path / LABEL).read_bytes()
    with pytest.raises(NotAllowed):
        Place.begin(tmp_path, "another", PlaceKind.STICK, "云泽县白水镇", "2026-03-02")
    assert (tmp_path / LABEL).read_bytes() == before


def test_an_unfinished_generation_is_none_and_is_swept_before_the_next(tmp_path: Path) -> None:
    place = Place.begin(tmp_path, ARCHIVE, PlaceKind.FOLDER, "云泽县青石镇", "2026-03-02")
    begun = place.begin_generation("20260302T040000Z")
    (begun.folder / "archive.db").write_bytes(b"half")
    assert place.generations() == []
    place.begin_generation("20260302T050000Z")
    assert [one.name for one in place.home.iterdir()] == ["000001-20260302T050000Z.part"]


def test_numbers_go_on_though_the_clock_goes_back(tmp_path: Path) -> None:
    place = Place.begin(tmp_path, ARCHIVE, PlaceKind.FOLDER, "云泽县青石镇", "2026-03-02")
    for moment in ("20260302T040000Z", "19800101T000000Z", "20260303T040000Z"):
        place.finish(place.begin_generation(moment))
    assert [one.number for one in place.generations()] == [3, 2, 1]
    assert place.generations()[1].made_at == "19800101T000000Z"
