"""Search over an invented county: each way to ask against tantivy, Whoosh and a LIKE scan, fed the same records in the same run.

Times are CPU of the thread, the file in the system's cache. `first50_*` is the question read and its first fifty rows found,
as the page asks for them; `finding_first50_*` adds the service around it. The truth for recall is the scan.
"""

from __future__ import annotations

import argparse
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from desktop.archive import search, search_index, search_question, segments
from desktop.archive.archive import Archive
from desktop.archive.clock import system_clock
from desktop.archive.facets import Facet
from desktop.services.filing import file_new
from desktop.services.finding import Asked, Finding
from sync.contract import pinyin
from sync.contract.folding import fold
from sync.contract.kind_files import load_kinds
from tests.bench import corpus
from tests.bench.corpus import Paper
from tests.bench.filled_office import AT, FACTS, KEY
from tests.bench.peers import A_SCREEN, Scan, Tantivy, Whoosh

A_TRANSACTION = 5_000
WHOOSH_RECORDS = 3_000
PROJECT = Path(__file__).resolve().parents[2]
COUNTED_HITS = 100_000
Questions = dict[str, list[str]]


def milliseconds(act: Callable[[], object]) -> float:
    began = time.thread_time()
    act()
    return (time.thread_time() - began) * 1000


def median_of(act: Callable[[str], object], questions: Sequence[str]) -> float:
    """Return the median over the questions, each asked once before it is timed."""
    for question in questions[:5]:
        act(question)
    return statistics.median(milliseconds(partial(act, question)) for question in questions)


