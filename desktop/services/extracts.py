"""Extracts (出证): what a record says, on a sheet for somebody who asked, registered before it is printed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from desktop.archive import extracts, looks, records, settings
from desktop.archive.archive import Archive
from desktop.archive.clock import Clock
from desktop.archive.extracts import ExtractLine
from desktop.services.finding import Finding, RecordView, ShownField
from desktop.services.signers import signing_key
from sync.contract import extracts as contract
from sync.contract.errors import InvalidRecord, NotAllowed, Refused
from sync.contract.extracts import Extract, Said
from sync.contract.kinds import FieldType, Kind, Mask, Print
from sync.contract.revisions import RecordState
from sync.vault.engine import raise_storage_error
from sync.vault.signing import PublicKey as PublicKey  # re-exported: the command that checks a code reads one

KEY: Final = "extract.key"
LONGEST: Final = 60  # characters of what is typed: a sheet has one line for each


@dataclass(frozen=True, slots=True)
class Request:
    """Who asks for an extract, in what relation to the people in it, and what for."""

    applicant: str
    relation: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Issued:
    """An extract in the register: what its sheet says, and the code on it."""

    extract: Extract
    code: str


class Extracts:
    """The extracts of one office, issued by one person."""

    def __init__(
        self, archive: Archive, kinds: Mapping[str, Kind], finding: Finding, office: str, person: str, clock: Clock
    ) -> None:
        self._archive, self._kinds, self._finding = archive, kinds, finding
        self._office, self._person, self._clock = office, person, clock

    def draft(self, uid: str) -> Extract:
        """Return what the sheet will say, with what is behind masks hidden and without a number.

        Raises:
            NotAllowed: the kind's print set has no extract.
            Refused: there is no such record here, or it was voided.
        """
        view = self._finding.record(uid)
        _must_stand(view)
        return self._sheet(view, "", Request("", "", ""), self._clock().astimezone())

    def issue(self, uid: str, request: Request) -> Issued:
        """The extract has its number and stands in the register, with the look it took; now it may be printed.

        Raises:
            InvalidRecord: with `fields`, what is missing or longer than 60 characters; nothing was given out.
            Refused: there is no such record here, or it was voided.
        """
        asked = _checked(request)
        _must_stand(self._finding.record(uid))
        key = signing_key(self._archive, KEY, self._person, self._clock)
        view = self._finding.show(uid, asked.purpose)
        now = self._clock().astimezone()
        with self._archive.act(self._person, now) as act:
            line = records.by_uid(act.connection, uid)
            if line is None or line.head != view.record.head:
                raise Refused("the record changed meanwhile", record=uid)
            number = extracts.next_number(act.connection, settings.get(act.connection, "fonds"), now.year)
            sheet = self._sheet(view, number, asked, now)
            body = contract.body_of(sheet)
            code = contract.code_of(body, key.sign(contract.signed_bytes(body)))
            kept = ExtractLine(number, uid, line.head, asked.applicant, asked.purpose, self._person, act.moment, code)
            extracts.add(act, kept)
            act.note("extract-issued", uid, number=number, revision=line.head)
        return Issued(sheet, code)

    def of_record(self, uid: str) -> list[Issued]:
        """Return the extracts that were issued of a record, the newest first, to be printed again."""
        with self._archive.reading() as connection:
            lines = extracts.of_record(connection, uid)
        return [Issued(contract.read_body(contract.read_code(one.code)[0]), one.code) for one in lines]

    def show_again(self, uid: str, issued: Issued) -> Issued:
        """The extract may be shown and printed again; that it was looked at stands in the register and in the log."""
        with self._archive.act(self._person, self._clock()) as act:
            looks.note_look(act, uid, issued.extract.purpose, "extract")
            act.note("extract-shown-again", uid, number=issued.extract.number)
        return issued

    def public_key(self) -> str:
        """Return the office's public key as the text of a minisign public key file."""
        return signing_key(self._archive, KEY, self._person, self._clock).public.to_minisign()

    def save_public_key(self, path: Path) -> Path:
        """The public key stands in that file.

        Raises:
            DiskFull, and what else the disk may say.
        """
        try:
            path.write_text(self.public_key(), encoding="utf-8")
        except OSError as error:
            raise_storage_error(error)
        return path

    def _sheet(self, view: RecordView, number: str, asked: Request, at: datetime) -> Extract:
        return Extract(
            number=number,
            office=self._office,
            archive_number=view.record.number,
            title=view.record.title,
            day=at.date().isoformat(),
            by=self._person,
            applicant=asked.applicant,
            relation=asked.relation,
            purpose=asked.purpose,
            values=tuple(_said(view)),
        )


def check_code(code: str, key: PublicKey) -> Extract:
    """Return what the code says, if this key signed it.

    Raises:
        BadRequest: it is no code of ours. SealBroken: another key signed it, or it was altered.
    """
    body, signature = contract.read_code(code)
    key.verify(contract.signed_bytes(body), signature)
    return contract.read_body(body)


def _must_stand(view: RecordView) -> None:
    if Print.EXTRACT not in view.kind.prints:
        raise NotAllowed("no extract is printed of this kind", kind=view.kind.key)
    if view.record.state is RecordState.VOIDED:
        raise Refused("the record was voided", record=view.record.uid)


def _checked(request: Request) -> Request:
    made = Request(request.applicant.strip(), request.relation.strip(), request.purpose.strip())
    wrong = [name for name in ("applicant", "purpose") if not getattr(made, name)]
    wrong += [name for name in ("applicant", "relation", "purpose") if len(getattr(made, name)) > LONGEST]
    if wrong:
        raise InvalidRecord("who asks and what for", fields=wrong)
    return made


def _said(view: RecordView) -> Iterator[Said]:
    """Yield the fields the kind names for an extract; where it names none, all that are filled and not hidden even so."""
    shown = {one.key: one for one in view.fields}
    wanted = [shown[key] for key in view.kind.extract if key in shown]
    for one in wanted or [one for one in view.fields if _plain(view.kind, one)]:
        words = one.written or one.meant
        if one.written and one.meant and one.meant != one.written:
            words = f"{one.written}（{one.meant}）"
        if words:
            yield Said(one.label, words)


def _plain(kind: Kind, one: ShownField) -> bool:
    field = kind.field(one.key)
    return (
        field is not None
        and field.mask is not Mask.HIDDEN
        and field.type is not FieldType.PARAGRAPH
        and not field.folded
    )
