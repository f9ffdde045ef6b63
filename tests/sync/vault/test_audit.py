"""The audit log: what it keeps, and which attacks on it show."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import DatabaseError

from sync.contract.errors import SealBroken
from sync.vault import audit
from sync.vault.audit import Flaw, append, create_log, events, head, kept_notes, sign_checkpoint, verify
from sync.vault.checkpoints import read_note
from sync.vault.engine import open_engine, read, write
from sync.vault.signing import SigningKey

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
KEY = SigningKey(bytes(range(32)))
ORIGIN = "lantai/339921/desk-1"


@pytest.fixture
def archive(tmp_path: Path):
    engine = open_engine(tmp_path / "archive.db", bytes(32))
    with write(engine) as connection:
        create_log(connection)
    yield engine
    engine.dispose()


def act(engine: Engine, times: int = 1) -> None:
    with write(engine) as connection:
        for _ in range(times):
            append(connection, "钱秀兰", "record.file", "0198-id", {"fields": ["husband.name"], "count": 1}, AT)


def checked(engine: Engine, notes: list[str] | None = None) -> audit.Verdict:
    with read(engine) as connection:
        return verify(connection, [read_note(note, KEY.public) for note in notes or []])


def flaws(engine: Engine, notes: list[str] | None = None) -> set[Flaw]:
    return {finding.flaw for finding in checked(engine, notes).findings}


def tear_off_guards(connection: Connection) -> None:
    connection.exec_driver_sql("DROP TRIGGER audit_keeps_rows")
    connection.exec_driver_sql("DROP TRIGGER audit_keeps_words")


def recompute(connection: Connection, first: int) -> None:
    """What somebody with the key does to hide a change: all later hashes and the log's own state made right again."""
    rows = connection.exec_driver_sql(
        "SELECT sequence, at, who, act, subject, details, previous FROM audit ORDER BY sequence"
    ).all()
    chain, frontier = bytes(32), audit.Frontier()
    for row in rows:
        chain_before, chain = chain, audit.hash_row(chain, *tuple(row)[:6])
        if row[0] >= first:
            connection.exec_driver_sql(
                "UPDATE audit SET previous = ?, hash = ? WHERE sequence = ?", (chain_before, chain, row[0])
            )
        frontier = frontier.push(chain)
    connection.exec_driver_sql(
        "UPDATE audit_state SET size = ?, chain = ?, peaks = ?", (frontier.size, chain, frontier.to_bytes())
    )


def test_what_was_done_can_be_read_again(archive):
    act(archive)
    with read(archive) as connection:
        (event,) = events(connection)
        assert events(connection, subject="another") == []
    assert (event.sequence, event.at, event.who, event.act) == (1, AT, "钱秀兰", "record.file")
    assert event.details == {"fields": ["husband.name"], "count": 1}


def test_an_act_that_is_not_kept_leaves_no_line_in_the_log(archive):
    def undone() -> None:
        with write(archive) as connection:
            append(connection, "钱秀兰", "record.file", "0198-id", {}, AT)
            raise RuntimeError("power")

    with pytest.raises(RuntimeError):
        undone()
    assert checked(archive) == audit.Verdict(0, 0, ())


def test_an_honest_log_passes_with_all_its_checkpoints(archive):
    notes = []
    for times in (0, 1, 4, 30):
        act(archive, times)
        with write(archive) as connection:
            notes.append(sign_checkpoint(connection, KEY, ORIGIN))
    verdict = checked(archive, notes)
    assert (verdict.ok, verdict.size, verdict.checkpoints) == (True, 35, 4)
    with read(archive) as connection:
        assert kept_notes(connection) == notes
        assert head(connection).size == 35


@pytest.mark.parametrize("statement", ["UPDATE audit SET who = 'x'", "DELETE FROM audit"])
def test_the_log_refuses_to_be_changed_by_accident(archive, statement: str):
    act(archive)
    with pytest.raises(DatabaseError, match="only grows"), write(archive) as connection:
        connection.exec_driver_sql(statement)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("UPDATE audit SET who = 'x' WHERE sequence = 5", Flaw.ROW_ALTERED),
        ("UPDATE audit SET details = '{}' WHERE sequence = 10", Flaw.ROW_ALTERED),
        ("DELETE FROM audit WHERE sequence = 5", Flaw.GAP),
        ("DELETE FROM audit WHERE sequence > 8", Flaw.STATE_DIFFERS),
        ("UPDATE audit SET previous = zeroblob(32) WHERE sequence = 5", Flaw.BROKEN_LINK),
    ],
)
def test_a_change_by_hand_shows_in_the_chain_alone(archive, statement: str, expected: Flaw):
    act(archive, 10)
    with write(archive) as connection:
        tear_off_guards(connection)
        connection.exec_driver_sql(statement)
    assert expected in flaws(archive)


