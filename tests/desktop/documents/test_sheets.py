"""Tables of foreign files: every cell as it was written or told as damaged, and no file that harms the desk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest

from desktop.documents.sheets import SheetReader, SheetRow
from sync.contract.errors import UnreadableTable
from tests.desktop.documents import tables

ROWS = [["姓名", "证件号"], ["何晨", "339921198903080032"], ["𠮷 田·买买提", "1"]]


@pytest.fixture(scope="module")
def sheets() -> Iterator[SheetReader]:
    with SheetReader() as reader:
        yield reader


def read(sheets: SheetReader, content: bytes) -> list[SheetRow]:
    return list(sheets.every(sheets.open(content), 0))


def texts(rows: list[SheetRow]) -> list[list[str]]:
    return [list(row.cells) for row in rows]


def csv(encoding: str, separator: str = ",") -> bytes:
    return "\n".join(separator.join(row) for row in ROWS).encode(encoding)


def test_the_same_rows_come_out_of_every_form(sheets: SheetReader, tmp_path: Path) -> None:
    for content in (tables.xlsx(tmp_path, ROWS), tables.xls(ROWS)):
        assert texts(read(sheets, content)) == ROWS


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("gb18030", "gb18030"), ("utf-16", "utf-16")],
)
@pytest.mark.parametrize("separator", [",", "\t", ";"])
def test_text_is_read_in_its_own_encoding(sheets: SheetReader, encoding: str, said: str, separator: str) -> None:
    file = sheets.open(csv(encoding, separator))
    assert (file.format, file.encoding) == ("csv", said)
    assert texts(list(sheets.every(file, 0))) == ROWS


def test_an_identity_number_that_lost_digits_is_told_and_never_repaired(sheets: SheetReader, tmp_path: Path) -> None:
    rows = read(sheets, tables.xlsx(tmp_path, [["证件号"], [339921198903080032], [339921890308003]]))
    assert rows[1] == SheetRow(2, ("3.39921198903080E+17",), {0: "digits_lost"})
    assert rows[2] == SheetRow(3, ("339921890308003",), {})  # fifteen digits are kept whole
    exported = read(sheets, "证件号\n3.39921198903080E+17\n3.4E+17\n1.5E+2\n".encode("gb18030"))
    assert [dict(row.marks) for row in exported] == [{}, {0: "digits_lost"}, {0: "digits_lost"}, {}]


def test_dates_and_numbers_come_as_the_sheet_shows_them(sheets: SheetReader, tmp_path: Path) -> None:
    made = tables.xlsx(tmp_path, [[date(2016, 2, 27), 42427, 3.5, 0.1 + 0.2, True]])
    assert texts(read(sheets, made)) == [["2016-02-27", "42427", "3.5", "0.3", "TRUE"]]


def test_a_formula_is_its_value_and_one_without_a_value_is_told(sheets: SheetReader) -> None:
    cells = (
        '<c r="A1"><f>1+1</f><v>2</v></c><c r="B1"><f>C9</f></c><c r="C1" t="e"><f>1/0</f><v>#DIV/0!</v></c>'
        '<c r="D1" t="str"><f>""</f><v></v></c>'
    )
    (row,) = read(sheets, tables.bare_xlsx(f'<row r="1">{cells}</row>'))
    assert row.cell(0) == "2"
    assert row.marks == {1: "formula_empty", 2: "formula_error"}


def test_a_merged_cell_counts_for_every_row_of_it(sheets: SheetReader, tmp_path: Path) -> None:
    made = tables.xlsx(tmp_path, [["户号", "姓名"], [None, "甲"], [None, "乙"], ["H2", "丙"]], [("A2:A3", "H1")])
    assert texts(read(sheets, made))[1:] == [["H1", "甲"], ["H1", "乙"], ["H2", "丙"]]
    file = sheets.open(made)
    assert [row.cells for row in sheets.rows(file, 0, after=2)] == [("H1", "乙"), ("H2", "丙")]


def test_rows_are_numbered_as_their_program_shows_them_and_read_from_any_place(
    sheets: SheetReader, tmp_path: Path
) -> None:
    file = sheets.open(tables.xlsx(tmp_path, [[], [], ["甲"], [], ["乙"], ["丙"]]))
    assert [row.number for row in sheets.every(file, 0)] == [3, 5, 6]
    assert [row.cells for row in sheets.rows(file, 0, after=5, count=1)] == [("丙",)]
    assert [row.cells for row in sheets.rows(file, 0, after=0, count=1)] == [("甲",)]


def test_broken_bytes_and_zeros_cost_their_cell_only(sheets: SheetReader) -> None:
    broken = "姓名,号\n何晨,1\n".encode("gb18030") + b"\xff\xff\x81,2\n" + "陈思,3\n".encode("gb18030")
    rows = read(sheets, broken)
    assert [(row.cell(1), dict(row.marks)) for row in rows[1:]] == [("1", {}), ("2", {0: "broken_bytes"}), ("3", {})]
    rows = read(sheets, "姓名,号\n何\0晨,1\n陈思,2\n".encode())
    assert [(row.cell(0), dict(row.marks)) for row in rows[1:]] == [("何晨", {0: "control_characters"}), ("陈思", {})]


def test_a_cell_of_fifty_megabytes_is_told_and_hides_nothing(sheets: SheetReader) -> None:
    rows = read(sheets, "姓名,号\n".encode() + b"A" * (50 << 20) + ",1\n陈思,2\n".encode())
    assert len(rows[1].cell(0)) == 200
    assert rows[1].marks == {0: "cell_too_long"}
    assert rows[2].cells == ("陈思", "2")


def test_a_quotation_mark_that_is_never_closed_is_told(sheets: SheetReader) -> None:
    assert sheets.open('姓名,号\n"何晨,1\n陈思,2\n'.encode()).open_quote
    assert not sheets.open('姓名,号\n"何,晨",1\n'.encode()).open_quote


OLD = tables.xls(ROWS)
LAUGHS = (
    "<!DOCTYPE l [<!ENTITY l0 'l'>" + "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 10)) + "]>"
)
REFUSED = {
    "an empty file": (b" \n", "empty"),
    "a password on an old workbook": (tables.with_password(OLD), "password"),
    "a password on a new workbook": (tables.renamed_stream(OLD, "EncryptedPackage"), "password"),
    "a letter renamed to a table": (tables.renamed_stream(OLD, "WordDocument"), "no_table"),
    "an old workbook cut short": (OLD[: len(OLD) // 2], "no_table"),
    "a new workbook cut short": (tables.bare_xlsx(tables.text_row(1, "a"))[:-200], "broken"),
    "a zip of something else": (tables.packed({"word/document.xml": "<a/>"}), "no_table"),
    "a web page saved as a table": ("<html><table><tr><td>姓名</td></tr></table>".encode("gb18030"), "web_page"),
    "a PDF": (b"%PDF-1.7\n" + bytes(200), "unknown_format"),
    "an XML that laughs a billion times": (tables.bare_xlsx(tables.text_row(1, "&l9;"), LAUGHS), "broken"),
    "16,384 columns": (tables.bare_xlsx('<row r="1"><c r="A1"><v>1</v></c><c r="XFD1"><v>1</v></c></row>'), "too_wide"),
    "a bomb that says how much it unpacks to": (tables.bomb(1 << 20, says_bytes=3 << 30), "too_large"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_table_is_refused_with_its_reason(sheets: SheetReader, case: str) -> None:
    content, reason = REFUSED[case]
    with pytest.raises(UnreadableTable) as refused:
        sheets.open(content)
    assert refused.value.facts["reason"] == reason
    assert texts(read(sheets, csv("utf-8"))) == ROWS  # and the next file is read


FAR = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
STOPPED: dict[str, Callable[[], bytes]] = {
    "a bomb that hides its size": lambda: tables.bomb(1400 << 20, says_bytes=5000),
    "a cell at the far corner": lambda: tables.bare_xlsx(FAR),
}


@pytest.mark.parametrize("case", STOPPED)
def test_what_bursts_its_reader_costs_that_file_only(sheets: SheetReader, case: str) -> None:
    content = STOPPED[case]()
    with pytest.raises(UnreadableTable) as refused:
        sheets.open(content)
    assert refused.value.facts["reason"] == "stopped"
    assert texts(read(sheets, csv("utf-8"))) == ROWS


def test_a_million_empty_rows_are_none(sheets: SheetReader) -> None:
    empty = "".join(f'<row r="{n}"><c r="A{n}" s="0"/></row>' for n in range(2, 1_048_577))
    assert texts(read(sheets, tables.bare_xlsx(tables.text_row(1, "甲") + empty))) == [["甲"]]
