"""Received lists (交接单) as the reviewer gives them out: what the county signed, and the records that were not accepted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from desktop.services.county_line import CountyLine
from desktop.services.reviewing import Reviewing
from sync.contract import extracts
from sync.contract.certificates import read_certificate
from sync.contract.errors import BadRequest
from sync.contract.histories import RevisionStanding
from sync.contract.kinds import Kind
from sync.contract.received_list import MARK, ReceivedList, SignedReceivedList, check_received_list
from sync.vault.engine import raise_storage_error

_ACCEPTED = (RevisionStanding.ACCEPTED, RevisionStanding.MERGED, RevisionStanding.SUPERSEDED)


@dataclass(frozen=True, slots=True)
class NotAccepted:
    """A record of the batch that does not stand accepted; of a restricted kind `title` is the kind's name."""

    number: str
    title: str
    standing: RevisionStanding


@dataclass(frozen=True, slots=True)
class Given:
    """A received list as it goes to paper: what the county signed, the code that says the same, and what was not accepted."""

    told: ReceivedList
    code: str
    rows: tuple[NotAccepted, ...]


class ReceivedLists:
    """The received lists that one member of staff gives out."""

    def __init__(self, line: CountyLine, reviewing: Reviewing, kinds: Mapping[str, Kind]) -> None:
        self._line, self._reviewing, self._kinds = line, reviewing, kinds

    def make(self, batch_id: str) -> Given:
        """Return the batch's list as it stands now, signed by the county; that it was made stands in the county's log.

        Raises:
            BadRequest: no such batch was received. SealBroken: not our county signed it. Offline, NotTheCounty.
        """
        staff = self._line.staff()
        signed = staff.ask("POST", f"/v1/batches/{batch_id}/received-list", SignedReceivedList)
        told = check_received_list(signed, self._authority())
        code = extracts.code_of(signed.body, signed.signature, MARK)
        rows = []
        for one in self._reviewing.batch(batch_id).records:
            kind = self._kinds.get(one.kind)
            if one.standing not in _ACCEPTED:
                rows.append(
                    NotAccepted(one.number, kind.label if kind and kind.restricted else one.title, one.standing)
                )
        return Given(told, code, tuple(rows))

    def save_authority(self, path: Path) -> Path:
        """The county's certificate stands in that file (PEM): with it anybody can check a list.

        Raises:
            DiskFull, and what else the disk may say.
        """
        try:
            path.write_bytes(self._authority().public_bytes(serialization.Encoding.PEM))
        except OSError as error:
            raise_storage_error(error)
        return path

    def _authority(self) -> x509.Certificate:
        return read_certificate(self._line.authority())


def check_received_code(code: str, authority: bytes) -> ReceivedList:
    """Return what the code says, if the county of that certificate (PEM) signed it.

    Raises:
        BadRequest: it is no code of ours, or no certificate. SealBroken: another signed it, or it was altered.
    """
    try:
        certificate = x509.load_pem_x509_certificate(authority)
    except ValueError as error:
        raise BadRequest("not a certificate") from error
    return check_received_list(SignedReceivedList(*extracts.read_code(code, MARK)), certificate)
