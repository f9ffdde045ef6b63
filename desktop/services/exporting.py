"""Exporting (导出): the auditor's sealed copy, opened and proved by anyone without this program."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final

from desktop.archive import attachments, choosing, export_requests, sealing, settings
from desktop.archive.archive import Archive, Connection
from desktop.archive.clock import Clock
from desktop.services import log_witnessing
from desktop.services.changed import Progress
from desktop.services.export_requests import ExportRequest, ExportRequests, Terms, Way
from desktop.services.finding import Asked, Finding
from desktop.services.sealing import plan
from desktop.services.sealing.masking import Masking, NameLeft
from desktop.services.sealing.payload import BagPayload, Export
from desktop.services.sealing.plan import BAG_BYTES, Range, Roll
from desktop.services.sealing.scope import Chosen, Scope, choose, read_scope
from desktop.services.signers import signing_key
from sync.contract.errors import ArchiveBusy, Refused, UnreadableFile
from sync.contract.kinds import Kind
from sync.vault import audit, lantai_verify
from sync.vault.checkpoints import Checkpoint, sign_note
from sync.vault.copy_check import CopyVerdict, verify_copy
from sync.vault.engine import raise_storage_error
from sync.vault.sealed_copy import (
    SealedCopy,
    locked_identity,
    new_identity,
    new_passphrase,
    opened_identity,
    take_away,
    write_copy,
)
from sync.vault.signing import SigningKey
from sync.vault.whole_file import flush_folder, make_folder, replace_whole

KEYS_FOLDER = "收件人钥匙"
VERIFIER: Final = Path(lantai_verify.__file__)
NOTHING: Final[Mapping[str, bytes]] = MappingProxyType({})
_TRIES: Final = 5  # to read the roll while nobody files


@dataclass(frozen=True, slots=True)
class Recipient:
    """A key pair made for one copy's reader: the secret half lies in `key_file`, to be carried apart from the copy."""

    public_key: str
    key_file: Path
    passphrase: str = ""  # told to the reader by another way; kept nowhere


@dataclass(frozen=True, slots=True)
class SealedExport:
    """What one export left in the folder: one copy, or several bags of it."""

    copies: tuple[SealedCopy, ...]

    @property
    def path(self) -> Path:
        return self.copies[0].path

    @property
    def files(self) -> int:
        return sum(one.files for one in self.copies)

    @property
    def size_bytes(self) -> int:
        return sum(one.size_bytes for one in self.copies)


@dataclass(frozen=True, slots=True)
class _Order:
    """What was asked for beside the range."""

    folder: Path
    recipients: list[str]
    signer: SigningKey
    beside: Mapping[str, bytes]
    progress: Callable[[Progress], None]
    cancelled: Callable[[], bool]

    def tell(self, before: int, whole: int, done: int, _: int) -> None:
        """How far the export is: files of the bags before, and of this one."""
        self.progress(Progress("export", before + done, max(whole, before + done)))