def test_a_past_rewritten_with_all_its_hashes_shows_only_against_a_kept_checkpoint(archive):
    act(archive, 10)
    with write(archive) as connection:
        note = sign_checkpoint(connection, KEY, ORIGIN)
        tear_off_guards(connection)
        connection.exec_driver_sql("UPDATE audit SET who = 'x' WHERE sequence = 5")
        recompute(connection, 5)
    assert flaws(archive) == set()
    assert flaws(archive, [note]) == {Flaw.HISTORY_DIFFERS}


def test_a_tail_cut_off_shows_only_against_a_kept_checkpoint(archive):
    act(archive, 10)
    with write(archive) as connection:
        note = sign_checkpoint(connection, KEY, ORIGIN)
        tear_off_guards(connection)
        connection.exec_driver_sql("DELETE FROM audit WHERE sequence > 7")
        recompute(connection, 1)
    assert flaws(archive) == set()
    assert flaws(archive, [note]) == {Flaw.LOG_SHORTER}


def test_a_note_with_changed_words_or_of_another_key_is_refused(archive):
    act(archive, 3)
    with write(archive) as connection:
        note = sign_checkpoint(connection, KEY, ORIGIN)
    for forged in (note.replace("\n3\n", "\n2\n"), note.replace("desk-1", "desk-2"), note[:-20], "", "a\n\nb"):
        with pytest.raises(SealBroken):
            read_note(forged, KEY.public)
    with pytest.raises(SealBroken):
        read_note(note, SigningKey.new().public)


def test_text_that_a_person_typed_does_not_fit_into_the_details(archive):
    with pytest.raises(ValueError, match="ids and names"), write(archive) as connection:
        append(connection, "钱秀兰", "record.file", "0198-id", {"reason": "字" * 201}, AT)
    with pytest.raises(ValueError, match="zone"), write(archive) as connection:
        append(connection, "钱秀兰", "record.file", "0198-id", {}, AT.replace(tzinfo=None))


WORDS = st.text(st.characters(codec="utf-8"), max_size=12)


@given(st.integers(1, 2**40), WORDS, WORDS)
def test_a_row_is_hashed_as_an_array_of_json(sequence: int, who: str, subject: str):
    words = json.dumps([sequence, "t", who, "a", subject, "{}"], ensure_ascii=False, separators=(",", ":")).encode()
    expected = hashlib.sha256(b"lantai-audit-v1\0" + bytes(32) + words).digest()
    assert audit.hash_row(bytes(32), sequence, "t", who, "a", subject, "{}") == expected


@pytest.mark.parametrize("value", ["NULL", "7", "x'00'", "CAST(x'ff' AS TEXT)"])
def test_a_value_that_the_log_never_writes_is_an_altered_row(archive, value: str):
    act(archive, 10)
    with write(archive) as connection:
        tear_off_guards(connection)
        connection.exec_driver_sql("PRAGMA writable_schema = ON")
        connection.exec_driver_sql("UPDATE sqlite_schema SET sql = replace(sql, 'NOT NULL', '') WHERE name = 'audit'")
    archive.dispose()
    with write(archive) as connection:
        connection.exec_driver_sql(f"UPDATE audit SET who = {value} WHERE sequence = 5")
    verdict = checked(archive)
    assert verdict.first == audit.Finding(Flaw.ROW_ALTERED, 5)


def test_what_a_sheet_says_is_compared_with_the_log_of_that_day(archive):
    act(archive, 7)
    with read(archive) as connection:
        digits = head(connection).root.hex()[:16]
    act(archive, 4)
    with read(archive) as connection:
        good = verify(connection, [audit.PaperDigits(7, digits.upper())])
        assert (good.ok, good.up_to) == (True, 7)
        for wrong in ("0" * 16, digits[:15], ""):
            assert verify(connection, [audit.PaperDigits(7, wrong)]).first == audit.Finding(Flaw.HISTORY_DIFFERS, 7)
        assert verify(connection, [audit.PaperDigits(12, digits)]).first == audit.Finding(Flaw.LOG_SHORTER, 12)


def test_a_frontier_changed_by_hand_shows_and_nothing_is_added_to_it(archive):
    act(archive, 5)
    with write(archive) as connection:
        connection.exec_driver_sql("UPDATE audit_state SET peaks = x''")
    assert flaws(archive) == {Flaw.STATE_DIFFERS}
    with pytest.raises(SealBroken):
        act(archive)
