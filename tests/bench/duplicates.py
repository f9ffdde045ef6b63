"""Who is filed twice in a county: dirty copies of a tenth of its register, filed in other townships among as many strangers.

The copies are dirtied as clerks do it: a digit wrong or two swapped, a name that only sounds the same, no number, no number and
another day of birth. Beside it in the same run: the same number only; the same number or else name, birth and sex.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select

from sync.contract.mentions import near_sound
from sync.county import tables
from sync.county.service import County, create_county
from sync.county.tables import table
from tests.bench import generated_county
from tests.sync.county.filed_papers import Paper, put

A_TRANSACTION = 2_000
SHARE = 11  # one resident in so many is a stranger to the register, one in so many of the rest is filed again
DIRT = ("digit", "swapped", "name", "digit and name", "no number", "no number, other day", "clean")
Row = Mapping[str, str]


@dataclass(slots=True)
class Filed:
    """A county's papers, and by each paper filed later who it is of in the register, "" for a stranger, and how it is dirty."""

    register: dict[str, Row] = field(default_factory=dict)
    later: dict[str, dict[str, str]] = field(default_factory=dict)
    truth: dict[str, tuple[str, str]] = field(default_factory=dict)


def draw_papers(residents: Sequence[Row], seed: int) -> Filed:
    """Return the register and what is filed later, by record."""
    draw, made, sounds = random.Random(seed), Filed(), _alike(residents)
    strangers = residents[: len(residents) // SHARE]
    register = residents[len(strangers) :]
    made.register = {f"0-{row['pid']}": row for row in register}
    for row in draw.sample(register, len(strangers)):
        dirt = draw.choice(DIRT)
        record = f"1-{row['pid']}"
        made.later[record], made.truth[record] = _dirtied(row, dirt, draw, sounds), (f"0-{row['pid']}", dirt)
    for row in strangers:
        made.later[f"1-{row['pid']}"], made.truth[f"1-{row['pid']}"] = dict(row), ("", "stranger")
    return made


def _alike(residents: Sequence[Row]) -> dict[str, list[str]]:
    """Return the characters of given names by how they sound."""
    found: dict[str, set[str]] = defaultdict(set)
    for character in sorted({one for row in residents for one in row["name"][1:]}):
        found[near_sound(character)].add(character)
    return {sound: sorted(several) for sound, several in found.items()}


def _dirtied(row: Row, dirt: str, draw: random.Random, sounds: Mapping[str, Sequence[str]]) -> dict[str, str]:
    made, digits = dict(row), list(row["id_number"])
    if "digit" in dirt:
        place = draw.randrange(6, 17)
        digits[place] = draw.choice([one for one in "0123456789" if one != digits[place]])
    if dirt == "swapped":
        place = draw.randrange(6, 16)
        digits[place], digits[place + 1] = digits[place + 1], digits[place]
    made["id_number"] = "" if "no number" in dirt else "".join(digits)
    if "name" in dirt or "no number" in dirt:
        name = list(row["name"])
        places = [place for place in range(1, len(name)) if len(sounds[near_sound(name[place])]) > 1]
        if places:
            place = draw.choice(places)
            name[place] = draw.choice([one for one in sounds[near_sound(name[place])] if one != name[place]])
        made["name"] = "".join(name)
    if "other day" in dirt:
        made["birth"] = f"{row['birth'][:8]}{draw.randrange(1, 29):02d}"
    return made


def papers(filed: Filed, villages: Mapping[str, str]) -> Iterator[Paper]:
    """Yield the register as certificates of each one's own township, and the rest as aid given in the next one."""
    codes = sorted({code[:9] for code in villages if len(code) > 9})
    for record, row in filed.register.items():
        yield Paper(record, row["village"][:9], "disability", _written("person", row, villages))
    for record, row in filed.later.items():
        elsewhere = codes[(codes.index(row["village"][:9]) + 1) % len(codes)]
        yield Paper(record, elsewhere, "temp_aid", _written("applicant", row, villages))


def _written(place: str, row: Row, villages: Mapping[str, str]) -> dict[str, str]:
    home = "云泽县" + villages[row["village"][:9]] + villages[row["village"]]
    said = {"name": row["name"], "id_no": row["id_number"], "birth": row["birth"], "village": home}
    said["sex"] = "男" if row["sex"] == "1" else "女"
    return {f"{place}.{key}": text for key, text in said.items() if text}


def run(arguments: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Return precision and recall of what is put before a person, and the ratios over what a plain match finds."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench duplicates")
    parser.add_argument(
        "--residents", type=int, default=220_000, help="a register of ten elevenths, and as many strangers"
    )
    parser.add_argument("--seed", type=int, default=7)
    asked = parser.parse_args(arguments)
    if not generated_county.TOOL.is_file():
        sys.exit(
            "SKIPPED: the generator is not beside the project (../shared/tools/make_town.py); nothing was measured"
        )
    with tempfile.TemporaryDirectory(prefix="lantai-bench-") as name:
        made = generated_county.generate(Path(name), residents=asked.residents, seed=asked.seed, clash=0.35)
        residents = generated_county.table(made, "residents")
        random.Random(asked.seed).shuffle(residents)
        villages = {row["code"]: row["name"] for row in generated_county.table(made, "divisions")}
        filed = draw_papers(residents, asked.seed)
        create_county(Path(name) / "county", "云泽县", Path(name) / "key", None)
        with closing(County(Path(name) / "county", Path(name) / "key")) as county:
            figures = _judge(county, filed, villages)
    exact, plain = (_plain(filed, names) for names in (False, True))
    figures |= {"exact_number_recall": exact[1], "exact_recall": plain[1], "exact_precision": plain[0]}
    return figures, {
        "recall_over_exact": figures["recall"] / plain[1],
        "recall_over_number": figures["recall"] / exact[1],
    }


def _judge(county: County, filed: Filed, villages: Mapping[str, str]) -> dict[str, float]:
    several = list(papers(filed, villages))
    for start in range(0, len(several), A_TRANSACTION):
        with county.storage.connection(writing=True) as connection:
            put(connection, county.kinds, several[start : start + A_TRANSACTION])
    began, done = time.process_time(), 0
    while read := county.comparing.work_on():
        done += read
    spent = time.process_time() - began
    best = _found(county)
    right = sum(best.get(record) == whose for record, (whose, _) in filed.truth.items() if whose)
    by_dirt, of_dirt = Counter[str](), Counter[str]()
    for record, (whose, dirt) in filed.truth.items():
        of_dirt[dirt] += 1
        by_dirt[dirt] += best.get(record, "") == whose
    print({dirt: round(by_dirt[dirt] / of_dirt[dirt], 4) for dirt in of_dirt})
    wrong = sum(found != filed.truth[record][0] for record, found in best.items())
    copies = sum(bool(whose) for whose, _ in filed.truth.values())
    return {
        "records": done, "copies": copies, "precision": 1 - wrong / max(1, len(best)), "recall": right / copies,
        "wrong": wrong, "compare_ms_per_record": 1000 * spent / done,
    }  # fmt: skip


def _found(county: County) -> dict[str, str]:
    """Return for each later paper the one of the register it is likeliest of: by the same number, else the best pair that waits."""
    pair, block = table(tables.Pair), table(tables.Block)
    best: dict[str, tuple[int, str]] = {}
    with county.storage.connection() as connection:
        for row in connection.execute(select(pair)):
            register, later = sorted((row.one_record, row.other_record))
            if register.startswith("0-") and later.startswith("1-"):
                best[later] = max(best.get(later, (0, "")), (row.points, register))
        whose = {
            row.word: row.record
            for row in connection.execute(select(block))
            if row.word[:2] == "n " and row.record[0] == "0"
        }
        for row in connection.execute(select(block).where(block.c.record.like("1-%"), block.c.word.like("n %"))):
            if row.word in whose:
                best[row.record] = (1_000, whose[row.word])
    return {later: register for later, (_, register) in best.items()}


def _plain(filed: Filed, names: bool) -> tuple[float, float]:
    """Return precision and recall of the same number, or else, if asked, the one with the same name, birth and sex."""
    numbers = {row["id_number"]: record for record, row in filed.register.items()}
    by_name: dict[tuple[str, ...], list[str]] = defaultdict(list)
    for record, row in filed.register.items():
        by_name[row["name"], row["birth"], row["sex"]].append(record)
    told = Counter[str]()
    for record, row in filed.later.items():
        alike = by_name[row["name"], row["birth"], row["sex"]] if names else []
        found = numbers.get(row["id_number"], "") or (alike[0] if alike else "")
        if found:
            told["right" if found == filed.truth[record][0] else "wrong"] += 1
    return told["right"] / max(1, told.total()), told["right"] / sum(bool(whose) for whose, _ in filed.truth.values())
