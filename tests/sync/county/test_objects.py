"""Attachments in a store of objects: the form is the folder's, nothing is written over, and a county moves there and back."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sync.contract.errors import BadRequest, Offline, SealBroken
from sync.contract.revisions import TownshipId
from sync.county import keeping
from sync.county.__main__ import main
from sync.county.attachments import Attachments
from sync.county.objects import SealedObjects
from sync.county.service import County, create_county
from sync.county.storage import Storage
from sync.vault.sealed_files import CHUNK_BYTES, Sealed, SealedFiles
from tests.sync.contract.office import NOW
from tests.sync.county.attachment_suite import AttachmentSuite
from tests.sync.objects_server import BUCKET

OURS = TownshipId("339921102")
LATER = datetime.now(UTC) + timedelta(hours=1)


@pytest.fixture
def client(objects_server: str) -> Iterator[Any]:
    import boto3  # 0.4 s that only those pay who ask for objects

    with closing(boto3.client("s3")) as client:
        yield client


@pytest.fixture(params=["folder", "objects"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Sealed:
    if request.param == "folder":
        return SealedFiles(tmp_path / "files")
    return SealedObjects(request.getfixturevalue("objects_address"))


@pytest.fixture
def objects(objects_address: str) -> SealedObjects:
    return SealedObjects(objects_address)


class TestInAStoreOfObjects(AttachmentSuite):
    @pytest.fixture
    def attachments(self, tmp_path: Path, objects: SealedObjects) -> Iterator[Attachments]:
        storage = Storage(tmp_path, bytes(range(32)), None, lambda: NOW)
        storage.create("e" * 32)
        yield Attachments(storage, tmp_path / "attachments", lambda: NOW, objects)
        storage.close()


@pytest.mark.parametrize("size", [0, CHUNK_BYTES, 2 * CHUNK_BYTES + 700])
def test_what_is_sealed_is_read_back_whole_and_range_by_range(kept: Sealed, size: int) -> None:
    content = os.urandom(size)
    one = kept.write(io.BytesIO(content))
    assert (one.sha256, one.size_bytes) == (hashlib.sha256(content).digest(), size)
    assert kept.read(one.file_id, one.key) == content
    for start, most in ((0, 10), (CHUNK_BYTES - 5, 10), (CHUNK_BYTES + 3, 2 * CHUNK_BYTES), (size, 5)):
        if start <= size:
            assert kept.read_range(one.file_id, one.key, start, most) == content[start : start + most]
    kept.check(one.file_id, one.key, one.sha256)
    assert kept.ids() == {one.file_id}
    kept.remove(one.file_id)
    assert kept.ids() == frozenset()
    with pytest.raises(SealBroken, match="away"):
        kept.read(one.file_id, one.key)


def test_what_no_row_knows_is_swept_and_the_young_are_left(kept: Sealed) -> None:
    known, stray = (kept.write(io.BytesIO(content)) for content in (b"known", b"stray"))
    assert kept.sweep({known.file_id}, before=datetime.now(UTC) - timedelta(hours=1)) == 0
    assert stray.file_id in kept.ids()
    assert kept.sweep({known.file_id}, before=LATER) == 1
    assert kept.ids() == {known.file_id}


def test_sealed_bytes_are_the_same_in_both(objects: SealedObjects, tmp_path: Path) -> None:
    files = SealedFiles(tmp_path / "files")
    one = objects.write(io.BytesIO(b"page" * 1000))
    files.bring(objects, one.file_id)
    files.check(one.file_id, one.key, one.sha256)
    assert files.place_of(one.file_id).read_bytes()[:4] == b"LTSF"
    with pytest.raises(SealBroken, match="away"):
        files.bring(objects, bytes(16))
    assert files.ids() == {one.file_id}


def test_an_object_is_never_written_over(objects: SealedObjects, objects_address: str, client: Any) -> None:
    one = objects.write(io.BytesIO(b"page"))
    key = f"{objects_address.split('/', 3)[3]}/{one.file_id.hex()[:2]}/{one.file_id.hex()}"
    held = client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
    with objects._writing(one.file_id) as again:  # the same again, as after a lost answer
        again.write(held)
    for other in (held[:-1], held + b"!", bytes(len(held))):
        with pytest.raises(SealBroken, match="another object"), objects._writing(one.file_id) as again:
            again.write(other)
    assert client.get_object(Bucket=BUCKET, Key=key)["Body"].read() == held
    client.put_object(Bucket=BUCKET, Key=key, Body=bytes(len(held)))  # somebody else does, and it is seen
    with pytest.raises(SealBroken):
        objects.read(one.file_id, one.key)


@pytest.mark.parametrize("bucket", [BUCKET, "nobodys-bucket"])
def test_a_store_that_does_not_answer_is_told_as_such(
    objects_server: str, monkeypatch: pytest.MonkeyPatch, bucket: str
) -> None:
    if bucket == BUCKET:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(Offline, match="does not answer"):
        SealedObjects(f"s3://{bucket}/county").write(io.BytesIO(b"page"))


def test_a_page_whose_store_was_away_at_its_end_is_put_together_when_it_is_back(
    tmp_path: Path, objects_address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "county"
    assert main(["init", "--data", str(folder), "--name", "云泽县", "--attachments", objects_address]) == 0
    content = b"page" * 100
    name = hashlib.sha256(content).hexdigest()
    with monkeypatch.context() as away, closing(County(folder, folder / "county.key")) as county:
        away.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
        assert county.sweep() == 0  # the server starts all the same
        assert "not swept" in caplog.text
        assert county.attachments.take(OURS, name, 0, 400, content[:300], "desk") == (300, False)
        with pytest.raises(Offline):
            county.attachments.take(OURS, name, 300, 400, content[300:], "desk")
        assert county.attachments.progress(OURS, name) == (400, False)
    with closing(County(folder, folder / "county.key")) as county:
        assert county.attachments.take(OURS, name, 400, 400, b"", "desk") == (400, True)  # as a desk goes on
        assert county.attachments.read(None, name, 0, 400) == (content, 400)


@pytest.mark.parametrize("address", ["", "/folder", "s3://", "https://bucket/x", "s3://bucket/x?y=1"])
def test_another_address_is_refused(address: str) -> None:
    with pytest.raises(BadRequest):
        SealedObjects(address)


def put(county: County, content: bytes) -> str:
    name = hashlib.sha256(content).hexdigest()
    cut = len(content) // 2
    county.attachments.take(OURS, name, 0, len(content), content[:cut], "desk")
    assert county.attachments.take(OURS, name, cut, len(content), content[cut:], "desk") == (len(content), True)
    return name


@pytest.fixture
def county(tmp_path: Path) -> Callable[[], County]:
    """Opens a county that has three attachments."""
    folder = tmp_path / "county"
    create_county(folder, "云泽县", folder / "county.key", None)
    with closing(County(folder, folder / "county.key")) as made:
        for number in range(3):
            put(made, f"第{number}页".encode())
    return lambda: County(folder, folder / "county.key")


def test_a_county_moves_its_attachments_to_a_store_and_back(
    county: Callable[[], County], tmp_path: Path, objects_address: str, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(tmp_path / "county")]

    def in_folder() -> int:
        return len([one for one in (tmp_path / "county" / "attachments").rglob("*") if one.is_file()])

    assert main(["move-attachments", *data, "--to", objects_address]) == 0
    assert "moved 3 attachments" in capsys.readouterr().out
    assert in_folder() == 0
    with closing(county()) as opened:
        name = put(opened, b"a page that came later")
        assert in_folder() == 0
        assert opened.attachments.read(None, name, 2, 4) == (b"page", 22)
        opened.sweep()
        assert len(opened.attachments.keeper.ids()) == 4
    assert main(["check", *data, "--whole"]) == 0
    assert main(["move-attachments", *data, "--to", objects_address]) == 2  # they lie there
    other = tmp_path / "other"
    create_county(other, "邻县", other / "county.key", None)
    assert main(["move-attachments", "--data", str(other), "--to", objects_address]) == 2
    assert "choose another prefix" in capsys.readouterr().err
    assert main(["move-attachments", *data, "--to", "folder"]) == 0
    assert in_folder() == 4
    assert SealedObjects(objects_address).ids() == frozenset()
    assert main(["check", *data, "--whole"]) == 0


def test_a_county_begun_in_a_store_is_copied_checked_and_put_back_into_a_folder(
    tmp_path: Path, objects_address: str, client: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    data = ["--data", str(tmp_path / "county")]
    assert main(["init", *data, "--name", "云泽县", "--attachments", objects_address]) == 0
    with closing(County(tmp_path / "county", tmp_path / "county" / "county.key")) as county:
        names = [put(county, f"第{number}页".encode()) for number in range(3)]
        generation = keeping.back_up(county, tmp_path / "place")
        lost = sorted(county.attachments.keeper.ids())[0].hex()
    keeping.restore(generation, tmp_path / "again", tmp_path / "county" / "county.key")
    with closing(County(tmp_path / "again", tmp_path / "again" / "county.key")) as again:
        assert isinstance(again.attachments.keeper, SealedFiles)  # it does not write where the other one does
        assert again.attachments.read(None, names[0], 0, 100)[0] == "第0页".encode()
    prefix = objects_address.split("/", 3)[3]
    client.delete_object(Bucket=BUCKET, Key=f"{prefix}/{lost[:2]}/{lost}")
    capsys.readouterr()
    assert main(["check", *data]) == 2
    assert capsys.readouterr().out.count("attachment away") == 1
    client.put_object(Bucket=BUCKET, Key=f"{prefix}/lantai-county", Body=b"somebody else")
    assert main(["check", *data]) == 2
    assert "another county" in capsys.readouterr().out