class Exporting:
    """Sealed copies of one archive, made by one auditor."""

    def __init__(self, archive: Archive, kinds: Mapping[str, Kind], person: str, clock: Clock) -> None:
        self._archive = archive
        self._kinds = kinds
        self._person = person
        self._clock = clock
        self.requests = ExportRequests(archive, person, clock)

    def signature_key(self) -> str:
        """Return the public key (minisign) with which this auditor's copies are proved; it is handed out on paper."""
        return self._signer().public.to_minisign()

    def make_recipient(self, *, by_passphrase: bool = False) -> Recipient:
        """A new age key stands in a file beside the archive, readable by its owner alone; never beside the copy it opens.

        Args:
            by_passphrase: the file is locked with a passphrase made for it, so that it may lie beside the copy.
        Raises:
            DiskFull, DiskFails: no room for it; nothing was made.
        """
        folder, now = self._archive.folder.parent / KEYS_FOLDER, self._clock()
        stem = f"lantai-{now:%Y%m%dT%H%M%S%fZ}.key"
        try:
            make_folder(folder)
            made = _make_recipient(
                folder / (stem + ".age" if by_passphrase else stem), new_passphrase() if by_passphrase else ""
            )
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
        *,
        scope: Scope = Scope(),  # noqa: B008  a frozen value
        most_bytes: int = BAG_BYTES,
        beside: Mapping[str, bytes] = NOTHING,
        masked: bool = False,
    ) -> SealedExport:
        """Sealed copies of everything filed, or of a scope, with signatures and the verifier beside them, stand in the folder, all or none.

        Every attachment is read whole and compared with the hash it was filed under, so each export is a fixity check.

        Args:
            beside: files for each bag, beside its payload, such as the report of a check.
            most_bytes: how large one bag may become, as far as it can be told before it is written.
            masked: without names, numbers and pages (docs/masked-copy.md).
        Raises:
            SealBroken: a file or a record in the archive is not what was filed; DiskFull, DiskFails: the folder does not take it;
            NameLeft: a name or number of the party list was about to leave with a masked copy;
            Refused: cancelled; NotAllowed: (`reason` two_people) nobody else approved it, and somebody could.
        """
        request = self.requests.claim(terms_of(scope, recipients, masked=masked))
        signer = self._signer()
        for _ in range(_TRIES):
            with self._archive.reading() as records:
                begun = self._begin(records, scope, signer, request)
                if begun is not None:
                    parts = _parts(records, begun, most_bytes)
                    begun = replace(begun, bags=len(parts))
                    order = _Order(folder, list(recipients), signer, beside, progress, cancelled)
                    masking = Masking.of(records, self._kinds, begun.office) if masked else None
                    try:
                        made = self._write(records, begun, parts, order, masking)
                    except NameLeft as fault:
                        self._note_refused(begun, fault)
                        raise
                    self._note_done(begun, made)
                    return SealedExport(tuple(made))
        raise ArchiveBusy("records were filed all the while")

    def _note_refused(self, begun: Export, fault: NameLeft) -> None:
        with self._archive.act(self._person, self._clock()) as act:
            act.note("copy-refused", begun.id, place=fault.place)

    def _write(
        self, records: Connection, begun: Export, parts: Sequence[Range], order: _Order, masking: Masking | None
    ) -> list[SealedCopy]:
        """Every bag stands in the folder with the verifier beside them, or none does."""
        made: list[SealedCopy] = []
        whole = _file_count(records, begun, parts)
        try:
            with self._archive.reading() as log:
                for number, part in enumerate(parts, start=1):
                    bag = BagPayload(self._archive, records, log, self._kinds, begun, part, number, masking)
                    copy = write_copy(
                        order.folder / f"{begun.id}{_suffix(number, len(parts))}.tar.age",
                        bag.files(),
                        recipients=order.recipients,
                        signer=order.signer,
                        bag_info=bag.bag_info(),
                        tag_files=partial(_tag_files, bag, order.beside),
                        progress=partial(order.tell, sum(one.files for one in made), whole),
                        cancelled=order.cancelled,
                    )
                    made.append(copy)
            replace_whole(order.folder / VERIFIER.name, VERIFIER.read_bytes())
        except BaseException:
            for one in made:  # a part of an export would look like all of one
                take_away(one.path, one.signature_path)
            raise
        return made

    def _begin(self, records: Connection, scope: Scope, signer: SigningKey, request: ExportRequest) -> Export | None:
        """The log says that an export of these records began; None if something was done between reading them and that line."""
        now = self._clock()
        facts = {name: settings.get(records, name) for name in ("county", "township", "township_code", "fonds")}
        name, roll = f"lantai-{facts['township_code'] or '0'}-{now:%Y%m%dT%H%M%SZ}", Roll(records)
        stood = audit.head(records).size
        chosen = None if scope.is_range and request.terms.way is Way.SEALED else self.choose(records, scope)
        whole = scope.range() if chosen is None else Range("", None)
        with self._archive.act(self._person, now) as act:
            if audit.head(act.connection).size != stood:
                return None
            told = {"range": str(whole), "request": request.id}
            act.note("copy-begun", name, records=roll.size, root=roll.root, **told)
            log_witnessing.sign_here(act)
            head = audit.head(act.connection)
        origin = f"lantai.copy/{facts['township_code'] or '0'}/{facts['fonds'] or '0'}"
        note = sign_note(Checkpoint(origin, head.size, head.root, head.chain), signer)
        office = facts["county"] + facts["township"]
        return Export(
            name,
            now,
            self._person,
            office,
            facts["fonds"],
            whole,
            roll,
            head.size,
            note,
            1,
            request,
            scope,
            chosen,
        )

    def _note_done(self, begun: Export, made: Sequence[SealedCopy]) -> None:
        """What was made stands in the log, the request is spent, and the SM3 of files that had none is kept."""
        with self._archive.act(self._person, self._clock()) as act:
            export_requests.set_done(act, begun.request.id)
            for one in made:
                act.note("copy-exported", one.path.name, blake2b=one.blake2b, files=one.files, export=begun.id)
                sealing.keep_sm3(act, {sha256: found["sm3"] for sha256, found in one.found.items() if "sm3" in found})

    def read_scope(self, text: str) -> Scope:
        """Return the scope that was typed; raises as `scope.read_scope` does."""
        return read_scope(text, self._kinds)

    def choose(self, records: Connection, scope: Scope) -> Chosen:
        """Return what the scope means; its persons are those the search finds."""
        found: set[str] | None = None
        if scope.persons:
            finding = Finding(self._archive, self._kinds, self._person, self._clock)
            ids = [one for word in scope.persons for one in finding.find(Asked(word)).ids[:]]
            found = choosing.uids(records, ids)
        return choose(records, scope, found)

    def verify(self, copy: Path, public_key: str, key_file: Path, passphrase: str = "") -> CopyVerdict:
        """Return whether the copy is whole, unchanged and from the holder of the key, from the file alone.

        Args:
            passphrase: of a key file that is locked.

        Raises:
            SealBroken: the public key or what stands in the key file is no key.
            UnreadableFile: the copy or the key file cannot be read, as when the stick was pulled out.
        """
        try:
            identity = opened_identity(key_file.read_bytes(), passphrase)
            verdict = verify_copy(copy, public_key=public_key, identity=identity)
        except OSError as error:
            raise UnreadableFile("copy or key file", reason=type(error).__name__) from error
        with self._archive.act(self._person, self._clock()) as act:
            act.note("copy-verified", "copy", findings=len(verdict.findings))
        return verdict

    def _signer(self) -> SigningKey:
        """The auditor's own."""
        return signing_key(self._archive, f"signing.{self._person}", self._person, self._clock)


