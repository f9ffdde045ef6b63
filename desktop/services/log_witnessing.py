"""The audit log shown to others (日志见证): signed at login and at the end of a day, said on the line, its digits on paper."""

from __future__ import annotations

import logging

from desktop.archive import log_witness, settings
from desktop.archive.archive import Act, Archive
from desktop.archive.clock import Clock
from desktop.services.enrolments import SIGNING_SEED, EnrolmentDrawer
from sync.contract.certificates import read_certificate
from sync.contract.enrolment import pin_of
from sync.contract.errors import Unavailable
from sync.contract.log_heads import LogFlaw, LogSaid, LogTold
from sync.vault import audit
from sync.vault.checkpoints import public_of
from sync.vault.log_heads import COUNTY_ORIGIN, desk_origin
from sync.vault.signing import SigningKey

COUNTY = "县数据中心"  # who stands in the log for what arrives
_log = logging.getLogger(__name__)


class LogWitness:
    """One desk's log on its way to the county; a `LogKeeper`."""

    def __init__(self, archive: Archive, drawer: EnrolmentDrawer, clock: Clock) -> None:
        made, seed = drawer.read(), drawer.signing_key().private_bytes_raw()
        authority = read_certificate(made.authority)
        self._archive, self._clock, self._key = archive, clock, SigningKey(seed)
        self._origin = desk_origin(made.township or "", made.device)
        self._county_origin, self._county = COUNTY_ORIGIN + pin_of(authority).hex(), public_of(authority)

    def said(self) -> LogSaid | None:
        with self._archive.reading() as connection:
            return log_witness.say_head(connection, self._origin, self._key, self._clock())

    def hear(self, asked: LogSaid, told: LogTold) -> bool:
        with self._archive.act(COUNTY, self._clock()) as act:
            log_witness.take_in(act, asked, told, self._county_origin, self._county)
        return told.flaw is LogFlaw.AGAIN


def sign_here(act: Act) -> None:
    """Where the log stands is signed in this act, if the desk has a key that somebody else knows: it is enrolled."""
    table = settings.get_table(act.connection, "enrolment.desk")
    if table:
        key = SigningKey(bytes.fromhex(table[SIGNING_SEED]))
        audit.sign_checkpoint(act.connection, key, desk_origin(table["township"], table["device"]))


def sign_off(archive: Archive, person: str, clock: Clock) -> None:
    """Where the log stands at the end of the day is signed, if the archive can still take it."""
    if not archive.is_open:
        return
    try:
        with archive.act(person, clock()) as act:
            sign_here(act)
    except Unavailable as fault:  # a full disk keeps nobody from going home; the next login signs
        _log.warning("log not signed at the end of the day: %s", fault.code)
