"""A generated county as records: its register as census rosters and deaths, its marriages, divorces and reissues as filed.

The generator is shared test data and lies beside the project, not in it. It hides who the people of a marriage truly are in a
file of its own; that file is only ever read to judge.
"""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import uuid6

from desktop.archive.archive import Archive
from desktop.archive.drafts import Draft
from desktop.services.filing import file_new
from sync.contract.kinds import Kind
from sync.contract.validation import Origin, judge
from tests.bench.filled_office import AT, FACTS, KEY

TOOL = Path(__file__).resolve().parents[2].parent / "shared" / "tools" / "make_town.py"
CLERK = "陈晓兰"
COUNTED = "2025-06-30"
A_TRANSACTION = 500
_RELATIONS = {"02": "户主", "10": "配偶", "11": "配偶", "12": "配偶", "20": "子", "30": "女", "51": "父", "52": "母"}
_KINDS = {"结婚": "marriage", "离婚": "divorce", "补领": "reissue"}


@dataclass(frozen=True, slots=True)
class Paper:
    """One record to be: its kind, what is written, and by role the hidden truth, who that person is in the register."""

    kind: str
    fields: Mapping[str, str]
    truth: Mapping[str, str] = field(default_factory=dict)


def generate(folder: Path, *, residents: int, seed: int, clash: float) -> Path:
    """Return a folder with the tables of a generated county."""
    made = folder / f"county-{seed}"
    options = {"--residents": residents, "--seed": seed, "--clash": clash, "--out": made}
    command = [sys.executable, str(TOOL), *(str(part) for pair in options.items() for part in pair)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return made


def table(folder: Path, name: str) -> list[dict[str, str]]:
    """Return the rows of a table."""
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as rows:
        return list(csv.DictReader(rows))


def papers(folder: Path) -> Iterator[Paper]:
    """Yield the county's records: rosters of the living, deaths of the dead, and what the registry kept."""
    yield from _register(folder)
    for row in table(folder, "marriage_records_truth"):
        if row["kind"] in _KINDS:
            yield _from_registry(row)


def _register(folder: Path) -> Iterator[Paper]:
    names = {row["code"]: row["name"] for row in table(folder, "divisions")}
    houses: dict[str, list[dict[str, str]]] = {}
    for row in table(folder, "residents"):
        row["home"] = "云泽县" + names[row["village"][:9]] + names[row["village"]]
        if row["death_date"]:
            yield Paper("death", {**_person("person", row), "died": row["death_date"], "way": "土葬"})
        else:
            houses.setdefault(row["household"] or row["pid"], []).append(row)
    for number, members in houses.items():
        members.sort(key=lambda row: row["relation"] != "02")
        said = {"counted": COUNTED, "household_no": number, "district": "1", **_person("head", members[0])}
        for place, row in enumerate(members[1:]):
            said |= _person(f"members.{place}", row)
            said[f"members.{place}.relation"] = _RELATIONS.get(row["relation"], "非亲属")
            del said[f"members.{place}.village"]
        yield Paper("census", said)


def _person(place: str, row: Mapping[str, str]) -> dict[str, str]:
    told = {"name": row["name"], "id_no": row["id_number"], "birth": row["birth"], "village": row["home"]}
    return {f"{place}.{key}": text for key, text in {**told, "sex": "男" if row["sex"] == "1" else "女"}.items()}


def _from_registry(row: Mapping[str, str]) -> Paper:
    """The columns as the shipped template for this table maps them."""
    said = {"cert_no": row["cert_no"], "reg_date": row["date_text"], "office": row["office"], "author": row["office"]}
    said["husband.village"] = row["place"]
    for letter, place in (("h", "husband"), ("w", "wife")):
        birth = row[f"{letter}_birth"]
        said |= {f"{place}.name": row[f"{letter}_name"], f"{place}.id_no": row[f"{letter}_id"]}
        said[f"{place}.birth" if "-" in birth else f"{place}.age_as_written"] = birth
        if row["kind"] == "结婚":
            said[f"{place}.status_before"] = row[f"{letter}_status"]
    written = {key: text for key, text in said.items() if text}
    return Paper(_KINDS[row["kind"]], written, {"husband": row["h_pid"], "wife": row["w_pid"]})


def file_papers(archive: Archive, kinds: Mapping[str, Kind], several: Iterable[Paper]) -> dict[str, Paper]:
    """The papers stand filed through the product's own path; they are returned by the record each became."""
    of_kind: dict[str, list[tuple[Draft, Paper]]] = {}
    filed: dict[str, Paper] = {}
    for one in several:
        waiting = of_kind.setdefault(one.kind, [])
        waiting.append((_draft(kinds[one.kind], one), one))
        if len(waiting) >= A_TRANSACTION:
            filed |= _file(archive, kinds[one.kind], of_kind.pop(one.kind))
    for key, waiting in of_kind.items():
        filed |= _file(archive, kinds[key], waiting)
    return filed


def _file(archive: Archive, kind: Kind, several: list[tuple[Draft, Paper]]) -> dict[str, Paper]:
    judged = [(draft, judge(kind, draft.fields, origin=Origin.PAPER, today=date(2026, 3, 2))) for draft, _ in several]
    with archive.act(CLERK, AT) as act:
        made = file_new(act, kind, judged, "bench")
    return {str(revision.record_id): one for (revision, _), (_, one) in zip(made, several, strict=True)}


def _draft(kind: Kind, one: Paper) -> Draft:
    return Draft(
        uid=str(uuid6.uuid7()), kind=one.kind, origin=Origin.PAPER, retention=kind.retentions[0].code, fields=one.fields,
        reasons={}, papers=(), attachments=(), carried=frozenset(), item_id="", parent="", number="", started_at="",
        changed_at="",
    )  # fmt: skip


def begin(folder: Path) -> Archive:
    """Return an empty office."""
    return Archive.create(folder, KEY, FACTS, CLERK, AT)
