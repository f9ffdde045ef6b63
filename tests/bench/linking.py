"""Linking persons in generated counties with hidden truth, beside the naive match (same name, born within a year, only one such).

Judged is every side of a marriage without an identity number. Proposed counts what stands first as sure or likely; nothing is
decided by anybody, so every link in the archive would be a wrong one.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from desktop.archive.archive import Archive
from desktop.services.person_views import Question, Side
from desktop.services.persons import Persons
from sync.contract.kind_files import load_kinds
from sync.contract.kinds import Kind
from sync.contract.proposals import Grade
from tests.bench import generated_county as county
from tests.bench.filled_office import AT
from tests.bench.generated_county import CLERK, Paper

HIDDEN_SHARE = 0.1
PROPOSED = ("sure", "likely")
SURE_ASKED = 3_000  # the newest that are sure by their number, judged as well
SIDES = {"男方": "husband", "女方": "wife"}


def judge_archive(
    folder: Path, kinds: Mapping[str, Kind], several: Sequence[Paper], known: Mapping[str, str]
) -> Counter[str]:
    """Return how the proposals of a filed county stand to the truth, by grade: right, wrong, none; counts and times beside.

    Args:
        known: the register's id of each identity number.
    """
    archive = county.begin(folder)
    filed = county.file_papers(archive, kinds, several)
    persons, told = Persons(archive, kinds, CLERK, lambda: AT), Counter[str]()
    began = time.process_time()
    while persons.work_on(60.0):
        pass
    told["work_ms"] = round((time.process_time() - began) * 1000)
    told["records"], told["mentions"] = len(filed), _count(archive, "person_mention")
    began = time.process_time()
    for uid, one in filed.items():
        if one.kind == "marriage" and any(not one.fields.get(f"{place}.id_no") for place in one.truth):
            for question in persons.of_record(uid):
                told["asked"] += 1
                _judge(question, filed, known, told)
    told["ask_ms"] = round((time.process_time() - began) * 1000)
    for waiting in persons.waiting(Grade.SURE, SURE_ASKED):
        question = persons.question(waiting.mention)
        mine = {_who(side, filed, known) for side in question.sides}
        theirs = {_who(side, filed, known) for side in question.candidates[0].sides}
        told["sure_asked"] += 1
        told["sure_wrong"] += mine != theirs
    told["linked"] = _count(archive, "person") + _count(archive, "person_mention WHERE person != ''")
    archive.close()
    return told


def _count(archive: Archive, what: str) -> int:
    with archive.reading() as connection:
        return int(connection.exec_driver_sql(f"SELECT count(*) FROM {what}").scalar_one())


def _judge(question: Question, filed: Mapping[str, Paper], known: Mapping[str, str], told: Counter[str]) -> None:
    asked = question.asked
    if asked.written_number:
        return
    told["sides"] += 1
    if not question.candidates:
        told["none"] += 1
        return
    best = question.candidates[0]
    proposed = {_who(side, filed, known) for side in best.sides}
    told[f"{best.grade.value}_{'right' if proposed == {_who(asked, filed, known)} else 'wrong'}"] += 1


def _who(side: Side, filed: Mapping[str, Paper], known: Mapping[str, str]) -> str:
    """Return who this truly is: what the register says of the number, or the hidden truth of the paper."""
    hidden = filed[side.record].truth
    return hidden[SIDES[side.role]] if side.role in SIDES and hidden else known[side.written_number]


def naive(folder: Path) -> Counter[str]:
    """Return what the same name and a birth within a year give, where only one of the register fits."""
    by_name = defaultdict(list)
    for row in county.table(folder, "residents"):
        by_name[row["name"]].append((int(row["birth"][:4]), row["pid"]))
    told = Counter[str]()
    for row in county.table(folder, "marriage_records_truth"):
        for side in ("h", "w") if row["kind"] == "结婚" else ():
            if row[f"{side}_id"]:
                continue
            birth = row[f"{side}_birth"]
            year = int(birth[:4]) if "-" in birth else int(row["date_iso"][:4]) - int(birth.removesuffix("岁"))
            fits = [pid for born, pid in by_name[row[f"{side}_name"]] if abs(born - year) <= 1]
            told["right" if fits == [row[f"{side}_pid"]] else "wrong" if len(fits) == 1 else "open"] += 1
    return told


def hide(several: Sequence[Paper], share: float, seed: int) -> list[Paper]:
    """Return the papers without a share of the register: people of whom the archive has nothing but their marriage."""
    draw = random.Random(seed)
    return [one for one in several if one.truth or draw.random() >= share]


def shares(told: Counter[str], grades: Collection[str] = PROPOSED) -> tuple[float, float]:
    """Return precision and recall of what stands first in one of these grades."""
    right, wrong = (sum(told[f"{grade}_{what}"] for grade in grades) for what in ("right", "wrong"))
    return right / max(1, right + wrong), right / max(1, told["sides"])


def run(arguments: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the figures, sums over all seeds, and the ratios over the naive match of the same run."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench linking")
    parser.add_argument("--residents", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[7, 11, 23])
    parser.add_argument("--clash", type=float, default=0.35)
    asked = parser.parse_args(arguments)
    if not county.TOOL.is_file():
        sys.exit(
            "SKIPPED: the generator is not beside the project (../shared/tools/make_town.py); nothing was measured"
        )
    kinds, whole, partial, plain = load_kinds(), Counter[str](), Counter[str](), Counter[str]()
    lowest = {"precision": 1.0, "recall": 1.0}
    with tempfile.TemporaryDirectory(prefix="lantai-bench-") as name:
        for seed in asked.seeds:
            tables = county.generate(Path(name), residents=asked.residents, seed=seed, clash=asked.clash)
            several = list(county.papers(tables))
            known = {row["id_number"]: row["pid"] for row in county.table(tables, "residents")}
            one, alone = judge_archive(Path(name) / f"office-{seed}", kinds, several, known), naive(tables)
            precision, recall = shares(one)
            lowest = {"precision": min(lowest["precision"], precision), "recall": min(lowest["recall"], recall)}
            print(
                f"seed {seed}: precision {precision:.4f} recall {recall:.4f} naive {alone['right'] / alone.total():.4f}  {dict(one)}"
            )
            whole += one
            plain += alone
        rest = hide(several, HIDDEN_SHARE, asked.seeds[-1])
        partial = judge_archive(Path(name) / "office-partial", kinds, rest, known)
    precision, recall = shares(whole)
    figures = {
        "sides": whole["sides"],
        "precision": precision,
        "recall": recall,
        "precision_lowest": lowest["precision"],
        "recall_lowest": lowest["recall"],
        "recall_with_unclear": shares(whole, (*PROPOSED, "unclear"))[1],
        "wrong_automatic": whole["linked"],
        "sure_asked": whole["sure_asked"],
        "sure_wrong": whole["sure_wrong"],
        "naive_recall": plain["right"] / plain.total(),
        "naive_precision": plain["right"] / max(1, plain["right"] + plain["wrong"]),
        "precision_a_tenth_hidden": shares(partial)[0],
        "mentions": whole["mentions"],
        "work_ms_per_mention": whole["work_ms"] / max(1, whole["mentions"]),
        "question_ms": whole["ask_ms"] / max(1, whole["asked"]),
    }
    return figures, {
        "unlinked_over_naive": (1 - recall) / (1 - figures["naive_recall"]),
        "recall_over_naive": recall / figures["naive_recall"],
    }
