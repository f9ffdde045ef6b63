"""Checking the county's own audit log (县级日志核验): against itself, its signed heads and those that townships kept; docs/audit.md, section 4."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import select

from sync.contract.errors import SealBroken
from sync.county import tables
from sync.county.log_keeping import KEPT
from sync.county.service import County
from sync.county.tables import table
from sync.vault import audit
from sync.vault.audit import Finding, Flaw, Verdict
from sync.vault.checkpoints import Checkpoint, parse_note, public_of, read_note, split_notes
from sync.vault.merkle import Frontier

_SEEN = table(tables.SeenLog)


def check_log(county: County, notes: str = "") -> Verdict:
    """Return what reading the whole log found.

    Args:
        notes: heads that townships kept, as `python -m desktop audit heads` writes them.
    Raises:
        SealBroken: something else than notes stands there.
    """
    kept, findings = _read(county, notes)
    with county.storage.keeping() as connection:
        own = [parse_note(note) for note in audit.kept_notes(connection)]
        verdict = audit.verify(connection, [*own, *kept])
    findings += _compare_seen(county)
    return replace(verdict, findings=(*verdict.findings, *findings))


def _read(county: County, text: str) -> tuple[list[Checkpoint], list[Finding]]:
    """Return the heads that this county signed, and a finding for each that it did not."""
    public, origin = public_of(county.authority.certificate), county.logs.origin
    kept: list[Checkpoint] = []
    findings: list[Finding] = []
    for note in split_notes(text):
        try:
            checkpoint = read_note(note, public)
        except SealBroken:
            findings.append(Finding(Flaw.NOTE_FOREIGN, parse_note(note).size))
            continue
        if checkpoint.origin == origin:
            kept.append(checkpoint)
        else:
            findings.append(Finding(Flaw.NOTE_FOREIGN, checkpoint.size))
    return kept, findings


def _compare_seen(county: County) -> Iterator[Finding]:
    """How far each desk's log was seen is what the county's own log says last of it."""
    with county.storage.connection() as connection:
        seen = {row.device: row for row in connection.execute(select(_SEEN))}
    with county.storage.keeping() as connection:
        last = {event.subject: event for event in audit.of_act(connection, KEPT)}
    for device, row in seen.items():
        if row.size == 0:
            continue
        event = last.get(device)
        root = Frontier.from_bytes(row.size, row.peaks).root().hex()
        if event is None or (event.details["size"], event.details["root"]) != (row.size, root):
            yield Finding(Flaw.STATE_DIFFERS, event.sequence if event else 0)
