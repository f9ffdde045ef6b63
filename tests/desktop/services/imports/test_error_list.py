"""The list of errors is a workbook with every entry that was not filed, its faulty cells coloured, and no formula in it."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from desktop.documents.sheets import SheetReader
from desktop.services.imports.error_list import ErrorList, Wording
from desktop.services.imports.importing import Importing
from sync.contract.errors import CannotWrite, Refused
from tests.desktop.services.imports.marriages import LABELS, marriage, table
from tests.desktop.services.office import SmallOffice

WORDING = Wording(
    "行号", "状态", "原因", lambda state: state.value, lambda kind, one: f"{one.field} {one.code} {dict(one.facts)}"
)


def listed(importing: Importing, office: SmallOffice, rows: list[list[str]]) -> ErrorList:
    chosen = importing.look("结婚.csv", importing.open(table(rows))).table
    tried = importing.dry_run(chosen, lambda _: None, lambda: False)
    return ErrorList(importing, office.kinds, office.clock, chosen, tried)


def read_back(path: Path) -> list[tuple[str, ...]]:
    with SheetReader() as reader:
        return [row.cells for row in reader.every(reader.open(path.read_bytes()), 0)]


ROWS = [
    marriage(1),
    marriage(2, man_id="3.39921198903080E+17"),
    marriage(3, man="=HYPERLINK(\"http://x\",\"1\")", day=""),
    marriage(4, woman_was="已婚"),
    marriage(4, woman_was="已婚"),
]  # fmt: skip


def test_the_list_holds_every_entry_with_its_row_and_its_reasons(
    importing: Importing, office: SmallOffice, tmp_path: Path
) -> None:
    target = tmp_path / "错误清单.xlsx"
    assert listed(importing, office, ROWS[:4]).save(target, WORDING, lambda: False) == 4
    head, first, second, third, fourth = read_back(target)
    assert head == ("行号", "状态", "原因", *LABELS)
    assert (first[0], first[1], second[0], second[1]) == ("2", "warned", "3", "rejected")
    assert "husband.id_no digits_lost" in second[2]
    assert second[8] == "3.39921198903080E+17"
    assert "reg_date needed" in third[2]
    assert "'choices': '未婚、离婚、丧偶'" in fourth[2]
    assert [path.name for path in tmp_path.iterdir()] == ["office", "错误清单.xlsx"] or len(
        list(tmp_path.iterdir())
    ) == 2


def test_no_cell_is_a_formula_or_a_link_and_faulty_ones_have_a_ground(
    importing: Importing, office: SmallOffice, tmp_path: Path
) -> None:
    target = tmp_path / "错误清单.xlsx"
    listed(importing, office, ROWS).save(target, WORDING, lambda: False)
    with zipfile.ZipFile(target) as made:
        sheet = made.read("xl/worksheets/sheet1.xml").decode()
        styles = made.read("xl/styles.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert "=HYPERLINK" in " ".join(cell for row in read_back(target) for cell in row)  # it stands there as text
    assert "F6D5D0" in styles
    coloured = {cell.split('"')[0] for cell in sheet.split('<c r="')[1:] if ' s="' in cell.split(">")[0]}
    assert "I3" in coloured  # the damaged number
    assert "H3" not in coloured


def test_a_page_of_details_says_the_same_as_the_list(importing: Importing, office: SmallOffice) -> None:
    made = listed(importing, office, ROWS)
    details = made.details([3, 1])
    assert [one.line.number for one in details] == [5, 3]
    assert details[0].findings[0].facts["choices"] == "未婚、离婚、丧偶"
    assert details[1].findings[0].code == "digits_lost"


@pytest.mark.parametrize("spoil", [lambda folder: (folder / "清单.xlsx").mkdir(), None])
def test_a_list_that_cannot_be_written_leaves_nothing_half(
    importing: Importing, office: SmallOffice, tmp_path: Path, spoil: Callable[[Path], None] | None
) -> None:
    folder = tmp_path / "stick"
    folder.mkdir()
    made = listed(importing, office, ROWS)
    if spoil:
        spoil(folder)
        with pytest.raises(CannotWrite):
            made.save(folder / "清单.xlsx", WORDING, lambda: False)
    else:
        with pytest.raises(Refused):
            made.save(folder / "清单.xlsx", WORDING, lambda: True)
    assert [path.name for path in folder.rglob("*") if path.is_file()] == []
