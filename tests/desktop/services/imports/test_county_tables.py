"""The tables of the county that does not exist come in by their shipped templates, each accounted for to the row."""

from __future__ import annotations

import csv
import tarfile
from pathlib import Path

import pytest

from desktop.services.finding import Asked
from desktop.services.imports.importing import Importing, Proposer
from desktop.services.imports.templates import shipped
from sync.contract.sources import load_sources
from tests.desktop.services.office import SmallOffice

TOWN = Path(__file__).parents[4].parent / "shared" / "data" / "town"


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    packed = next(TOWN.glob("*.tar.gz"), None) if TOWN.is_dir() else None
    if packed is None:
        pytest.skip("the shared test data is not beside the project (../shared/data/town)")
    folder = tmp_path_factory.mktemp("town")
    with tarfile.open(packed) as unpacked:
        unpacked.extractall(folder, filter="data")
    return next(path.parent for path in folder.rglob("residents.csv"))


@pytest.mark.parametrize("source", sorted(one.source for one in shipped()))
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_table_with_a_kind_is_read_to_the_row(town: Path, importing: Importing, source: str, encoding: str) -> None:
    text = (town / f"{source}.csv").read_text(encoding="utf-8")
    seen = importing.look(f"{source}.csv", importing.open(text.encode(encoding)))
    assert seen.proposer is Proposer.SHIPPED
    assert seen.table.template.source == source
    run = importing.dry_run(seen.table, lambda _: None, lambda: False)
    assert len(run) == sum(1 for _ in csv.reader(text.splitlines(keepends=True))) - 1
    assert "no_part" not in run.errors()


def test_the_tables_of_other_offices_are_kept_to_the_row(town: Path, importing: Importing, office: SmallOffice) -> None:
    for name, source in load_sources().items():
        text = (town / f"{name}.csv").read_text(encoding="utf-8")
        seen = importing.look(f"{name}.csv", importing.open(text.encode("gb18030")))
        assert seen.table.source is source
        done = importing.file(seen.table, {}, lambda _: None, lambda: False).sums
        assert done.read == done.filed == sum(1 for _ in csv.reader(text.splitlines(keepends=True))) - 1
    assert office.finding.find(Asked("")).total == 0  # they are no records


def test_the_marriage_records_become_records_and_the_sum_holds(
    town: Path, importing: Importing, office: SmallOffice
) -> None:
    seen = importing.look("marriage_records.csv", importing.read(town / "marriage_records.csv"))
    run = importing.dry_run(seen.table, lambda _: None, lambda: False)
    done = importing.file(seen.table, dict.fromkeys(run.warnings(), "原件如此"), lambda _: None, lambda: False)
    assert done.sums == run.sums(dict.fromkeys(run.warnings(), "原件如此"))
    assert done.sums.read == 2473
    assert done.sums.filed > 2400
    assert office.finding.find(Asked("")).total == done.sums.filed
