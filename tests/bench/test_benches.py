"""The benchmarks run, measure their peers in the same run, and end with one line for machines."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.documents.recognition import TextReader
from tests.bench.__main__ import BENCHES
from tests.bench.generated_county import TOOL
from tests.bench.startup import office_of, take_turns
from tests.hostile.corpus import SHARED

PROJECT = Path(__file__).resolve().parents[2]


def bench(*arguments: str) -> str:
    command = [sys.executable, "-m", "tests.bench", *arguments]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_without_a_name_the_benchmarks_are_listed() -> None:
    assert [line.split()[0] for line in bench().splitlines()] == list(BENCHES)


@pytest.mark.parametrize(
    "arguments",
    [
        ("search", "--records", "400", "--rounds", "4"),
        ("ingest", "--records", "200", "--saves", "5"),
        ("sync", "--records", "40", "--without-peers"),
        ("blobs", "--count", "5", "--rounds", "1"),
        ("county", "--records", "2400"),
        ("increment", "--records", "40"),
        ("audit", "--events", "500", "--commits", "10"),
        ("table", "--records", "40", "--jumps", "2"),
        ("slice", "--people", "300", "--asked", "2"),
    ],
)
def test_a_benchmark_ends_with_one_line_of_figures_and_ratios(arguments: tuple[str, ...]) -> None:
    told = json.loads(bench(*arguments).splitlines()[-1])
    assert told["bench"] == arguments[0]
    assert told["figures"][arguments[1].removeprefix("--")] == int(arguments[2])
    assert told["ratios"]
    assert all(value > 0 for value in told["ratios"].values())


def test_a_change_of_key_is_measured_beside_a_copy_and_sqlciphers_own_way() -> None:
    told = json.loads(bench("keys", "--records", "20", "--mebibytes", "4", "--rounds", "1").splitlines()[-1])
    assert told["figures"]["mebibytes"] >= 4
    assert told["figures"]["stop_s"] > 0
    assert told["ratios"]["change_cpu_over_rekey"] > 0


def test_one_large_file_is_sealed_in_little_memory() -> None:
    told = json.loads(bench("seal", "--sparse-gib", "0.05").splitlines()[-1])
    assert 0 < told["figures"]["rss_whole_mib"] < 150
    assert told["ratios"]["mib_per_cpu_s"] > 0


def test_an_import_is_measured_beside_reading_the_sheet_alone() -> None:
    told = json.loads(bench("imports", "--rows", "300").splitlines()[-1])
    figures = told["figures"]
    assert figures["rows"] == figures["filed"] + figures["open"] + figures["rejected"] == 300
    assert figures["open"] == figures["rejected"] == 3
    assert told["ratios"]["file_over_read"] > 0


def test_the_numbers_of_twenty_desks_are_counted_and_none_is_double_or_missing() -> None:
    told = json.loads(bench("numbers", "--records", "300").splitlines()[-1])
    assert told["figures"]["desks"] == 20
    assert told["figures"]["records"] >= 300
    counted = [told["figures"][name] for name in ("doubles", "gaps_unexplained", "not_at_the_county")]
    assert counted == [0, 0, 0]
    assert told["ratios"]["number_over_plain_insert"] > 0


@pytest.mark.skipif(not TOOL.is_file(), reason="the generator is not beside the project (../shared/tools/make_town.py)")
def test_linking_is_judged_by_hidden_truth_beside_the_naive_match_and_nothing_links_itself() -> None:
    told = json.loads(bench("linking", "--residents", "800", "--seeds", "3").splitlines()[-1])
    figures = told["figures"]
    assert figures["sides"] > 300
    assert figures["wrong_automatic"] == 0
    assert figures["precision"] > 0.98
    assert figures["recall"] > 0.95
    assert 0.8 < figures["naive_recall"] <= 1
    assert told["ratios"]["recall_over_naive"] > 0.95


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared test data is not beside the project (../shared/data)")
def test_odd_documents_are_counted_and_a_drawn_page_is_measured_beside_mupdf() -> None:
    told = json.loads(bench("documents", "--files", "3").splitlines()[-1])
    counted = [told["figures"][name] for name in ("files", "crashes", "hangs", "unexplained")]
    assert counted == [3, 0, 0, 0]
    assert told["ratios"]["picture_over_mupdf"] > 0


@pytest.mark.skipif(
    not (SHARED.is_dir() and TextReader.available()),
    reason="the shared test data is not beside the project (../shared/data), or the extra `ocr` is not installed",
)
def test_a_recognised_page_is_judged_by_its_labels() -> None:
    told = json.loads(bench("ocr", "--pages", "1", "--fresh", "0", "--sealed", "0", "--without-peer").splitlines()[-1])
    assert told["figures"]["pages"] == 1
    assert told["figures"]["fields_right"] == 1
    assert told["figures"]["cer"] < 0.01


def test_the_start_is_measured_in_processes_of_their_own(tmp_path: Path) -> None:
    office_of(tmp_path, 20)
    for times in take_turns(1, ("bare",), ("window", str(tmp_path)), ("stretch",), ("usable", str(tmp_path))):
        assert len(times) == 1
        assert times[0] > 0
