"""The drill: a county on PostgreSQL is copied by PostgreSQL's tools and ours, put back elsewhere, and its desk goes on."""

from __future__ import annotations

import hashlib
import subprocess
from contextlib import closing
from pathlib import Path

import psycopg

from sync.contract.revisions import TownshipId
from sync.county import keeping
from sync.county.__main__ import main
from sync.county.patient_rules import PatientRules
from sync.county.service import County, create_county
from tests.sync.conformance.desks import MemoryDesk
from tests.sync.conformance.ledger_suite import Line, judge
from tests.sync.contract.office import NOW, TOWNSHIP, Office
from tests.sync.postgres_cluster import find_programs

PAGE = b"%PDF-1.7 " + bytes(range(256)) * 20


def test_a_county_on_postgresql_is_put_back_from_its_copies_and_the_desk_goes_on(
    tmp_path: Path, postgres_database: str, another_postgres_database: str
) -> None:
    office = Office()
    data, key, place = tmp_path / "county", tmp_path / "safe.key", tmp_path / "place"
    sha256 = hashlib.sha256(PAGE).hexdigest()
    create_county(data, "云泽县", key, postgres_database)
    with closing(County(data, key, postgres_database)) as county:
        rules = PatientRules(county.storage, office.authority, judge, lambda: NOW)
        line = Line(office, rules, MemoryDesk(office))
        filed = [line.file(f"档案{number}", attachments=[sha256]) for number in range(4)]
        line.send()
        county.attachments.take(TownshipId(TOWNSHIP), sha256, 0, len(PAGE), PAGE, "desk")
        for one in filed[:3]:
            line.accept(one)
        line.drain()
        dump = tmp_path / "book.dump"
        tool("pg_dump", postgres_database, "-Fc", "-f", str(dump))
        generation = keeping.back_up(county, place)
        later = line.file("备份以后的档案")
        line.send()
        line.accept(later)
        line.drain()
        epoch = rules.epoch
    # by somebody who forgets who may what: the second belt is left behind
    tool("pg_restore", another_postgres_database, "--no-owner", "--no-privileges", str(dump))
    again = tmp_path / "again"
    words = ["--data", str(again), "--key-file", str(key), "--database", another_postgres_database]
    assert main(["restore", "--from", str(generation), *words]) == 0
    assert main(["check", "--whole", *words]) == 0
    with closing(County(again, key, another_postgres_database)) as restored:
        assert restored.ledger.epoch != epoch
        assert restored.storage.find_holes() == []
        assert restored.attachments.read(None, sha256, 0, len(PAGE)) == (PAGE, len(PAGE))
        line.county = PatientRules(restored.storage, office.authority, judge, lambda: NOW)
        line.drain()
        assert line.agree()
        assert (
            line.county.record(later.record_id).head == later.id
        )  # what came after the copy is back, with its decision


def tool(program: str, url: str, *words: str) -> None:
    """Run a tool of PostgreSQL's on a database; it ends well."""
    plain = url.replace("+psycopg", "")
    with psycopg.connect(plain) as connection:
        where = ["-h", connection.info.host, "-U", connection.info.user, "-d", connection.info.dbname]
    programs = find_programs()
    assert programs is not None
    subprocess.run([str(programs / program), *where, *words], check=True, timeout=60)
