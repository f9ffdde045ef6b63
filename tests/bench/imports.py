"""A register of marriages becomes records: reading the sheet alone (the floor), the trial, the filing, the list of errors, taking back.

CPU of this process and of the sheet reader's together. Every entry of the register lacks its scans, a warning that is filed
for one reason; one in a hundred has a wrong check digit, one in a hundred a field nobody can read.
"""

from __future__ import annotations

import argparse
import io
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import xlsxwriter

from desktop.archive.archive import Archive
from desktop.archive.clock import system_clock
from desktop.documents.sheets import SheetReader
from desktop.services.imports.error_list import ErrorList, Wording
from desktop.services.imports.importing import Importing, Table
from desktop.services.imports.undoing import ImportRuns
from sync.contract.kind_files import load_kinds
from tests.bench.filled_office import VILLAGES, invented_person

PERSON = "陈晓兰"
LABELS = (
    "编号", "结婚证字号", "登记日期", "登记机关", "登记类别", "男方姓名", "男方身份证号", "男方出生日期", "男方婚姻状况",
    "男方户籍地", "女方姓名", "女方身份证号", "女方出生日期", "女方婚姻状况", "女方户籍地", "责任者", "备注",
)  # fmt: skip
EXCUSES = {"paper_missing": "原件未扫描", "possible_double": "不是同一件"}
WORDING = Wording("行", "状态", "原因", lambda state: state.value, lambda _kind, one: one.code)
Answer = TypeVar("Answer")


def register(rows: int, seed: int = 5) -> Iterator[list[str]]:
    """Yield the labels, then that many invented marriages."""
    draw = random.Random(seed)
    yield list(LABELS)
    for number in range(1, rows + 1):
        year = draw.randint(1986, 2024)
        (man, man_id), (woman, woman_id) = (
            invented_person(draw, year, man=True),
            invented_person(draw, year, man=False),
        )
        if number % 100 == 1:
            man_id = man_id[:-1] + ("0" if man_id[-1] != "0" else "1")
        was = "不详" if number % 100 == 2 else "未婚"
        day = f"{year}-{draw.randint(1, 12):02}-{draw.randint(1, 28):02}"
        yield [
            f"{number:06}", f"J339921-{year}-{number:06}", day, "云泽县民政局婚姻登记处", "初婚",
            man, man_id, f"{man_id[6:10]}-{man_id[10:12]}-{man_id[12:14]}", was, "云泽县青石镇" + draw.choice(VILLAGES),
            woman, woman_id, f"{woman_id[6:10]}-{woman_id[10:12]}-{woman_id[12:14]}", "未婚", "云泽县青石镇" + draw.choice(VILLAGES),
            "云泽县民政局", "",
        ]  # fmt: skip


def workbook(rows: int) -> bytes:
    """Return the register as a spreadsheet program writes it."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet("登记")
    for line, row in enumerate(register(rows)):
        for column, text in enumerate(row):
            page.write_string(line, column, text)
    book.close()
    return out.getvalue()


def cpu_seconds() -> float:
    """Return the CPU of this process and of the children that have ended."""
    ended = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + ended.ru_utime + ended.ru_stime


def read_alone(content: bytes) -> int:
    with SheetReader() as reader:
        return sum(1 for _ in reader.every(reader.open(content), 0))


class Office:
    """An archive, and an importer whose child ends with each measure so that its CPU is counted."""

    def __init__(self, folder: Path, content: bytes) -> None:
        facts = {
            "county": "云泽县",
            "township": "青石镇",
            "township_code": "339921102",
            "fonds": "J001",
            "practice": "",
        }
        self.folder = folder
        self.archive = Archive.create(folder / "office", bytes(range(32)), facts, PERSON, system_clock())
        self.kinds = load_kinds()
        self.importing = Importing(self.archive, self.kinds, PERSON, system_clock)
        self.table: Table = self.importing.look("结婚.xlsx", self.importing.open(content)).table
        self.importing.close()

    def measured(self, act: Callable[[], Answer]) -> tuple[Answer, float]:
        """Return what the act answers and the CPU seconds it took."""
        began = cpu_seconds()
        answer = act()
        self.importing.close()
        return answer, cpu_seconds() - began


def run(arguments: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures and the ratios over reading the sheet alone."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench imports")
    parser.add_argument("--rows", type=int, default=10_000)
    asked = parser.parse_args(arguments)
    content = workbook(asked.rows)
    began = cpu_seconds()
    assert read_alone(content) == asked.rows + 1
    reading = cpu_seconds() - began
    with tempfile.TemporaryDirectory(prefix="lantai-bench-") as name:
        office = Office(Path(name), content)
        quiet, never = (lambda _progress: None), (lambda: False)
        tried, trying = office.measured(lambda: office.importing.dry_run(office.table, quiet, never))
        listed = ErrorList(office.importing, office.kinds, system_clock, office.table, tried)
        _, listing = office.measured(lambda: listed.save(Path(name) / "list.xlsx", WORDING, never, EXCUSES))
        waits: list[float] = []
        last = [time.perf_counter()]

        def block_done(_progress: object) -> None:
            waits.append(time.perf_counter() - last[0])
            last[0] = time.perf_counter()

        done, filing = office.measured(lambda: office.importing.file(office.table, EXCUSES, block_done, never))
        assert done.sums == tried.sums(EXCUSES), "the trial and the filing disagree"
        _, again = office.measured(lambda: office.importing.file(office.table, EXCUSES, quiet, never))
        runs = ImportRuns(office.archive, PERSON, system_clock)
        undone, undoing = office.measured(lambda: runs.undo(done.run_id, quiet, never))
        assert undone.records == done.sums.filed
        office.archive.close()
    figures = {
        "rows": asked.rows,
        "filed": done.sums.filed,
        "open": done.sums.open,
        "rejected": done.sums.rejected,
        "read_cpu_s": reading,
        "try_cpu_s": trying,
        "file_cpu_s": filing,
        "import_cpu_s": trying + filing,
        "filed_per_cpu_s": done.sums.filed / filing,
        "block_wall_median_ms": sorted(waits)[len(waits) // 2] * 1000,
        "again_cpu_s": again,
        "list_cpu_s": listing,
        "undo_cpu_s": undoing,
    }
    return figures, {"try_over_read": trying / reading, "file_over_read": filing / reading}
