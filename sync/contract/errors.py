"""The error tree, sorted by who can act.

* LantaiError
  x Refused ............ the person can act
    - InvalidRecord        a record has findings of level error
    - ChecksFailed         a check of the four properties stands against it (`items`)
    - NumberTaken          an archive number is held by another record
    - NoNumberLeft         the desk has no seat yet, or gave out its whole lease of a series
    - WrongPassword        no key slot opens with this password
    - WeakPassword         shorter than the rule asks
    - PasswordTemporary    somebody else chose the password; one's own comes first
    - LockedOut            too many wrong passwords; a waiting time runs
    - NotAllowed           the role does not permit the act
    - UnreadableFile       a foreign file cannot be taken in; it is kept aside
    - UnreadableTable      a foreign table cannot be read (`reason`); the file is not touched
    - WrongCode            an enrolment code or recovery code is not right
    - BadRequest           the other office sent what the contract does not allow
    - HeadMoved            the record changed since it was looked at
    - NotNamed             the record of another township names nobody so called
    - EditionOlder         the rules that the county sent are not newer than those in use
    - ProgramOlder         this program speaks no version of the line that its county still speaks
    - VolumeRefused        a volume does not take the act (`reason`); it stands as it was
  x Unavailable ........ time can act
    - Offline              the county cannot be reached
    - NotTheCounty         something answered, but not the county (captive portal)
    - ArchiveBusy          another window holds the archive
    - DiskFull             no room left to write
    - DiskFails            the disk does not take what is written, or may not be written
    - CountyBusy           the county asks to wait a while
    - CountyOlder          the county's program is older and does not understand this one yet; what waits is held
    - AttachmentsMissing   pages of this record have not reached the county yet
    - WitnessAwaited       the county was put back, and a desk of the township has not yet said what it holds
    - ReaderStopped        a page reader overran its time or memory and was ended
    - CannotWrite          a file asked for cannot be written where it was asked for (`reason`)
    - StickUnavailable     the stick is away, full or may not be written (`reason`)
    - PlaceUnavailable     a backup's place is away, full or may not be written (`reason`)
  x Damaged ............ the county can act
    - SealBroken           bytes do not match their hash, signature or authentication tag
    - ArchiveTooNew        written by a newer version of the program
    - DigestDiffers        desk and county disagree after a drained feed
    - BackupBroken         a copy read back is not what was written (`flaw`)
    - FactoryFault         a file of kinds, rules or texts, shipped or of an edition, is not as it must be

`code` is stable and names the sentence in resources/messages; facts travel as keyword arguments and hold
no personal data beyond ids.
"""

from __future__ import annotations

from typing import ClassVar


class LantaiError(Exception):
    """Something a person, time or the county can act on; a bug is never one of these."""

    code: ClassVar[str] = "lantai"

    def __init__(self, detail: str = "", /, **facts: object) -> None:
        super().__init__(detail or self.code)
        self.facts = facts

    def __str__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in self.facts.items())
        return f"{self.args[0]} ({shown})" if shown else str(self.args[0])


class Refused(LantaiError):
    """The person can act."""

    code = "refused"


class Unavailable(LantaiError):
    """Time can act: the same call may succeed later."""

    code = "unavailable"


class Damaged(LantaiError):
    """The county (or the keeper of the backups) can act."""

    code = "damaged"


class InvalidRecord(Refused):
    code = "invalid_record"


class ChecksFailed(Refused):
    code = "checks_failed"


class NumberTaken(Refused):
    code = "number_taken"


class NoNumberLeft(Refused):
    code = "no_number_left"


class WrongPassword(Refused):
    code = "wrong_password"


class WeakPassword(Refused):
    code = "weak_password"


class PasswordTemporary(Refused):
    code = "password_temporary"


class LockedOut(Refused):
    code = "locked_out"


class NotAllowed(Refused):
    code = "not_allowed"


class UnreadableFile(Refused):
    code = "unreadable_file"


class UnreadableTable(Refused):
    code = "unreadable_table"


class WrongCode(Refused):
    code = "wrong_code"


class BadRequest(Refused):
    code = "bad_request"


class HeadMoved(Refused):
    code = "head_moved"


class NotNamed(Refused):
    """The record of another township names nobody so called; it is not opened."""

    code = "not_named"


class EditionOlder(Refused):
    code = "edition_older"


class ProgramOlder(Refused):
    """This program speaks no version of the line that its county still speaks: a newer one is to be installed."""

    code = "program_older"


class VolumeRefused(Refused):
    code = "volume_refused"


class Offline(Unavailable):
    code = "offline"


class NotTheCounty(Unavailable):
    code = "not_the_county"


class ArchiveBusy(Unavailable):
    code = "archive_busy"


class DiskFull(Unavailable):
    code = "disk_full"


class DiskFails(Unavailable):
    code = "disk_fails"


class CountyBusy(Unavailable):
    code = "county_busy"


class CountyOlder(Unavailable):
    """The county's program is older and does not understand this one yet; what waits is held until it is brought up."""

    code = "county_older"


class AttachmentsMissing(Unavailable):
    code = "attachments_missing"


class WitnessAwaited(Unavailable):
    code = "witness_awaited"


class ReaderStopped(Unavailable):
    code = "reader_stopped"


class CannotWrite(Unavailable):
    code = "cannot_write"


class StickUnavailable(Unavailable):
    code = "stick_unavailable"


class PlaceUnavailable(Unavailable):
    code = "place_unavailable"


class SealBroken(Damaged):
    code = "seal_broken"


class ArchiveTooNew(Damaged):
    code = "archive_too_new"


class DigestDiffers(Damaged):
    code = "digest_differs"


class BackupBroken(Damaged):
    code = "backup_broken"


class FactoryFault(Damaged):
    code = "factory_fault"


def error_of(code: str) -> type[LantaiError]:
    """Return the error of the tree with this code; Refused for one that a newer program may know."""
    waiting: list[type[LantaiError]] = [LantaiError]
    while waiting:
        kind = waiting.pop()
        if kind.code == code:
            return kind
        waiting += kind.__subclasses__()
    return Refused