def terms_of(scope: Scope, recipients: Sequence[str], *, masked: bool = False) -> Terms:
    """Return what has to be approved before this scope goes to these readers."""
    return Terms(Way.MASKED if masked else Way.SEALED, scope.spelled(), tuple(recipients))


def _tag_files(bag: BagPayload, beside: Mapping[str, bytes]) -> dict[str, bytes]:
    files = {**beside, **bag.tag_files()}
    if bag.masking is not None:
        bag.masking.check_tags({**files, "bag-info.txt": "\n".join(bag.bag_info().values()).encode()})
    return files


def _suffix(number: int, several: int) -> str:
    return f"-{number}of{several}" if several > 1 else ""


def _parts(records: Connection, begun: Export, most_bytes: int) -> list[Range]:
    """Return the bags of the export; a choice is one, for the roll in it is one.

    Raises:
        Refused: (`reason` too_large) what was chosen does not fit into one.
    """
    if begun.request.terms.way is Way.MASKED:  # no pages in it
        return [begun.whole]
    parts = plan.parts(records, begun.roll, begun.whole, most_bytes, begun.only)
    if begun.chosen is not None and len(parts) > 1:
        raise Refused("a choice larger than a bag", reason="too_large")
    return parts


def _file_count(records: Connection, export: Export, parts: Sequence[Range]) -> int:
    """Return about how many files will be written: for the eye, while it lasts."""
    shelves = [one for one in export.roll.shelves if export.whole.meets(one)]
    pages = sum(-(-one.count // plan.RECORDS_A_PAGE) for one in shelves)
    everything = len(shelves) == len(export.roll.shelves)
    return (
        3 * pages + 6 * len(parts) + (attachments.count(records) if everything else sum(one.count for one in shelves))
    )


def _make_recipient(key_file: Path, passphrase: str) -> Recipient:
    identity, public = new_identity()
    content = f"# public key: {public}\n{identity}\n".encode("ascii")
    handle = os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(locked_identity(identity, passphrase) if passphrase else content)
            out.flush()
            os.fsync(handle)  # what was sealed to it could never be opened again
        flush_folder(key_file.parent)
    except BaseException:
        with suppress(OSError):  # a disk that is gone gives nothing back; the first failure is what is told
            key_file.unlink()
        raise
    return Recipient(public, key_file, passphrase)
