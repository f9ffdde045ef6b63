"""Exporting (导出): the auditor's sealed copy, opened and proved by anyone without this program."""

from __future__ import annotations

import csv
import hashlib
import html
import io
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from desktop.archive import attachments, records, settings
from desktop.archive.archive import Archive, Connection
from desktop.archive.clock import Clock
from desktop.archive.records import RecordLine
from desktop.services.changed import Progress
from desktop.services.signers import signing_key
from sync.contract.errors import SealBroken, UnreadableFile
from sync.contract.kinds import Kind
from sync.vault import audit
from sync.vault.copy_check import CopyVerdict, verify_copy
from sync.vault.engine import raise_storage_error
from sync.vault.sealed_copy import SealedCopy, new_identity, write_copy
from sync.vault.signing import SigningKey
from sync.vault.whole_file import flush_folder, make_folder

RECORDS_A_FILE = 1000
KEYS_FOLDER = "收件人钥匙"
ENDINGS: Final = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "image/tiff": "tif"}
HEADS = ("record", "number", "kind", "title", "year", "case_date", "state", "filed_by", "filed_at")


@dataclass(frozen=True, slots=True)
class Recipient:
    """A key pair made for one copy's reader: the secret half lies in `key_file`, to be carried apart from the copy."""

    public_key: str
    key_file: Path


class Exporting:
    """Sealed copies of one archive, made by one auditor."""

    def __init__(self, archive: Archive, kinds: Mapping[str, Kind], person: str, clock: Clock) -> None:
        self._archive = archive
        self._kinds = kinds
        self._person = person
        self._clock = clock

    def signature_key(self) -> str:
        """Return the public key (minisign) with which this auditor's copies are proved; it is handed out on paper."""
        return self._signer().public.to_minisign()

    def make_recipient(self) -> Recipient:
        """A new age key stands in a file beside the archive, readable by its owner alone; never beside the copy it opens.

        Raises:
            DiskFull, DiskFails: no room for it; nothing was made.
        """
        folder, now = self._archive.folder.parent / KEYS_FOLDER, self._clock()
        try:
            make_folder(folder)
            made = _make_recipient(folder / f"lantai-{now:%Y%m%dT%H%M%S%fZ}.key")
        except OSError as error:
            raise_storage_error(error)
        with self._archive.act(self._person, now) as act:
            act.note("copy-key-made", made.public_key)
        return made

    def export(
        self,
        folder: Path,
        recipients: Sequence[str],
        progress: Callable[[Progress], None],
        cancelled: Callable[[], bool],
    ) -> SealedCopy:
        """A sealed copy of everything filed, with its signature beside it, stands in the folder, whole or not at all.

        Every attachment is read whole and compared with the hash it was filed under, so each export is a fixity check.

        Raises:
            SealBroken: a file in the archive is not what was filed; DiskFull, DiskFails: the folder does not take it;
            Refused: cancelled.
        """
        now = self._clock()
        with self._archive.reading() as connection:
            lines = records.every(connection)
            facts = {name: settings.get(connection, name) for name in ("county", "township", "township_code", "fonds")}
            head = audit.head(connection)
            bag_info = {
                "Source-Organization": facts["county"] + facts["township"],
                "External-Identifier": f"{facts['fonds']}-{now:%Y%m%dT%H%M%SZ}",
                "Bagging-Date": f"{now:%Y-%m-%d}",
                "Lantai-Audit-Head": f"{head.size} {head.root.hex()}",
            }
            name = f"lantai-{facts['township_code']}-{now:%Y%m%dT%H%M%SZ}"
            made = write_copy(
                folder / f"{name}.tar.age",
                self._payload(connection, lines),
                recipients=list(recipients),
                signer=self._signer(),
                bag_info=bag_info,
                progress=lambda done, whole: progress(Progress("export", done, whole)),
                cancelled=cancelled,
            )
        with self._archive.act(self._person, now) as act:
            act.note("copy-exported", made.path.name, sha256=made.sha256, files=made.files)
        return made

    def verify(self, copy: Path, public_key: str, key_file: Path) -> CopyVerdict:
        """Return whether the copy is whole, unchanged and from the holder of the key, from the file alone.

        Raises:
            SealBroken: the public key or what stands in the key file is no key.
            UnreadableFile: the copy or the key file cannot be read, as when the stick was pulled out.
        """
        try:
            identity = key_file.read_text(encoding="ascii", errors="replace")
            verdict = verify_copy(copy, public_key=public_key, identity=identity)
        except OSError as error:
            raise UnreadableFile("copy or key file", reason=type(error).__name__) from error
        with self._archive.act(self._person, self._clock()) as act:
            act.note("copy-verified", "copy", findings=len(verdict.findings))
        return verdict

    def _payload(
        self, connection: Connection, lines: Sequence[RecordLine]
    ) -> Iterator[tuple[str, int, Iterator[bytes]]]:
        """Yield every file of the copy; nothing but one file's piece is ever in memory."""
        places = _places(connection, lines)
        for name, content in (
            ("data/index.csv", _index_csv(lines, self._kinds)),
            ("data/index.html", _index_html(lines, self._kinds)),
        ):
            yield name, len(content), iter([content])
        for number, first in enumerate(range(0, len(lines), RECORDS_A_FILE), start=1):
            content = _jsonl(connection, lines[first : first + RECORDS_A_FILE])
            yield f"data/records/{number:05d}.jsonl", len(content), iter([content])
        for sha256, name in places.items():
            known = attachments.find(connection, sha256)
            if known is not None:
                yield name, known.size_bytes, checked(sha256, attachments.chunks(self._archive, connection, sha256))

    def _signer(self) -> SigningKey:
        """The auditor's own."""
        return signing_key(self._archive, f"signing.{self._person}", self._person, self._clock)