def percentile(times: Sequence[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


@dataclass(frozen=True, slots=True)
class County:
    """The archive, its peers, and the questions that its people would ask."""

    archive: Archive
    tantivy: Tantivy
    scan: Scan
    questions: Questions


def fill(archive: Archive, scan: Scan, records: int, paged: int) -> None:
    """The archive holds the records, as many of them with page text; so does the scan."""
    kind = load_kinds()["marriage"]
    for first in range(0, records, A_TRANSACTION):
        count = min(A_TRANSACTION, records - first)
        several = list(corpus.papers(first, count, pages=paged / records))
        with archive.act(corpus.PERSON, AT) as act:
            corpus.lay_pages(act, several)
            file_new(act, kind, [(one.draft, one.judgement) for one in several], "bench")
        scan.fill([(first + place + 1, one.written) for place, one in enumerate(several)])
    with archive.act(corpus.PERSON, AT) as act:
        search_index.optimise(act.connection)


def fed(records: int, paged: int, of: int = 0) -> Iterator[tuple[int, search_index.Entry]]:
    kind = load_kinds()["marriage"]
    for number, one in enumerate(islice(corpus.papers(0, records, pages=paged / (of or records)), records), start=1):
        yield number, corpus.indexed(kind, number, one)


def questions(archive: Archive, records: int, paged: int, rounds: int) -> Questions:
    """Return questions of every class, drawn from records that are there."""
    draw = random.Random(11)
    drawn: list[Paper] = [corpus.paper(draw.randrange(records), pages=paged / records) for _ in range(rounds * 60)]
    names = [one.draft.fields[f"{person}.name"] for person in ("husband", "wife") for one in drawn]
    runs = [run for one in drawn for run in segments.runs(one.page) if len(run) >= 12]
    with archive.reading() as connection:
        numbers = connection.exec_driver_sql("SELECT number FROM record ORDER BY random() LIMIT ?", (rounds,)).all()
    read = [pinyin.readings(fold(name))[0] for name in names]
    asked = {
        "name_1": [name[:1] for name in names],
        "name_2": [name for name in names if len(name) == 2],
        "name_3": [name for name in names if len(name) == 3],
        "name_4": [name for name in names if len(name) == 4],
        "two_names": [f"{one.draft.fields['husband.name'][-2:]}　{one.draft.fields['wife.name'][:2]}" for one in drawn],
        "phrase": [run[:10] for run in runs],
        "three_words": [
            f"{one.draft.fields['husband.name']} {one.draft.fields['husband.village'][-3:]} 结婚登记" for one in drawn
        ],
        "common_word": ["结婚登记", "青石镇", "婚姻登记处", "民政局", "云泽县"],
        "number": [row[0] for row in numbers],
        "identity": [one.draft.fields["wife.id_no"] for one in drawn],
        "last_four": [one.draft.fields["wife.id_no"][-4:] for one in drawn],
        "pinyin": ["".join(one) for one in read],
        "initials": ["".join(syllable[0] for syllable in one) for one in read],
    }
    return {name: several[:rounds] for name, several in asked.items()}


def measure_first(county: County) -> tuple[dict[str, float], dict[str, float]]:
    """Return what the first fifty rows cost by class, and how that compares with tantivy and the scan."""
    figures: dict[str, float] = {}
    with county.archive.reading() as connection:

        def first(question: str) -> object:
            return search.first(connection, search_question.read(question), A_SCREEN)

        for name, several in county.questions.items():
            median_of(first, several[:5])
            times = [milliseconds(partial(first, question)) for question in several]
            figures[f"first50_{name}_ms"] = statistics.median(times)
            figures[f"first50_{name}_p99_ms"] = percentile(times, 0.99)
    figures["first50_p99_ms"] = max(value for name, value in figures.items() if name.endswith("_p99_ms"))
    finding = Finding(county.archive, load_kinds(), corpus.PERSON, system_clock)
    figures["finding_first50_name_2_ms"] = median_of(
        lambda question: finding.first(Asked(question), A_SCREEN), county.questions["name_2"]
    )
    of_fields = [f"男方={name}" for name in county.questions["name_3"]]
    times = [milliseconds(partial(finding.first, Asked(question), A_SCREEN)) for question in of_fields]
    figures["finding_first50_field_ms"] = statistics.median(times)
    figures["finding_first50_field_p99_ms"] = percentile(times, 0.99)
    peers = {}
    for name in ("name_2", "name_3", "name_4", "phrase", "three_words", "common_word"):
        words = [question.split() for question in county.questions[name]]
        times = [milliseconds(partial(county.tantivy.newest, one)) for one in [*words[:5], *words]][len(words[:5]) :]
        peers[name] = figures[f"tantivy_{name}_ms"] = statistics.median(times)
    scans = [milliseconds(partial(county.scan.holding, [question])) for question in county.questions["name_2"][:3]]
    figures["like_scan_ms"] = statistics.median(scans)
    slowest = max(figures[f"first50_{name}_ms"] for name in county.questions)
    names = ("name_2", "name_3", "name_4")
    return figures, {
        "name_over_tantivy": sum(figures[f"first50_{name}_ms"] for name in names) / sum(peers[name] for name in names),
        "phrase_over_tantivy": figures["first50_phrase_ms"] / peers["phrase"],
        "three_words_over_tantivy": figures["first50_three_words_ms"] / peers["three_words"],
        "common_word_over_tantivy": figures["first50_common_word_ms"] / peers["common_word"],
        "first50_worst_over_like_scan": slowest / figures["like_scan_ms"],
    }


def measure_whole(county: County, records: int) -> tuple[dict[str, float], dict[str, float]]:
    """Return what counting, facets and ranking cost, beside tantivy."""
    archive, figures = county.archive, {}
    village = _village_of_about(county, min(COUNTED_HITS, records // 3))
    asked = search_question.read(village)
    finding = Finding(archive, load_kinds(), corpus.PERSON, system_clock)
    with archive.reading() as connection:
        began = time.thread_time()
        archive.facets.refresh(connection)
        figures["facets_read_ms"] = (time.thread_time() - began) * 1000
        hits = search.every(connection, asked)
        figures["counted_hits"] = len(hits.rows)

        def count_and_facets(_round: str) -> object:
            rows = search.every(connection, asked).rows
            return [archive.facets.count(rows, facet) for facet in (Facet.YEAR, Facet.STATE, Facet.VILLAGE)]

        rounds = [str(number) for number in range(15)]
        figures["count_and_three_facets_ms"] = median_of(count_and_facets, rounds)
        figures["count_ms"] = median_of(lambda _: len(search.every(connection, asked).rows), rounds)
        figures["tantivy_count_ms"] = median_of(lambda _: county.tantivy.count([village]), rounds)
        few = [
            one
            for one in county.questions["name_3"] + county.questions["phrase"]
            if 20 <= len(search.every(connection, search_question.read(one)).rows) <= search.RANKED_HITS_MAX
        ]
        read = {one: search_question.read(one) for one in few}
        found = {one: search.every(connection, read[one]) for one in few}
        if few:
            figures["ranked_ms"] = median_of(lambda one: search.ranked(connection, read[one], found[one]), few)
            figures["tantivy_ranked_ms"] = median_of(lambda one: county.tantivy.best([one]), few)
    figures["page_whole_answer_ms"] = median_of(lambda _: finding.find_and_count(Asked(village)), rounds)
    figures["page_everything_ms"] = median_of(lambda _: finding.find_and_count(Asked("")), rounds)
    screens = [finding.find(Asked(question)) for question in county.questions["name_2"][:20]]
    figures["screen_of_rows_ms"] = statistics.median(
        milliseconds(partial(finding.rows, one, 0, A_SCREEN)) for one in screens
    )
    ratios = {"count_over_tantivy": figures["count_ms"] / figures["tantivy_count_ms"]}
    if few:
        ratios["ranked_over_tantivy"] = figures["ranked_ms"] / figures["tantivy_ranked_ms"]
    return figures, ratios


def _village_of_about(county: County, hits: int) -> str:
    """Return the word with the number of hits nearest to that, of words that many records hold."""
    villages = [one + other + "村" for one in corpus.VILLAGE_FIRST for other in corpus.VILLAGE_LAST][::3]
    return min(["青石镇", "大家", *villages[:20]], key=lambda word: abs(county.tantivy.count([word]) - hits))


def measure_truth(county: County, several: int) -> dict[str, float]:
    """Return how much of what holds the words was found, and how much was found that does not hold them."""
    draw, true, found, false = random.Random(3), 0, 0, 0
    classes = ("name_2", "name_3", "phrase", "three_words")
    with county.archive.reading() as connection:
        for name in classes:
            for question in draw.sample(county.questions[name], min(several, len(county.questions[name]))):
                truth = set(county.scan.holding(question.split()))
                told = set(search.every(connection, search_question.read(question)).rows)
                true, found, false = true + len(truth), found + len(truth & told), false + len(told - truth)
    return {"recall": found / max(true, 1), "false_hits": false, "truth_hits": true}


def measure_whoosh(folder: Path, several: Questions) -> tuple[dict[str, float], dict[str, float]]:
    """Return Whoosh's own time for a few thousand records; it is compared with ours for all of them."""
    whoosh = Whoosh(folder)
    began = time.process_time()
    whoosh.fill(fed(WHOOSH_RECORDS, WHOOSH_RECORDS * 3 // 10))
    figures = {"whoosh_records": WHOOSH_RECORDS, "whoosh_build_cpu_s": time.process_time() - began}
    figures["whoosh_name_2_ms"] = median_of(lambda one: whoosh.newest(one.split()), several["name_2"][:30])
    return figures, {}


def remembered_mib(folder: Path) -> float:
    """Return the resident memory of a process that opened the archive, asked, and counted, without a screen."""
    command = [sys.executable, "-m", "tests.bench.search_child", str(folder)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    return float(done.stdout.split()[-1])


def run(arguments: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures and the ratios over the peers of the same run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench search")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument(
        "--paged", type=int, default=0, help="records with page text; 30 %%, at most 60,000, if not said"
    )
    parser.add_argument("--rounds", type=int, default=100)
    asked = parser.parse_args(arguments)
    paged = asked.paged or min(60_000, asked.records * 3 // 10)
    with tempfile.TemporaryDirectory(prefix="lantai-bench-") as name:
        folder = Path(name)
        archive = Archive.create(folder / "office", KEY, FACTS, corpus.PERSON, AT)
        scan = Scan(folder / "scan.db", KEY)
        fill(archive, scan, asked.records, paged)
        tantivy = Tantivy(folder / "tantivy")
        tantivy.fill(fed(asked.records, paged))
        several = questions(archive, asked.records, paged, asked.rounds)
        county = County(archive, tantivy, scan, several)
        try:
            first, over_first = measure_first(county)
            whole, over_whole = measure_whole(county, asked.records)
            truth = measure_truth(county, 3)
        finally:
            archive.close()
            scan.close()
        size = sum(one.stat().st_size for one in (folder / "office").iterdir() if one.is_file())
        whoosh, _ = measure_whoosh(folder / "whoosh", several)
        memory = {"rss_mib": remembered_mib(folder / "office"), "file_mb": size / 1e6}
    figures = {"records": asked.records, "paged": paged, **first, **whole, **truth, **whoosh, **memory}
    ratios = {**over_first, **over_whole}
    ratios["name_over_whoosh"] = figures["first50_name_2_ms"] / figures["whoosh_name_2_ms"]
    return figures, ratios