def checked(sha256: str, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield the same blocks; at their end they must be the very bytes that were filed."""
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
        yield block
    if digest.hexdigest() != sha256:
        raise SealBroken("a file is not what was filed", sha256=sha256)


def _places(connection: Connection, lines: Sequence[RecordLine]) -> dict[str, str]:
    """Return where each file lies in the copy: plain ASCII names, numbered, a thousand to a folder."""
    places: dict[str, str] = {}
    for line in lines:
        said = records.body(connection, line.head) or {}
        for file in said.get("attachments", []):
            number = len(places) + 1
            ending = ENDINGS.get(file["media"], "bin")
            places.setdefault(file["sha256"], f"data/files/{number // 1000:03d}/{number:07d}.{ending}")
    return places


def _jsonl(connection: Connection, lines: Sequence[RecordLine]) -> bytes:
    rows = []
    for line in lines:
        said = records.body(connection, line.head)
        row = {
            "record": line.uid,
            "revision": line.head,
            "accepted": line.accepted,
            "state": line.state.value,
            "body": said,
        }
        rows.append(json.dumps(row, ensure_ascii=False, sort_keys=True))
    return ("\n".join(rows) + "\n").encode("utf-8")


def _rows(lines: Sequence[RecordLine], kinds: Mapping[str, Kind]) -> Iterator[tuple[str, ...]]:
    for one in lines:
        yield (
            one.uid,
            one.number,
            kinds[one.kind].label,
            one.title,
            str(one.year),
            one.case_date,
            one.state.value,
            one.filed_by,
            one.filed_at,
        )


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula (CWE-1236)."""
    return "'" + text if text.lstrip()[:1] in set("=+-@|%＝＋－＠\t\r\n") and text.lstrip() else text


def _index_csv(lines: Sequence[RecordLine], kinds: Mapping[str, Kind]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(HEADS)
    for row in _rows(lines, kinds):
        writer.writerow([safe_cell(cell) for cell in row])
    return out.getvalue().encode("utf-8-sig")  # the mark tells spreadsheet programs that it is UTF-8


def _index_html(lines: Sequence[RecordLine], kinds: Mapping[str, Kind]) -> bytes:
    cells = "\n".join(
        "<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in _rows(lines, kinds)
    )
    heads = "".join(f"<th>{head}</th>" for head in HEADS)
    return (
        '<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " style-src 'unsafe-inline'\"><title>档案副本目录</title><style>body{font:14px sans-serif}td,th{border:1px solid #ccc;"
        f"padding:4px 8px;text-align:left}}</style><h1>档案副本目录</h1><table><tr>{heads}</tr>\n{cells}\n</table>\n"
    ).encode()


def _make_recipient(key_file: Path) -> Recipient:
    identity, public = new_identity()
    handle = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="ascii") as out:
            out.write(f"# public key: {public}\n{identity}\n")
            out.flush()
            os.fsync(handle)  # what was sealed to it could never be opened again
        flush_folder(key_file.parent)
    except BaseException:
        with suppress(OSError):  # a disk that is gone gives nothing back; the first failure is what is told
            key_file.unlink()
        raise
    return Recipient(public, key_file)
